//! Why a request was not answered with its page.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};

use super::limits::TooMany;
use super::origin::ForeignOrigin;
use super::page::RETRY_AFTER_SECONDS;
use super::problem::Problem;
use crate::db;

/// A refusal that has no page of its own, or a fault.
///
/// There is no conversion from just any error: a verb's refusal must be matched, so that forgetting one does not compile.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Nothing is at this address, or nothing that this person may know of.
    #[error("not found")]
    NotFound,
    /// Signing in comes first; a page asked for is remembered.
    #[error("sign in first")]
    SignIn,
    /// The person's role does not allow it.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// The request makes no sense; the sentence says what to do.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// A form came without this visitor's token.
    #[error("the form's token is missing or somebody else's")]
    CsrfMismatch,
    /// A form or a terminal came from another site's page.
    #[error(transparent)]
    ForeignOrigin(ForeignOrigin),
    /// A form holds U+0000, which no text of the database can hold.
    #[error("the form holds a NUL character")]
    NulCharacter,
    /// More was sent than is taken.
    #[error("too large: at most {limit_bytes} bytes are taken")]
    TooLarge {
        /// The most that is taken.
        limit_bytes: usize,
    },
    /// Tried too often.
    #[error("tried too often")]
    TooMany(#[from] TooMany),
    /// What was asked for does not fit the state of things.
    #[error("conflict: {detail}")]
    Conflict {
        /// Why not, in a sentence.
        detail: String,
        /// The page that is the way on, a path of this site.
        url: String,
        /// What the link to it is called.
        label: &'static str,
    },
    /// Something the answer needs is out of reach for a while; the sentence says what.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Anything else: logged once, shown as a request id.
    #[error(transparent)]
    Fault(anyhow::Error),
}

impl From<anyhow::Error> for WebError {
    /// A fault; one of the database is told as such wherever it was met.
    fn from(fault: anyhow::Error) -> Self {
        match fault.downcast::<db::Error>() {
            Ok(fault) => fault.into(),
            Err(fault) => Self::Fault(fault),
        }
    }
}

impl From<db::Error> for WebError {
    fn from(fault: db::Error) -> Self {
        match fault {
            db::Error::Busy(_) => {
                tracing::warn!(error = ?fault, "a request found the database busy");
                Self::Unavailable("The database is busy. Nothing was changed: wait a moment and try again.".to_owned())
            }
            db::Error::Full(_) => {
                tracing::error!(error = ?fault, "a request found the disk full");
                Self::Unavailable(
                    "The disk that holds the data takes no more. Nothing was changed. Tell the people who run this site: \
                     they have to make room, and then it goes on by itself. Reading works meanwhile."
                        .to_owned(),
                )
            }
            db::Error::Unreachable(_) => {
                tracing::error!(error = ?fault, "a request found no database");
                Self::Unavailable(
                    "The database does not answer. Nothing was changed: wait a moment and try again.".to_owned(),
                )
            }
            fault => Self::Fault(fault.into()),
        }
    }
}

impl WebError {
    fn problem(&self) -> Problem {
        match self {
            Self::NotFound => Problem::new(
                "There is no such page",
                "The address may be mistyped, or what it named is gone or not yours to see.",
            ),
            Self::SignIn => Problem::new("Please sign in", "This page is for people who are signed in.")
                .keep(
                    "You were signed out meanwhile",
                    "Sign in here: what you wrote is still below, and nothing of it has been sent yet.",
                ),
            Self::Forbidden(detail) => Problem::new("This page is not for your role", detail),
            Self::BadRequest(detail) => Problem::new("This request could not be read", detail),
            Self::CsrfMismatch => Problem::new(
                "This form has expired",
                "Its token is missing, or belongs to another visit. Go back, reload the page, and send it again: \
                 nothing was changed.",
            )
            .keep(
                "This form has expired",
                "The page it stood on was opened before somebody else signed in here, or before the site was set up \
                 anew. Nothing was changed. What you wrote is below: look it over, and send it again.",
            ),
            Self::ForeignOrigin(foreign) => Problem::new("This came from another address", &foreign.message()),
            Self::NulCharacter => Problem::new(
                "This form holds a character that cannot be kept",
                "It is an invisible one, called NUL. Go back, take it out, and send it again: nothing was changed.",
            )
            .keep(
                "There was a character in it that cannot be kept",
                "It is an invisible one, called NUL, and is taken out below. Nothing was changed: look it over, and send \
                 it again.",
            ),
            Self::TooLarge { limit_bytes } => Problem::new(
                "That is more than this form takes",
                &format!("At most {} KiB are taken. Go back and send less: nothing was changed.", limit_bytes / 1024),
            ),
            Self::TooMany(too_many) => {
                Problem::new("Too many attempts", &format!("Please wait {} and try again.", too_many.format_wait())).resend()
            }
            Self::Conflict { detail, url, label } => {
                Problem::new("That does not fit now", detail).mended_at(url, label)
            }
            Self::Unavailable(detail) => Problem::new("Not right now", detail).resend(),
            Self::Fault(fault) => Problem::new(
                "Something went wrong on our side",
                "It was written down, and nothing you did caused it. Try again; if it stays, tell the people who run \
                 this site the number below.",
            )
            .because(format!("{fault:#}"))
            .resend(),
        }
    }
}

impl ResponseError for WebError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::CsrfMismatch | Self::ForeignOrigin(_) => StatusCode::FORBIDDEN,
            Self::NulCharacter => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::TooMany(too_many) => {
                response.insert_header((header::RETRY_AFTER, too_many.retry_after_seconds));
            }
            Self::Unavailable(_) => {
                response.insert_header((header::RETRY_AFTER, header::HeaderValue::from(RETRY_AFTER_SECONDS)));
            }
            _ => {}
        }
        let mut response = response.finish();
        response.extensions_mut().insert(self.problem());
        response
    }
}
