//! The web pages of a lab: the way in on the platform's origin, and every request to the origins of pages.
//!
//! [`lab_hosts`] stands before everything that is the platform's own, its routes, forms, headers and limits: a host under
//! the lab domain never gets one of the platform's pages, and any other host never gets a lab's.
//!
//! | file | holds |
//! |---|---|
//! | `open.rs` | the platform's side: who may open a page, and the ticket |
//! | `hosts.rs` | the host of a request, and the addresses of the platform and of pages |
//! | `entry.rs` | the page's side of the way in, below `/.seaworthy/` |
//! | `framed.rs` | a page inside the lab's page: how it is told, and its cookies |
//! | `proxy.rs`, `body.rs`, `tunnel.rs` | a request passed on: its checks, its body, a websocket |
//! | `request_headers.rs`, `response_headers.rs`, `connection_headers.rs` | what of the headers is passed on |
//! | `services.rs` | the services that a request to a page uses, and the names of cookies |
//! | `answer.rs` | what the platform says itself on a page's host |

mod answer;
mod body;
mod connection_headers;
mod entry;
mod framed;
mod hosts;
mod open;
mod proxy;
mod request_headers;
mod response_headers;
mod services;
mod tunnel;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse};

use crate::labs::{HostKind, PageHost};
use crate::web::cookies;
use answer::Answer;
use services::{ACCESS, FRAMED_ACCESS, OWN_PATHS, ROUTE, Services};

pub use answer::LabHostPage;
pub use open::{admit, open_page};

/// Answers requests to hosts under the lab domain, and passes on those to the platform.
pub async fn lab_hosts<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let services = Services::of(request.request())?;
    let kind = hosts::read(request.request()).and_then(|host| HostKind::of(&host, services.labs.lab_domain()));
    if kind == Some(HostKind::Platform) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let payload = request.take_payload();
    let (request, _) = request.into_parts();
    request.extensions_mut().insert(ROUTE);
    let response = match kind {
        Some(HostKind::Page(host)) => serve(&services, &request, payload, &host).await,
        Some(_) => Answer::unknown_host().respond(&services, &request),
        None => Answer::bad_host().respond(&services, &request),
    };
    Ok(ServiceResponse::new(request, response).map_into_right_body())
}

/// Answers a request to the host of a page.
async fn serve(services: &Services, request: &HttpRequest, payload: Payload, host: &PageHost) -> HttpResponse {
    if request.path().starts_with(OWN_PATHS) {
        return entry::serve(services, request, host).await;
    }
    let shown = |name| cookies::read_all(request, name).into_iter();
    let framed = shown(FRAMED_ACCESS).map(|value| (value, true));
    for (value, is_framed) in shown(ACCESS).map(|value| (value, false)).chain(framed) {
        match services.labs.find_page_access(host, &value).await {
            Ok(Some(access)) => return proxy::forward(services, request, payload, (access, is_framed)).await,
            Ok(None) => {}
            Err(fault) => {
                tracing::error!(error = ?fault, "lab page access check failed");
                return Answer::unavailable().respond(services, request);
            }
        }
    }
    Answer::no_access(request).respond(services, request)
}
