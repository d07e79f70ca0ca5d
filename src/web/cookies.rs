//! Cookies: named, kept and read in one way.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;

use super::Site;

/// The visitor's half of the form token.
pub const CSRF: &str = "csrf";
/// The sentence to show once.
pub const FLASH: &str = "flash";
/// The token of a signed-in person.
pub const SESSION: &str = "session";
/// The reader's colours.
pub const THEME: &str = "theme";

/// How long a browser keeps a lasting cookie, in seconds: a year. When a session ends, the server says.
pub const LASTS_SECONDS: i64 = 31_536_000;

/// How cookies are named and kept, which follows from how the site is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookiePolicy {
    /// `__Host-` names and `Secure`, over TLS.
    Host,
    /// Plain names, without TLS, where a passive listener can read them. Safari drops `Secure` cookies there, on this
    /// machine's own address too.
    Plain,
}

impl CookiePolicy {
    /// The policy for a site at `url`.
    pub fn for_public_url(url: &str) -> Self {
        let is_tls = url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        if is_tls { Self::Host } else { Self::Plain }
    }

    /// The full name of the cookie called `name`.
    pub fn name(self, name: &str) -> String {
        match self {
            Self::Host => format!("__Host-{name}"),
            Self::Plain => name.to_owned(),
        }
    }

    /// The cookie as it is set.
    pub fn build(self, set: &SetCookie) -> Cookie<'static> {
        let mut cookie = Cookie::new(self.name(set.name), set.value.clone());
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_secure(self == Self::Host);
        if let Some(seconds) = set.max_age_seconds {
            cookie.set_max_age(Duration::seconds(seconds));
        }
        cookie
    }
}

/// Every value of the request's cookies called `name`, as the policy names it: a page on a sibling host can set another one of
/// the same name.
pub fn read_all(request: &HttpRequest, name: &str) -> Vec<String> {
    let Ok(site) = Site::of(request) else { return Vec::new() };
    let name = site.cookies.name(name);
    let pairs = pairs(request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok()));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).collect()
}

/// The cookies of `Cookie` headers, in their order.
pub fn pairs<'a>(headers: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let parts = headers.flat_map(|value| value.split(';')).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// A cookie to be set with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    name: &'static str,
    value: String,
    max_age_seconds: Option<i64>,
}

impl SetCookie {
    /// A cookie kept until the browser closes.
    pub fn session(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), max_age_seconds: None }
    }

    /// A cookie kept for so many seconds.
    pub fn lasting(name: &'static str, value: impl Into<String>, seconds: i64) -> Self {
        Self { name, value: value.into(), max_age_seconds: Some(seconds) }
    }

    /// Takes a cookie away.
    pub fn removal(name: &'static str) -> Self {
        Self::lasting(name, "", 0)
    }
}

/// The value of the request's cookie called `name`.
pub fn read(request: &HttpRequest, name: &str) -> Option<String> {
    let name = Site::of(request).ok()?.cookies.name(name);
    let cookies = request.cookies().ok()?;
    let cookie = cookies.iter().find(|cookie| cookie.name() == name)?;
    (!cookie.value().is_empty()).then(|| cookie.value().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_gets_host_cookies() {
        for url in ["https://learn.example.org", "HTTPS://learn.example.org:8443"] {
            assert_eq!(CookiePolicy::for_public_url(url), CookiePolicy::Host, "{url}");
        }
        for url in ["http://learn.example.org", "http://localhost:8080", "http://127.0.0.1:9000", "http://localhost"] {
            assert_eq!(CookiePolicy::for_public_url(url), CookiePolicy::Plain, "{url}");
        }
    }

    #[test]
    fn a_plain_cookie_is_kept_by_a_browser_that_drops_secure_ones_without_tls() {
        let set = SetCookie::lasting(SESSION, "token", 60);
        let text = CookiePolicy::Plain.build(&set).to_string();
        assert_eq!(text, "session=token; HttpOnly; SameSite=Lax; Path=/; Max-Age=60");
        let text = CookiePolicy::Host.build(&set).to_string();
        assert_eq!(text, "__Host-session=token; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
    }
}
