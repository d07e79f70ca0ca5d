//! What of a Service's headers a browser sees.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::connection_headers::ConnectionHeaders;
use super::framed;
use super::request_headers::is_entry_cookie;

/// What is said anew for the browser, or reaches beyond the page's own origin: other ports of the host, and the cookies of
/// the whole domain.
const NOT_PASSED_ON: [&str; 3] = ["alt-svc", "clear-site-data", "content-length"];

/// Where the page is, for its redirects and frames.
pub(super) struct PageOrigin<'a> {
    /// The host of the page, without its port.
    pub(super) name: &'a str,
    /// The Service behind it.
    pub(super) service: &'a str,
    /// Its namespace.
    pub(super) namespace: &'a str,
    /// The platform's origin, which alone may frame the page.
    pub(super) platform: &'a str,
    /// Whether its cookies are for a frame.
    pub(super) is_framed: bool,
}

impl PageOrigin<'_> {
    /// Whether a host is what the Service may call itself.
    fn is_own(&self, host: &str) -> bool {
        let Self { name, service, namespace, .. } = self;
        host.eq_ignore_ascii_case(name)
            || ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", service].contains(&host)
            || ["", ".svc", ".svc.cluster.local"].iter().any(|end| host == format!("{service}.{namespace}{end}"))
    }

    /// A redirect that keeps to the page's origin where it leads to the Service itself.
    fn translate_location(&self, location: &str) -> String {
        let absolute = if location.starts_with("//") { format!("http:{location}") } else { location.to_owned() };
        match Url::parse(&absolute) {
            Ok(url)
                if ["http", "https"].contains(&url.scheme())
                    && url.host_str().is_some_and(|host| self.is_own(host)) =>
            {
                let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
                let fragment = url.fragment().map_or_else(String::new, |fragment| format!("#{fragment}"));
                // Two slashes at the beginning would name another host.
                format!("/{}{query}{fragment}", url.path().trim_start_matches('/'))
            }
            _ => location.to_owned(),
        }
    }
}

/// The headers for the browser.
pub(super) fn translate(headers: &http::HeaderMap, origin: &PageOrigin<'_>) -> HeaderMap {
    let values = headers.get_all("connection").iter().filter_map(|value| value.to_str().ok());
    let connection = ConnectionHeaders::read(values);
    let mut passed = HeaderMap::with_capacity(headers.len() + 1);
    for (name, value) in headers {
        let text = || value.to_str().ok().map(str::to_owned);
        let value = match name.as_str() {
            name if NOT_PASSED_ON.contains(&name) || connection.own(name) => None,
            "set-cookie" => text().and_then(|text| translate_cookie(&text, origin.is_framed)).map(String::into_bytes),
            "location" | "content-location" => text().map(|text| origin.translate_location(&text).into_bytes()),
            _ => Some(value.as_bytes().to_vec()),
        };
        if let Some(value) = value {
            append(&mut passed, name.as_str(), &value);
        }
    }
    append(&mut passed, "content-security-policy", frame_ancestors(headers, origin.platform).as_bytes());
    passed
}

/// A cookie for this host alone; none where it would take the place of one that lets a browser in.
fn translate_cookie(cookie: &str, is_framed: bool) -> Option<String> {
    let mut parts = cookie.split(';');
    let pair = parts.next()?.trim();
    let (name, _) = pair.split_once('=')?;
    let is_domain = |part: &&str| part.split('=').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("domain"));
    let kept = parts.map(str::trim).filter(|part| !part.is_empty() && !is_domain(part));
    let kept = if is_framed { framed::keep_attributes(kept) } else { kept.collect() };
    let cookie: Vec<&str> = std::iter::once(pair).chain(kept).collect();
    (!is_entry_cookie(name.trim())).then(|| cookie.join("; "))
}

/// Whether a Service says that none of these sources, the platform's, may frame it.
pub(super) fn refuses_frames(headers: &http::HeaderMap, platform: &str) -> bool {
    let policies = headers.get_all("content-security-policy").iter().filter_map(|value| value.to_str().ok());
    let directives = policies.flat_map(|policy| policy.split([';', ',']));
    let mut ancestors = directives.filter_map(|directive| {
        let mut words = directive.split_ascii_whitespace();
        words.next().is_some_and(|name| name.eq_ignore_ascii_case("frame-ancestors")).then_some(words)
    });
    let lets_in =
        |source: &str| ["*", "http:", "https:"].contains(&source) || platform.split(' ').any(|own| own == source);
    says(headers, "deny") || says(headers, "sameorigin") || ancestors.any(|mut sources| !sources.any(lets_in))
}

fn says(headers: &http::HeaderMap, word: &str) -> bool {
    let options = headers.get_all("x-frame-options").iter().filter_map(|value| value.to_str().ok());
    options.map(str::trim).any(|option| option.eq_ignore_ascii_case(word))
}

/// Who may frame the page. A policy that names this makes browsers pass over `X-Frame-Options`, so what that says is said here.
fn frame_ancestors(headers: &http::HeaderMap, platform: &str) -> String {
    match (says(headers, "deny"), says(headers, "sameorigin")) {
        (true, _) => "frame-ancestors 'none'".to_owned(),
        (false, true) => "frame-ancestors 'self'".to_owned(),
        (false, false) => format!("frame-ancestors 'self' {platform}"),
    }
}

fn append(headers: &mut HeaderMap, name: &str, value: &[u8]) {
    // What came as a header is one.
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
        headers.append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(headers: &[(&'static str, &str)]) -> Vec<String> {
        let mut given = http::HeaderMap::new();
        for (name, value) in headers {
            given.append(*name, value.parse().unwrap());
        }
        let origin = PageOrigin {
            name: "grafana--0123456789abcdef.labs.localhost",
            service: "grafana",
            namespace: "0123456789abcdef",
            platform: "http://localhost:8080",
            is_framed: false,
        };
        let passed = translate(&given, &origin);
        passed.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn what_reaches_beyond_the_origin_or_the_connection_is_not_passed_on() {
        let lines = passed(&[
            ("connection", "close, x-own"),
            ("x-own", "1"),
            ("transfer-encoding", "chunked"),
            ("keep-alive", "timeout=5"),
            ("alt-svc", "h3=\":443\""),
            ("clear-site-data", "\"cookies\""),
            ("upgrade", "h2c"),
        ]);
        assert_eq!(lines, ["content-security-policy: frame-ancestors 'self' http://localhost:8080"]);
    }

    #[test]
    fn a_cookie_is_kept_to_its_host_and_never_takes_the_place_of_access() {
        for (set, expected) in [
            ("a=b; Domain=labs.localhost; Path=/; HttpOnly", Some("a=b; Path=/; HttpOnly")),
            ("a=b;domain = .labs.localhost", Some("a=b")),
            ("a=domain=x; Secure", Some("a=domain=x; Secure")),
            ("lab-access=x; Path=/", None),
            (" __Host-lab-entry =x", None),
            ("nameless", None),
        ] {
            assert_eq!(translate_cookie(set, false).as_deref(), expected, "{set}");
        }
        for (set, expected) in [
            ("a=b; SameSite=Lax; Path=/; secure", Some("a=b; Path=/; Secure; SameSite=None; Partitioned")),
            ("a=b", Some("a=b; Secure; SameSite=None; Partitioned")),
            ("lab-framed-access=x", None),
            ("__Host-lab-framed-entry=x; Secure", None),
        ] {
            assert_eq!(translate_cookie(set, true).as_deref(), expected, "{set}");
        }
    }

    #[test]
    fn a_redirect_to_the_service_itself_stays_at_the_page() {
        for (location, expected) in [
            ("/login", "/login"),
            ("login?next=/", "login?next=/"),
            ("http://localhost:3000/login?a=b#c", "/login?a=b#c"),
            ("https://grafana/login", "/login"),
            ("http://grafana.0123456789abcdef.svc.cluster.local:80/", "/"),
            ("http://Grafana--0123456789abcdef.labs.localhost/a", "/a"),
            ("//grafana//evil.example", "/evil.example"),
            ("http://localhost//evil.example/", "/evil.example/"),
            ("https://docs.example.org/a", "https://docs.example.org/a"),
            ("http://grafana.evil.example/", "http://grafana.evil.example/"),
        ] {
            assert!(passed(&[("location", location)]).contains(&format!("location: {expected}")), "{location}");
        }
    }

    #[test]
    fn the_platform_alone_frames_a_page_unless_the_service_is_stricter() {
        for (option, expected) in
            [("DENY", "'none'"), ("SameOrigin", "'self'"), ("ALLOW-FROM x", "'self' http://localhost:8080")]
        {
            let lines = passed(&[("x-frame-options", option)]);
            assert!(lines.contains(&format!("content-security-policy: frame-ancestors {expected}")), "{lines:?}");
        }
        let given = |name: &'static str, value: &str| {
            http::HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())])
        };
        let platform = "http://localhost:8080 http://127.0.0.1:8080";
        for (policy, refuses) in [
            ("default-src 'self'", false),
            ("default-src 'self'; Frame-Ancestors 'none'", true),
            ("frame-ancestors 'self' https://other.example", true),
            ("frame-ancestors 'self' http://127.0.0.1:8080", false),
            ("frame-ancestors *, frame-ancestors 'self'", true),
            ("frame-ancestors http:", false),
        ] {
            assert_eq!(refuses_frames(&given("content-security-policy", policy), platform), refuses, "{policy}");
        }
        assert!(refuses_frames(&given("x-frame-options", "SAMEORIGIN"), platform));
        let lines = passed(&[("content-security-policy", "default-src 'self'")]);
        assert_eq!(lines.iter().filter(|line| line.starts_with("content-security-policy")).count(), 2, "both hold");
    }
}
