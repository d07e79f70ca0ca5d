//! What of a request's headers a Service sees.

use std::net::IpAddr;

use actix_web::http::header::{self, HeaderMap};
use http::{HeaderName, HeaderValue};

use super::connection_headers::ConnectionHeaders;
use super::services::{ACCESS, ENTRY, FRAMED_ACCESS, FRAMED_ENTRY};
use crate::web::{CookiePolicy, cookies};

/// What is said anew for the Service, or was said by whoever stands in front.
const NOT_PASSED_ON: [&str; 4] = ["cookie", "expect", "forwarded", "host"];

/// How the platform was asked.
pub(super) struct Origin<'a> {
    /// The host of the page, with its port.
    pub(super) host: &'a str,
    /// `http` or `https`.
    pub(super) scheme: &'a str,
    /// Who asked.
    pub(super) client: Option<IpAddr>,
}

fn connection_headers(headers: &HeaderMap) -> ConnectionHeaders {
    ConnectionHeaders::read(headers.get_all(header::CONNECTION).filter_map(|value| value.to_str().ok()))
}

/// Whether a request asks for a websocket.
pub(super) fn is_websocket(headers: &HeaderMap) -> bool {
    let upgrades = headers.get_all(header::UPGRADE).filter_map(|value| value.to_str().ok());
    let is_named = upgrades.flat_map(|line| line.split(',')).any(|name| name.trim().eq_ignore_ascii_case("websocket"));
    let has_body = headers.contains_key(header::TRANSFER_ENCODING) || headers.contains_key(header::CONTENT_LENGTH);
    is_named && !has_body && connection_headers(headers).names("upgrade")
}

/// The headers for the Service. `is_foreign` tells a cookie that is not the page's own by its name and value.
pub(super) fn translate(
    headers: &HeaderMap,
    origin: &Origin<'_>,
    is_foreign: impl Fn(&str, &str) -> bool,
) -> http::HeaderMap {
    let connection = connection_headers(headers);
    let mut passed = http::HeaderMap::with_capacity(headers.len() + 6);
    for (name, value) in headers {
        let name = name.as_str();
        let is_kept = !NOT_PASSED_ON.contains(&name)
            && !name.starts_with("x-forwarded-")
            && name != "x-real-ip"
            && !connection.own(name);
        if is_kept {
            append(&mut passed, name, value.as_bytes());
        }
    }
    let cookie = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let own: Vec<String> =
        cookies::pairs(cookie).filter(|(name, value)| !is_foreign(name, value)).map(write_cookie).collect();
    if !own.is_empty() {
        append(&mut passed, "cookie", own.join("; ").as_bytes());
    }
    append(&mut passed, "host", origin.host.as_bytes());
    append(&mut passed, "x-forwarded-host", origin.host.as_bytes());
    append(&mut passed, "x-forwarded-proto", origin.scheme.as_bytes());
    if let Some(client) = origin.client {
        append(&mut passed, "x-forwarded-for", client.to_string().as_bytes());
    }
    append(&mut passed, "via", b"1.1 seaworthy");
    if is_websocket(headers) {
        append(&mut passed, "connection", b"Upgrade");
        append(&mut passed, "upgrade", b"websocket");
    }
    passed
}

fn write_cookie((name, value): (&str, &str)) -> String {
    format!("{name}={value}")
}

fn append(headers: &mut http::HeaderMap, name: &str, value: &[u8]) {
    // What the server took is a header, so that this does not fail.
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
        headers.append(name, value);
    }
}

/// Whether a cookie of that name is one of those that let a browser in, however it was set.
pub(super) fn is_entry_cookie(name: &str) -> bool {
    [ACCESS, ENTRY, FRAMED_ACCESS, FRAMED_ENTRY]
        .iter()
        .any(|own| [CookiePolicy::Plain, CookiePolicy::Host].iter().any(|policy| policy.name(own) == name))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn passed(headers: &[(&str, &str)]) -> Vec<String> {
        let request = headers.iter().fold(TestRequest::default(), |request, header| request.append_header(*header));
        let origin = Origin { host: "a--0.labs:80", scheme: "https", client: Some([203, 0, 113, 4].into()) };
        let headers = translate(request.to_http_request().headers(), &origin, |name, value| {
            is_entry_cookie(name) || (name, value) == ("session", "platform")
        });
        let lines = headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    }

    const ADDED: [&str; 5] = [
        "host: a--0.labs:80",
        "via: 1.1 seaworthy",
        "x-forwarded-for: 203.0.113.4",
        "x-forwarded-host: a--0.labs:80",
        "x-forwarded-proto: https",
    ];

    #[test]
    fn what_belongs_to_the_connection_or_is_said_of_it_is_not_passed_on() {
        let lines = passed(&[
            ("host", "x"),
            ("connection", "keep-alive, X-Secret"),
            ("x-secret", "1"),
            ("keep-alive", "5"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("expect", "100-continue"),
            ("proxy-authorization", "x"),
            ("proxy-connection", "x"),
            ("forwarded", "for=10.0.0.1"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-user", "admin"),
            ("x-real-ip", "10.0.0.1"),
        ]);
        assert_eq!(lines, ADDED);
    }

    #[test]
    fn what_is_the_services_is_passed_on_as_it_is() {
        let lines = passed(&[
            ("authorization", "Bearer x"),
            ("accept-encoding", "br"),
            ("if-none-match", "\"a\""),
            ("x-many", "1"),
            ("x-many", "2"),
        ]);
        for line in ["authorization: Bearer x", "accept-encoding: br", "if-none-match: \"a\"", "x-many: 1", "x-many: 2"]
        {
            assert!(lines.contains(&line.to_owned()), "{line} is not in {lines:?}");
        }
    }

    #[test]
    fn the_platforms_cookies_are_not_the_services() {
        let lines = passed(&[
            ("cookie", "lab-access=a.b.c; theirs=1; __Host-lab-access=x; lab-entry=y"),
            ("cookie", "session=platform; session=theirs;; odd; last=a=b"),
        ]);
        assert!(lines.contains(&"cookie: theirs=1; session=theirs; odd=; last=a=b".to_owned()), "{lines:?}");
        assert!(!passed(&[("cookie", "lab-access=a.b.c")]).iter().any(|line| line.starts_with("cookie")));
    }

    #[test]
    fn a_websocket_is_asked_for_anew() {
        let lines = passed(&[("connection", "keep-alive, Upgrade"), ("upgrade", "WebSocket")]);
        assert!(lines.contains(&"connection: Upgrade".to_owned()) && lines.contains(&"upgrade: websocket".to_owned()));
        assert!(!passed(&[("upgrade", "websocket")]).contains(&"upgrade: websocket".to_owned()));
    }
}
