//! `PUT` of the address of a form, and what becomes of its draft when the form is sent.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse};

use super::Drafts;
use crate::accounts::Person;
use crate::accounts::guards::{Instructor, Learner};
use crate::web::{Fields, Form, TOKEN_FIELD, WebError, is_secret_field};

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
    let is_kept = |name: &String| name != TOKEN_FIELD && !is_secret_field(name);
    let fields = fields.into_iter().filter(|(name, _)| is_kept(name)).collect();
    drafts.save(&person.id, request.path(), &fields).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Forgets the draft of a form that was taken, which its answer shows by leading on.
pub async fn forget_sent<B: MessageBody>(
    drafts: Data<Drafts>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let answer = next.call(request).await?;
    let person = answer.request().extensions().get::<Person>().map(|person| person.id.clone());
    if let Some(person) = person.filter(|_| answer.status() == StatusCode::SEE_OTHER)
        && let Err(fault) = drafts.discard(&person, answer.request().path()).await
    {
        // The form was taken all the same.
        tracing::error!(error = %fault, "a draft was not deleted");
    }
    Ok(answer)
}
