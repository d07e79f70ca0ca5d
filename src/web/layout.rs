//! The outermost layer: an id and a nonce for each request, and the headers that keep a page to itself.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _};

use super::Site;

/// Names a request in the log and on the problem page.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The content security policy's nonce for one answer.
#[derive(Clone, Debug)]
pub struct Nonce(pub String);

/// Gives the request its id and nonce, and the answer its security headers.
pub async fn open<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let (request_id, nonce, is_tls, frames) = {
        let site = Site::of(request.request())?;
        let public_tls = site.cookies == super::CookiePolicy::Host && request.connection_info().scheme() == "https";
        (site.random.uuid(site.now()), site.random.hex::<16>(), public_tls, site.frame_sources.clone())
    };
    request.extensions_mut().insert(RequestId(request_id));
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let mut response = next.call(request).await?;
    add_security_headers(response.headers_mut(), &nonce, &frames, is_tls);
    Ok(response)
}

fn add_security_headers(headers: &mut HeaderMap, nonce: &str, frames: &str, is_tls: bool) {
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; frame-src 'self' {frames}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}
