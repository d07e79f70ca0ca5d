//! Cookies: named, kept and read in one way.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use super::Site;

/// The visitor's half of the form token.
pub const CSRF: &str = "csrf";
/// The sentence to show once.
pub const FLASH: &str = "flash";
/// The token of a signed-in person.
pub const SESSION: &str = "session";
/// The reader's colours.
pub const THEME: &str = "theme";

/// How cookies are named and kept, which follows from how the site is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookiePolicy {
    /// `__Host-` names and `Secure`: over TLS, and on this machine, which browsers trust alike.
    Host,
    /// Plain names, for a site served without TLS to other machines; a passive listener can read them.
    Plain,
}

impl CookiePolicy {
    /// The policy for a site at `url`.
    pub fn for_public_url(url: &str) -> Self {
        let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        let is_local = local.iter().any(|host| {
            url.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with(':') || rest.starts_with('/'))
        });
        if url.starts_with("https://") || is_local { Self::Host } else { Self::Plain }
    }

    /// The full name of the cookie called `name`.
    pub fn name(self, name: &str) -> String {
        match self {
            Self::Host => format!("__Host-{name}"),
            Self::Plain => name.to_owned(),
        }
    }

    pub(super) fn build(self, set: &SetCookie) -> Cookie<'static> {
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
    let policy = Site::of(request).ok()?.cookies;
    request.cookie(&policy.name(name)).map(|cookie| cookie.value().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_and_this_machine_get_host_cookies() {
        for url in ["https://learn.example.org", "http://localhost:8080", "http://127.0.0.1:9000", "http://localhost"] {
            assert_eq!(CookiePolicy::for_public_url(url), CookiePolicy::Host, "{url}");
        }
        for url in ["http://learn.example.org", "http://localhost.example.org"] {
            assert_eq!(CookiePolicy::for_public_url(url), CookiePolicy::Plain, "{url}");
        }
    }
}
