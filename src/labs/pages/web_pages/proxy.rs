//! A request of a browser that has access, passed on to the Service behind the page.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{FromRequest as _, HttpRequest, HttpResponse};
use hyper::body::{Body as _, Incoming};

use super::answer::Answer;
use super::body::{Lease, RequestBody};
use super::request_headers::{Origin, is_entry_cookie, is_websocket};
use super::response_headers::PageOrigin;
use super::services::Services;
use super::{body, framed, hosts, request_headers, response_headers, tunnel};
use crate::labs::{PageAccess, PageRequest};
use crate::web::{ClientAddress, LabPageOutcome, cookies};

/// How long a request's headers may be together.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Passes on a request, and its answer; `is_framed` says that the cookies of the answer are for a frame.
pub(super) async fn forward(
    services: &Services,
    request: &HttpRequest,
    payload: Payload,
    (access, is_framed): (PageAccess, bool),
) -> HttpResponse {
    if let Some(refusal) = find_refusal(services, request) {
        return refusal.respond(services, request);
    }
    let Some(permit) = services.labs.take_page_permit(&access.session) else {
        return Answer::too_many().respond(services, request);
    };
    let is_upgrade = *request.method() == Method::GET && is_websocket(request.headers());
    let (payload, body) = if is_upgrade || !has_body(request) {
        (Some(payload), None)
    } else {
        let (max, idle) = (services.labs.page_max_body(), services.labs.page_idle_timeout());
        (None, Some(RequestBody::read(payload, max, idle)))
    };
    let is_too_large = body.as_ref().map(|body| Arc::clone(&body.is_too_large));
    let Some(parts) = request_parts(services, request).await else {
        return Answer::bad_host().respond(services, request);
    };
    let passed = PageRequest { parts, body: body.map(|body| body.body) };
    let answer = match services.labs.send_to_page(&access, passed).await {
        Ok(answer) => answer,
        Err(_) if is_too_large.is_some_and(|flag| flag.load(Ordering::Relaxed)) => {
            return Answer::too_large(services.labs.settings().page_max_body_mib).respond(services, request);
        }
        Err(fault) => {
            tracing::debug!(session = %access.session, page = access.host.name, error = %fault, "lab page not answered");
            return Answer::no_answer(&fault).respond(services, request);
        }
    };
    // By a cookie for frames the platform is above, wherever in the frame a link led.
    let is_inside = framed::is_framed_elsewhere(request) || (is_framed && framed::is_framed(request));
    if is_inside && response_headers::refuses_frames(answer.headers(), &hosts::platform_sources(services, request)) {
        return Answer::no_frame().respond(services, request);
    }
    services.metrics.count_lab_page(LabPageOutcome::Answered);
    let headers = answer_headers(services, request, (&access, is_framed), &answer);
    let lease = Lease::new(services, access, permit);
    let mut response = match (answer.status().as_u16(), payload.filter(|_| is_upgrade)) {
        (101, Some(payload)) => open_tunnel(answer, payload, lease).await,
        // Nobody asked for it.
        (101, None) => HttpResponse::BadGateway().force_close().finish(),
        (_, left) => pass_body(request, answer, lease, left.is_some()),
    };
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
    response
}

/// Why a request is not passed on, whatever the Service would say.
fn find_refusal(services: &Services, request: &HttpRequest) -> Option<Answer> {
    if *request.method() == Method::CONNECT {
        return Some(Answer::method_not_passed_on());
    }
    if is_foreign(request) {
        return Some(Answer::foreign());
    }
    let length = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>();
    if length > MAX_HEADER_BYTES {
        return Some(Answer::too_long_headers(MAX_HEADER_BYTES));
    }
    let is_too_large = content_length(request).is_some_and(|length| length > services.labs.page_max_body());
    is_too_large.then(|| Answer::too_large(services.labs.settings().page_max_body_mib))
}

/// Whether a page of another origin made the request, such as one of another learner: their hosts are siblings, and so the
/// browser sends the access cookie with it. Links from anywhere may be followed.
fn is_foreign(request: &HttpRequest) -> bool {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_link = text("sec-fetch-mode") == Some("navigate") && [Method::GET, Method::HEAD].contains(request.method());
    if text("sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site)) && !is_link {
        return true;
    }
    let Some(origin) = text("origin") else { return false };
    if origin == "null" {
        // A page hides where it is from a form of its own too; then the browser's other word counts.
        return text("sec-fetch-site").is_none() && *request.method() != Method::GET;
    }
    let own = hosts::read(request).unwrap_or_default();
    let came = origin.split_once("://").map_or("", |(_, host)| host);
    let strip = |host: &str| host.trim_end_matches(":80").trim_end_matches(":443").to_ascii_lowercase();
    strip(came) != strip(&own)
}

fn content_length(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn has_body(request: &HttpRequest) -> bool {
    request.headers().contains_key(header::TRANSFER_ENCODING)
        || content_length(request).is_some_and(|length| length > 0)
}

/// The head of the request for the Service; `None` for one without a path.
async fn request_parts(services: &Services, request: &HttpRequest) -> Option<http::request::Parts> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let host = hosts::read(request)?;
    let origin = Origin { host: &host, scheme: hosts::scheme(services), client: client(services, request).await };
    let platform = find_platform_sessions(services, request).await;
    let is_foreign = |name: &str, value: &str| is_entry_cookie(name) || platform.iter().any(|token| token == value);
    let headers = request_headers::translate(request.headers(), &origin, is_foreign);
    let mut built = http::Request::builder().method(request.method().as_str()).uri(path).body(()).ok()?;
    *built.headers_mut() = headers;
    built.uri().path().starts_with('/').then(|| built.into_parts().0)
}

/// The cookies that are live sessions of the platform. Browsers do not send them here, since they belong to the platform's
/// host; but a Service may have cookies of the same name, so that the name does not tell.
async fn find_platform_sessions(services: &Services, request: &HttpRequest) -> Vec<String> {
    let mut found = Vec::new();
    for token in cookies::read_all(request, cookies::SESSION) {
        // One that cannot be looked up may be one.
        if !matches!(services.accounts.find_session(&token).await, Ok(None)) {
            found.push(token);
        }
    }
    found
}

/// The address of the client, as far as it is known to be right.
async fn client(services: &Services, request: &HttpRequest) -> Option<IpAddr> {
    if services.site.client_address_header.is_none() {
        return request.peer_addr().map(|peer| peer.ip().to_canonical());
    }
    ClientAddress::extract(request).await.ok()?.0.parse().ok()
}

fn answer_headers(
    services: &Services,
    request: &HttpRequest,
    (access, is_framed): (&PageAccess, bool),
    answer: &http::Response<Incoming>,
) -> header::HeaderMap {
    let origin = PageOrigin {
        name: &format!("{}.{}", access.host, services.labs.lab_domain()),
        service: &services.labs.find_page_service(access).unwrap_or_default(),
        namespace: &access.host.namespace,
        platform: &hosts::platform_sources(services, request),
        is_framed,
    };
    response_headers::translate(answer.headers(), &origin)
}

/// The status as this server writes it.
fn status(answer: &http::Response<Incoming>) -> StatusCode {
    StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY)
}

async fn open_tunnel(answer: http::Response<Incoming>, payload: Payload, lease: Lease) -> HttpResponse {
    match tunnel::open(answer, payload, lease).await {
        Ok(body) => {
            HttpResponse::SwitchingProtocols().upgrade("websocket").message_body(body).unwrap_or_else(|fault| {
                tracing::error!(error = %fault, "websocket answer failed");
                HttpResponse::BadGateway().finish()
            })
        }
        Err(fault) => {
            tracing::debug!(error = %fault, "websocket not opened");
            HttpResponse::BadGateway().force_close().finish()
        }
    }
}

/// The answer with its body. Where a websocket was asked for and refused, the connection has no next request.
fn pass_body(request: &HttpRequest, answer: http::Response<Incoming>, lease: Lease, closes: bool) -> HttpResponse {
    let mut response = HttpResponse::build(status(&answer));
    if closes {
        response.force_close();
    }
    let named = answer.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    let length = if *request.method() == Method::HEAD { named } else { named.or(answer.body().size_hint().exact()) };
    let has_none = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status(&answer));
    let body = if has_none { BoxBody::new(Bytes::new()) } else { body::answer(answer.into_body(), length, lease) };
    response.message_body(body).unwrap_or_else(|fault| {
        tracing::error!(error = %fault, "answer of a lab page failed");
        HttpResponse::BadGateway().finish()
    })
}
