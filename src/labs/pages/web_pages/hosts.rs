//! The host that a request names, and the addresses of the platform and of pages as this browser reaches them.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::http::uri::Authority;

use super::services::Services;
use crate::labs::PageHost;
use crate::web::origin::port;

/// The names of this machine, by which the platform is reached where `server.public_url` is not set.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The host that a request names, with its port; `None` for a request that names two, or none that can be read.
///
/// A request's line may hold a host too, which then counts (RFC 9112, section 3.2.2). One that differs from the header is
/// not taken, since what stands in front may have looked at the other.
pub(super) fn read(request: &HttpRequest) -> Option<String> {
    let mut headers = request.headers().get_all(header::HOST);
    let (header, second) = (headers.next(), headers.next());
    if second.is_some() {
        return None;
    }
    let header = match header {
        Some(value) => Some(value.to_str().ok()?),
        None => None,
    };
    match (request.uri().authority().map(Authority::as_str), header) {
        (Some(line), Some(header)) if !line.eq_ignore_ascii_case(header) => None,
        (line, header) => Some(line.or(header).unwrap_or_default().to_owned()),
    }
}

/// The origin of the page at `host`, beside the platform as this browser reaches it.
pub(super) fn page_origin(services: &Services, request: &HttpRequest, host: &PageHost) -> String {
    let domain = services.labs.lab_domain();
    match services.site.public_origin.as_deref().and_then(|origin| origin.split_once("://")) {
        Some((scheme, own)) => format!("{scheme}://{host}.{domain}{}", port(own)),
        None => format!("http://{host}.{domain}{}", port(&read(request).unwrap_or_default())),
    }
}

/// The platform's name on this machine, if the request came by one and nothing else says where the platform is.
pub(super) fn loopback_name(services: &Services, request: &HttpRequest) -> Option<&'static str> {
    let host = read(request).filter(|_| services.site.public_origin.is_none())?;
    let name = &host[..host.len() - port(&host).len()];
    find_loopback(name)
}

/// `name`, if it is one of this machine.
fn find_loopback(name: &str) -> Option<&'static str> {
    LOOPBACK.into_iter().find(|own| own.eq_ignore_ascii_case(name))
}

/// The platform's origin, for a browser at a page; `name` is what the platform was called when it sent the browser here.
pub(super) fn platform_origin(services: &Services, request: &HttpRequest, name: Option<&str>) -> String {
    if let Some(origin) = &services.site.public_origin {
        return origin.clone();
    }
    let host = read(request).unwrap_or_default();
    format!("http://{}{}", name.and_then(find_loopback).unwrap_or("localhost"), port(&host))
}

/// Who of the platform may frame a page, as a content security policy names it: a page does not know by which name of this
/// machine the platform was reached. An IPv6 address has no name there (CSP 3, section 2.3.1).
pub(super) fn platform_sources(services: &Services, request: &HttpRequest) -> String {
    if let Some(origin) = &services.site.public_origin {
        return origin.clone();
    }
    let host = read(request).unwrap_or_default();
    format!("http://localhost{0} http://127.0.0.1{0}", port(&host))
}

/// The scheme by which browsers reach the platform and its pages.
pub(super) fn scheme(services: &Services) -> &str {
    let origin = services.site.public_origin.as_deref();
    origin.and_then(|origin| origin.split_once("://")).map_or("http", |(scheme, _)| scheme)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_request_names_one_host() {
        let of = |uri: &str, hosts: &[&str]| {
            let request =
                hosts.iter().fold(TestRequest::with_uri(uri), |request, host| request.append_header(("host", *host)));
            read(&request.to_http_request())
        };
        assert_eq!(of("/", &["a.example:80"]).as_deref(), Some("a.example:80"));
        assert_eq!(of("http://a.example/", &["A.example"]).as_deref(), Some("a.example"));
        assert_eq!(of("http://a.example/", &["b.example"]), None);
        assert_eq!(of("/", &["a.example", "a.example"]), None);
        assert_eq!(of("/", &["a.example", "b.example"]), None);
        assert_eq!(of("/", &[]).as_deref(), Some(""));
    }

    #[test]
    fn a_port_is_what_follows_the_name() {
        assert_eq!([port("a:80"), port("a"), port("[::1]:80"), port("[::1]")], [":80", "", ":80", ""]);
    }
}
