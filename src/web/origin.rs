//! Where a form or a terminal was opened, as the browser tells it.
//!
//! The site's own address is `server.public_url` when that is set, else the host that the request itself names. Browsers
//! send `Origin` with every form and every websocket, and a foreign page cannot change it.

use actix_web::HttpRequest;
use actix_web::http::uri::Authority;
use actix_web::http::{Uri, header};

use super::{Site, WebError};

/// The longest origin that is repeated on a page or in the log.
const MAX_ORIGIN_CHARS: usize = 200;

/// Where a request was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// On a page of this site: the browser says so.
    Own,
    /// Nobody says, as with programs that are no browser.
    Unknown,
}

/// A request that another site's page made, or this site's own page under another address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sent from {came}, while this site is {expected}")]
pub struct ForeignOrigin {
    /// The site's own address.
    pub expected: String,
    /// Where the request was made.
    pub came: String,
    /// Whether `server.public_url` says what the own address is.
    pub is_configured: bool,
}

impl ForeignOrigin {
    /// What happened and which setting decides it, in words.
    pub fn message(&self) -> String {
        let Self { expected, came, is_configured } = self;
        let setting = "server.public_url (SEAWORTHY_SERVER__PUBLIC_URL)";
        if *is_configured {
            format!(
                "It was sent from {came}, but the address of this site is set to {expected}. Open {expected} and send it \
                 from there. If {came} is right, whoever runs this site has to set {setting} to it. Nothing was changed."
            )
        } else {
            format!(
                "It was sent from {came}, but the server was asked as {expected}. If {came} is the address of this site, \
                 whoever runs it has to set {setting} to it. Nothing was changed."
            )
        }
    }
}

/// What a content security policy calls the web pages of labs below a domain, beside a site of such an origin.
pub(super) fn frame_sources(public_origin: Option<&str>, lab_domain: &str) -> String {
    let Some((scheme, host)) = public_origin.and_then(|origin| origin.split_once("://")) else {
        return format!("http://*.{lab_domain}:*");
    };
    format!("{scheme}://*.{lab_domain}{}", port(host))
}

/// The port of a host, with the colon before it.
pub fn port(host: &str) -> &str {
    let name_ends = host.rfind(']').map_or(0, |end| end + 1);
    host[name_ends..].find(':').map_or("", |colon| &host[name_ends + colon..])
}

/// Refuses a request that was made on a page of another site, and logs what differed.
pub fn require_own(request: &HttpRequest) -> Result<Source, WebError> {
    judge(request, Site::of(request)?.public_origin.as_deref()).map_err(|foreign| {
        tracing::warn!(
            path = request.path(),
            came = foreign.came,
            expected = foreign.expected,
            setting = "server.public_url",
            "request refused: its origin is not this site's"
        );
        WebError::ForeignOrigin(foreign)
    })
}

/// Whether the browser says that a page of this site made the request.
pub(super) fn is_own(request: &HttpRequest) -> bool {
    Site::of(request).is_ok_and(|site| judge(request, site.public_origin.as_deref()) == Ok(Source::Own))
}

fn judge(request: &HttpRequest, public_origin: Option<&str>) -> Result<Source, ForeignOrigin> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let foreign = |came: &str| ForeignOrigin {
        expected: public_origin.map_or_else(|| host(request), str::to_owned),
        came: came.chars().take(MAX_ORIGIN_CHARS).collect(),
        is_configured: public_origin.is_some(),
    };
    match (text(header::ORIGIN), text(header::HeaderName::from_static("sec-fetch-site"))) {
        // A page that hides its origin, such as one in a sandbox.
        (Some("null") | None, Some("same-origin" | "none")) => Ok(Source::Own),
        (Some("null") | None, Some(_elsewhere)) => Err(foreign("another site")),
        (Some("null"), None) => Err(foreign("a page without an address")),
        (None, None) => Ok(Source::Unknown),
        (Some(origin), _) => {
            let is_own = match public_origin {
                Some(own) => normalize(origin).as_deref() == Some(own),
                None => is_host_of(request, origin),
            };
            if is_own { Ok(Source::Own) } else { Err(foreign(origin)) }
        }
    }
}

/// The origin of an address as browsers write it: without path, small letters, no port that goes without saying.
pub(super) fn normalize(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    let (scheme, host) = (uri.scheme_str()?, uri.host()?);
    let usual = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    let port = uri.port_u16().filter(|port| *port != usual).map_or_else(String::new, |port| format!(":{port}"));
    Some(format!("{scheme}://{host}{port}").to_ascii_lowercase())
}

pub(super) fn host(request: &HttpRequest) -> String {
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let named = named.or_else(|| request.uri().authority().map(Authority::as_str));
    named.unwrap_or_default().chars().take(MAX_ORIGIN_CHARS).collect()
}

/// Whether `origin` is at the host that the request names. A proxy may pass it on as `X-Forwarded-Host`, which no foreign
/// page can send along with a form.
fn is_host_of(request: &HttpRequest, origin: &str) -> bool {
    let (Some(scheme), Some(own)) = (origin.split("://").next(), normalize(origin)) else { return false };
    let forwarded = request.connection_info().host().to_owned();
    [host(request), forwarded].iter().any(|host| normalize(&format!("{scheme}://{host}")).as_deref() == Some(&own))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn source(headers: &[(&str, &str)], public_url: Option<&str>) -> Result<Source, ForeignOrigin> {
        let request = headers
            .iter()
            .fold(TestRequest::post().uri("/account/name"), |request, header| request.insert_header(*header));
        judge(&request.to_http_request(), public_url.and_then(normalize).as_deref())
    }

    #[test]
    fn without_a_public_url_the_host_of_the_request_is_the_site() {
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "192.168.1.7:8080", "learn.lan"] {
            let origin = format!("http://{host}");
            assert_eq!(source(&[("host", host), ("origin", &origin)], None), Ok(Source::Own), "{host}");
        }
        assert_eq!(source(&[("host", "learn.lan:443"), ("origin", "https://learn.lan")], None), Ok(Source::Own));
        let proxied = [("host", "10.0.0.2:8080"), ("x-forwarded-host", "learn.lan"), ("origin", "https://learn.lan")];
        assert_eq!(source(&proxied, None), Ok(Source::Own));
        let foreign = source(&[("host", "localhost:8080"), ("origin", "http://localhost:3000")], None).unwrap_err();
        assert!(foreign.message().contains("http://localhost:3000") && foreign.message().contains("server.public_url"));
    }

    #[test]
    fn with_a_public_url_the_host_of_the_request_decides_nothing() {
        let own = Some("https://Learn.example.org:443/");
        let behind_proxy = [("host", "10.0.0.2:8080"), ("origin", "https://learn.example.org")];
        assert_eq!(source(&behind_proxy, own), Ok(Source::Own));
        let direct = [("host", "10.0.0.2:8080"), ("origin", "http://10.0.0.2:8080")];
        let foreign = source(&direct, own).unwrap_err();
        assert_eq!(foreign.expected, "https://learn.example.org");
        assert_eq!(foreign.came, "http://10.0.0.2:8080");
        assert!(source(&[("host", "learn.example.org"), ("origin", "http://learn.example.org")], own).is_err());
    }

    #[test]
    fn the_web_pages_of_labs_may_be_framed_at_the_port_of_the_site() {
        for (origin, expected) in [
            (None, "http://*.labs.localhost:*"),
            (Some("https://learn.example.org"), "https://*.labs.localhost"),
            (Some("https://learn.example.org:8443"), "https://*.labs.localhost:8443"),
            (Some("http://[::1]:8080"), "http://*.labs.localhost:8080"),
        ] {
            assert_eq!(frame_sources(origin, "labs.localhost"), expected);
        }
    }

    #[test]
    fn without_an_origin_the_browsers_other_word_counts() {
        assert_eq!(source(&[("sec-fetch-site", "same-origin")], None), Ok(Source::Own));
        assert_eq!(source(&[("sec-fetch-site", "same-origin"), ("origin", "null")], None), Ok(Source::Own));
        assert_eq!(source(&[], None), Ok(Source::Unknown));
        for site in ["cross-site", "same-site"] {
            assert!(source(&[("sec-fetch-site", site)], None).is_err(), "{site}");
        }
        assert!(source(&[("origin", "null")], None).is_err());
    }
}
