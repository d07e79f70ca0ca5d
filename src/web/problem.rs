//! The one page on which every refusal and fault is shown.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse};
use serde::Serialize;

use super::layout::RequestId;
use super::page::Rendered;
use super::preserved::PreservedForm;
use super::{Field, WebError, page, routes};
use crate::view::View;

/// What went wrong, in words for the reader.
#[derive(Clone, Debug)]
pub struct Problem {
    title: &'static str,
    detail: String,
    /// Title and detail in place of those, when the page gives back what was typed.
    preserved: Option<(&'static str, String)>,
    cause: Option<String>,
    /// The page that is the way on, and what the link to it is called.
    recovery: Option<(String, &'static str)>,
}

impl Problem {
    pub(super) fn new(title: &'static str, detail: &str) -> Self {
        Self { title, detail: detail.to_owned(), preserved: None, cause: None, recovery: None }
    }

    /// What it says when it gives back a form, which may be sent again as it is.
    pub(super) fn keep(mut self, title: &'static str, detail: &str) -> Self {
        self.preserved = Some((title, detail.to_owned()));
        self
    }

    /// Lets a form be sent again as it is.
    pub(super) fn resend(self) -> Self {
        let (title, detail) = (self.title, format!("{} What you wrote is below, and can be sent again.", self.detail));
        self.keep(title, &detail)
    }

    /// Leads to another page than the start.
    pub(super) fn mended_at(mut self, url: &str, label: &'static str) -> Self {
        self.recovery = Some((url.to_owned(), label));
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
    let is_page = [Method::GET, Method::HEAD].contains(request.method());
    let target = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    // No name here holds NUL, and PostgreSQL refuses it in any text.
    let response = if target.contains("%00") {
        let fault = WebError::BadRequest("The address holds a character that no address has.");
        request.error_response(fault).map_into_right_body()
    } else {
        next.call(request).await?.map_into_left_body()
    };
    let status = response.status();
    let problem = response.response().extensions().get::<Problem>().cloned();
    if status == StatusCode::UNAUTHORIZED && is_page && problem.is_some() {
        let location = format!("/sign-in?next={}", page::encode_query(&target));
        let redirect = HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish();
        return Ok(response.into_response(redirect).map_into_right_body());
    }
    if problem.is_none() && !is_bare_error(&response) {
        return Ok(response);
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
    let rendered = render_page(response.request(), status, problem).unwrap_or_else(|fault| {
        tracing::error!(%request_id, error = %fault, "problem page failed");
        Rendered::plain(format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()))
    });
    let (request, mut response) = response.into_parts();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    for cookie in &rendered.cookies {
        // A cookie made here has nothing in it that no header may hold.
        response.add_cookie(cookie).ok();
    }
    ServiceResponse::new(request, response.set_body(BoxBody::new(rendered.html)))
}

fn render_page(request: &HttpRequest, status: StatusCode, problem: Problem) -> Result<Rendered, WebError> {
    let preserved =
        PreservedForm::of_refused(request).filter(|preserved| problem.preserved.is_some() || preserved.has_text());
    if let Some(preserved) = preserved {
        let needs_sign_in = status == StatusCode::UNAUTHORIZED;
        let (title, detail) = problem.preserved.unwrap_or((problem.title, problem.detail));
        let page =
            if needs_sign_in { preserved.sign_in_page(Field::default()) } else { preserved.send_page(request)? };
        return page::render(request, &page.saying(status, title, &detail));
    }
    let (recovery_url, recovery_label) = if status == StatusCode::UNAUTHORIZED {
        (format!("/sign-in?next={}", page::encode_query(&routes::page_of_form(request))), "Sign in")
    } else {
        problem.recovery.unwrap_or_else(|| ("/".to_owned(), "Go to the start"))
    };
    let view = ProblemPage {
        status: status.as_u16(),
        title: problem.title.to_owned(),
        detail: problem.detail,
        recovery_url,
        recovery_label: recovery_label.to_owned(),
    };
    page::render(request, &view)
}
