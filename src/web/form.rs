//! Forms: read within a limit, checked for this visitor's token, given back with what was typed.

use std::collections::BTreeMap;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{Site, WebError, cookies};

/// The most a form may hold.
const LIMIT_BYTES: usize = 256 * 1024;
/// How much of a form that is too large is read away, so that the refusal reaches the browser.
pub(super) const DRAIN_BYTES: usize = 64 * 1024 * 1024;
/// The field that carries the token.
pub(super) const TOKEN_FIELD: &str = "csrf";

/// A form that carried this visitor's token.
#[derive(Debug)]
pub struct Form<T>(pub T);

/// A form with no field but its token.
#[derive(Debug, Deserialize)]
pub struct NoFields {}

/// Every field of a form whose names are not known beforehand.
pub type Fields = BTreeMap<String, Vec<String>>;

/// One field of a form as its page shows it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What was typed.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Field {
    /// A field holding `value`, with nothing wrong.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    /// The same field with what is wrong with it.
    pub fn refused(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = WebError;
    type Future = LocalBoxFuture<'static, Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = read_body(payload, LIMIT_BYTES).await?;
            let is_form = request
                .headers()
                .get(header::CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
            if !is_form {
                return Err(WebError::BadRequest("This address takes a form. Go back and send it from its page."));
            }
            if percent_decode(&body).decode_utf8().is_err() {
                return Err(WebError::BadRequest(
                    "It holds text that is not valid UTF-8. Go back, type it again, and send it once more.",
                ));
            }
            let Token { csrf } = serde_html_form::from_bytes(&body).map_err(|_missing| WebError::ForeignForm)?;
            verify_token(&request, &csrf)?;
            serde_html_form::from_bytes(&body).map(Self).map_err(|fault| {
                tracing::debug!(error = %fault, "a form lacked a field");
                WebError::BadRequest("A part of the form is missing. Go back, reload the page, and send it again.")
            })
        })
    }
}

#[derive(Deserialize)]
struct Token {
    csrf: String,
}

/// Refuses a token that does not belong to the visitor's cookie.
pub(super) fn verify_token(request: &HttpRequest, token: &str) -> Result<(), WebError> {
    let cookie = cookies::read(request, cookies::CSRF).ok_or(WebError::ForeignForm)?;
    let expected = Site::of(request)?.csrf_token(&cookie);
    if expected.as_bytes().ct_eq(token.as_bytes()).into() { Ok(()) } else { Err(WebError::ForeignForm) }
}

pub(super) async fn read_body(mut payload: Payload, limit_bytes: usize) -> Result<Vec<u8>, WebError> {
    let (mut body, mut seen) = (Vec::new(), 0);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_broken| WebError::BadRequest("The connection broke off. Send it again."))?;
        seen += chunk.len();
        if seen > DRAIN_BYTES {
            break;
        }
        if seen <= limit_bytes {
            body.extend_from_slice(&chunk);
        }
    }
    if seen > limit_bytes { Err(WebError::TooLarge { limit_bytes }) } else { Ok(body) }
}
