//! The one page on which every refusal and fault is shown.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse};
use serde::Serialize;

use super::frame::RequestId;
use super::page;
use crate::view::View;

/// What went wrong, in words for the reader.
#[derive(Clone, Debug)]
pub struct Problem {
    title: &'static str,
    detail: String,
    recovery: Option<(&'static str, &'static str)>,
    cause: Option<String>,
}

impl Problem {
    pub(super) fn new(title: &'static str, detail: &str) -> Self {
        Self { title, detail: detail.to_owned(), recovery: None, cause: None }
    }

    pub(super) fn recover(mut self, url: &'static str, label: &'static str) -> Self {
        self.recovery = Some((url, label));
        self
    }

    pub(super) fn because(mut self, cause: String) -> Self {
        self.cause = Some(cause);
        self
    }
}

/// `problem.html`.
#[derive(Debug, Serialize)]
pub struct ProblemPage {
    /// The HTTP status.
    pub status: u16,
    /// What went wrong.
    pub title: String,
    /// What to do.
    pub detail: String,
    /// Where to go next.
    pub recovery_url: String,
    /// What that is called.
    pub recovery_label: String,
}

impl View for ProblemPage {
    const TEMPLATE: &'static str = "problem.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            status: 404,
            title: "There is no such page".to_owned(),
            detail: "The address may be mistyped.".to_owned(),
            recovery_url: "/".to_owned(),
            recovery_label: "Go to the start".to_owned(),
        }]
    }
}

/// Renders the page for every answer that carries a [`Problem`] or is an error without a body, and logs faults once.
pub async fn render<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let wants_sign_in = [Method::GET, Method::HEAD].contains(request.method());
    let target = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let response = next.call(request).await?;
    let status = response.status();
    let problem = response.response().extensions().get::<Problem>().cloned();
    if status == StatusCode::UNAUTHORIZED && wants_sign_in && problem.is_some() {
        let location = format!("/sign-in?next={}", page::encode_query(&target));
        let redirect = HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish();
        return Ok(response.into_response(redirect).map_into_right_body());
    }
    if problem.is_none() && !is_bare_error(&response) {
        return Ok(response.map_into_left_body());
    }
    let (request, response) = response.into_parts();
    let (response, _body) = response.into_parts();
    let rebuilt = ServiceResponse::new(request, response.set_body(BoxBody::new(())));
    Ok(replace(rebuilt, problem).map_into_right_body())
}

fn is_bare_error<B>(response: &ServiceResponse<B>) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error()) && !response.headers().contains_key(header::CONTENT_TYPE)
}

fn replace(response: ServiceResponse<BoxBody>, problem: Option<Problem>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let problem = problem.unwrap_or_else(|| match status {
        StatusCode::NOT_FOUND => Problem::new("There is no such page", "The address may be mistyped."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new("This address does not take that", "Go back to the page you came from.")
        }
        status if status.is_server_error() => Problem::new("Something went wrong on our side", "Try again."),
        _ => Problem::new("This request could not be read", "Go back, reload the page, and try again."),
    });
    let request_id = response.request().extensions().get::<RequestId>().map_or_else(String::new, |id| id.0.clone());
    if status.is_server_error() {
        let cause = problem.cause.as_deref().unwrap_or(&problem.detail);
        tracing::error!(%request_id, path = response.request().path(), cause, "a request failed");
    }
    let (recovery_url, recovery_label) = problem.recovery.unwrap_or(("/", "Go to the start"));
    let view = ProblemPage {
        status: status.as_u16(),
        title: problem.title.to_owned(),
        detail: problem.detail,
        recovery_url: recovery_url.to_owned(),
        recovery_label: recovery_label.to_owned(),
    };
    let html = page::render_body(response.request(), &view).unwrap_or_else(|fault| {
        tracing::error!(%request_id, error = %fault, "the problem page could not be rendered");
        format!("{} {}", view.status, view.title)
    });
    let (request, mut response) = response.into_parts();
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    ServiceResponse::new(request, response.set_body(BoxBody::new(html)))
}
