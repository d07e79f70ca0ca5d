//! `PUT` of the address of a form, and what becomes of its draft when the form is sent.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse};
use jiff::Timestamp;

use super::Drafts;
use crate::accounts::Person;
use crate::accounts::guards::{Instructor, Learner};
use crate::web::{Fields, Form, TOKEN_FIELD, WebError, is_secret_field, sent_fields};

/// Until when the page that saves a draft knows what was saved: when it was made, or saved last.
const KNOWN: &str = "draft-known";
/// When a draft was saved.
const SAVED: &str = "draft-saved";

/// Keeps what a person types into the form of this address, but for passwords.
pub async fn save(
    drafts: Data<Drafts>,
    learner: Learner,
    request: HttpRequest,
    form: Form<Fields>,
) -> Result<HttpResponse, WebError> {
    keep(&drafts, &learner.0, &request, form.0).await
}

/// The same for a form of instructors.
pub async fn save_review(
    drafts: Data<Drafts>,
    instructor: Instructor,
    request: HttpRequest,
    form: Form<Fields>,
) -> Result<HttpResponse, WebError> {
    keep(&drafts, &instructor.0, &request, form.0).await
}

async fn keep(
    drafts: &Drafts,
    person: &Person,
    request: &HttpRequest,
    fields: Fields,
) -> Result<HttpResponse, WebError> {
    let known = request.headers().get(KNOWN).and_then(|known| known.to_str().ok()?.parse().ok());
    let address = (&person.id, request.path());
    Ok(match drafts.save_over(address, &without_secrets(fields), known.unwrap_or(Timestamp::MAX)).await? {
        Some(saved_at) => HttpResponse::NoContent().insert_header((SAVED, saved_at.to_string())).finish(),
        None => HttpResponse::Conflict().finish(),
    })
}

fn without_secrets(fields: Fields) -> Fields {
    let is_kept = |name: &String| name != TOKEN_FIELD && !is_secret_field(name);
    fields.into_iter().filter(|(name, _)| is_kept(name)).collect()
}

/// Forgets the draft of a form that was taken, which its answer shows by leading on, and keeps what was sent of one that was
/// refused: whoever leaves the page that says why finds it again.
pub async fn settle_sent<B: MessageBody>(
    drafts: Data<Drafts>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let began = drafts.now();
    let answer = next.call(request).await?;
    let request = answer.request();
    let person = request.extensions().get::<Person>().map(|person| person.id.clone());
    let settled = match (person, answer.status()) {
        (Some(person), StatusCode::SEE_OTHER) => drafts.discard(&person, request.path()).await,
        (Some(person), StatusCode::UNPROCESSABLE_ENTITY) => match sent_fields(request) {
            Some(fields) => drafts.keep_refused((&person, request.path()), &without_secrets(fields), began).await,
            None => Ok(()),
        },
        _ => Ok(()),
    };
    if let Err(fault) = settled {
        // The form was taken, or refused, all the same.
        tracing::error!(error = %fault, "draft not settled");
    }
    Ok(answer)
}
