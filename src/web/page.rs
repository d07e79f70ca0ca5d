//! What a handler answers with: a page in its layout, a form refused, or a redirect.

use actix_web::body::BoxBody;
use actix_web::cookie::Cookie;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, Responder, ResponseError as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use memchr::memmem;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::cookies::{self, SetCookie};
use super::csrf::PersonKey;
use super::layout::{Nonce, RequestId};
use super::{Site, WebError, cache};
use crate::view::{CurrentUser, Flash, FlashKind, Shell, Theme, View};

/// After how many seconds to ask again for what is in the way for a moment.
pub(super) const RETRY_AFTER_SECONDS: u16 = 5;

/// The answer to a request for a page or to a form.
#[derive(Debug)]
pub enum Reply<V> {
    /// 200 with the page.
    Page(V),
    /// 422 with the same page, the typed values and what is wrong with them.
    Invalid(V),
    /// 404 with a page that says more than that there is none.
    NotFound(V),
    /// 503 with a page that says what is in the way for a moment.
    Unavailable(V),
    /// 303 to another page.
    SeeOther(Redirect),
}

impl<V> Reply<V> {
    /// 303 to `url`, with nothing else to say.
    pub fn see_other(url: impl Into<String>) -> Self {
        Self::SeeOther(Redirect::to(url))
    }
}

/// 303 to another page, with a sentence to show there and cookies to set.
#[derive(Debug)]
pub struct Redirect {
    url: String,
    flash: Option<Flash>,
    cookies: Vec<SetCookie>,
}

impl Redirect {
    /// To `url`, a path of this site.
    pub fn to(url: impl Into<String>) -> Self {
        Self { url: url.into(), flash: None, cookies: Vec::new() }
    }

    /// Says on the next page that it worked.
    pub fn success(self, text: impl Into<String>) -> Self {
        self.flash(FlashKind::Success, text)
    }

    /// Says on the next page why it did not work.
    pub fn error(self, text: impl Into<String>) -> Self {
        self.flash(FlashKind::Error, text)
    }

    /// Says something on the next page.
    pub fn flash(mut self, kind: FlashKind, text: impl Into<String>) -> Self {
        self.flash = Some(Flash { kind, text: text.into() });
        self
    }

    /// Sets a cookie.
    pub fn cookie(mut self, cookie: SetCookie) -> Self {
        self.cookies.push(cookie);
        self
    }
}

impl<V: View> Responder for Reply<V> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Page(view) => respond(request, StatusCode::OK, &view),
            Self::Invalid(view) => respond(request, StatusCode::UNPROCESSABLE_ENTITY, &view),
            Self::NotFound(view) => respond(request, StatusCode::NOT_FOUND, &view),
            Self::Unavailable(view) => {
                let mut response = respond(request, StatusCode::SERVICE_UNAVAILABLE, &view);
                response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(RETRY_AFTER_SECONDS));
                response
            }
            Self::SeeOther(redirect) => redirect.respond_to(request),
        }
    }
}

impl Responder for Redirect {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let policy = match Site::of(request) {
            Ok(site) => site.cookies,
            Err(fault) => return fault.error_response(),
        };
        let mut response = HttpResponse::SeeOther();
        response.insert_header((header::LOCATION, self.url));
        if let Some(flash) = &self.flash {
            let value = URL_SAFE_NO_PAD.encode(serde_json::to_vec(flash).unwrap_or_default());
            response.cookie(policy.build(&SetCookie::lasting(cookies::FLASH, value, 60)));
        }
        for cookie in &self.cookies {
            response.cookie(policy.build(cookie));
        }
        response.finish()
    }
}

fn respond<V: View>(request: &HttpRequest, status: StatusCode, view: &V) -> HttpResponse {
    match render(request, view) {
        Ok(page) if status == StatusCode::OK => page.respond(request),
        Ok(page) => page.respond_private(status),
        Err(fault) => fault.error_response(),
    }
}

/// A page as text, with the cookies that it needs.
pub(super) struct Rendered {
    pub html: String,
    pub cookies: Vec<Cookie<'static>>,
    /// What tells one state of the page from another, when it is the same for everybody who is not signed in.
    shared_key: Option<String>,
}

impl Rendered {
    /// Text without a template.
    pub(super) fn plain(html: String) -> Self {
        Self { html, cookies: Vec::new(), shared_key: None }
    }

    fn respond(self, request: &HttpRequest) -> HttpResponse {
        match &self.shared_key {
            Some(key) if self.cookies.is_empty() => cache::respond_shared(request, self.html.as_bytes(), key),
            _ => self.respond_private(StatusCode::OK),
        }
    }

    /// The page for one reader alone, which nothing on the way keeps.
    pub(super) fn respond_private(self, status: StatusCode) -> HttpResponse {
        let mut response = HttpResponse::build(status);
        response.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "no-store"));
        for cookie in self.cookies {
            response.cookie(cookie);
        }
        response.body(self.html)
    }
}

/// The page of `view` for `request`.
pub(super) fn render<V: View>(request: &HttpRequest, view: &V) -> Result<Rendered, WebError> {
    let site = Site::of(request)?;
    let kept_cookie = cookies::read(request, cookies::CSRF);
    let csrf_cookie = kept_cookie.clone().unwrap_or_else(|| site.random.token());
    let shell = shell(request, site, &csrf_cookie);
    let html = site
        .templates
        .render(&shell, view)
        .map_err(|fault| WebError::Fault(anyhow::Error::new(fault).context(V::TEMPLATE)))?;
    let has_token = memmem::find(html.as_bytes(), shell.csrf.as_bytes()).is_some();
    let mut set = Vec::new();
    if shell.flash.is_some() {
        set.push(site.cookies.build(&SetCookie::removal(cookies::FLASH)));
    }
    if has_token && kept_cookie.is_none() {
        let cookie = SetCookie::lasting(cookies::CSRF, csrf_cookie, cookies::LASTS_SECONDS);
        set.push(site.cookies.build(&cookie));
    }
    // A nonce works in one answer alone, and a countdown starts from the time of its page.
    let is_shared = shell.person.is_none() && !has_token && !html.contains(&shell.nonce);
    let shared_key = (is_shared && !html.contains("data-countdown")).then(|| html.replace(&shell.now.to_string(), ""));
    Ok(Rendered { html, cookies: set, shared_key })
}

/// The page of `view` for a host that is not the platform's: no session, cookie or form of the platform's is on it.
pub fn render_bare<V: View>(request: &HttpRequest, view: &V, nonce: &str) -> Result<String, WebError> {
    let site = Site::of(request)?;
    let shell = Shell {
        nonce: nonce.to_owned(),
        csrf: String::new(),
        flash: None,
        theme: Theme::Auto,
        ..shell(request, site, "")
    };
    let rendered = site.templates.render(&shell, view);
    rendered.map_err(|fault| WebError::Fault(anyhow::Error::new(fault).context(V::TEMPLATE)))
}

fn shell(request: &HttpRequest, site: &Site, csrf_cookie: &str) -> Shell {
    // Reading the first cookie writes to the extensions.
    let flash = cookies::read(request, cookies::FLASH);
    let theme = cookies::read(request, cookies::THEME);
    let extensions = request.extensions();
    Shell {
        person: extensions.get::<CurrentUser>().cloned(),
        csrf: site.form_token(csrf_cookie, extensions.get::<PersonKey>()),
        flash: flash.and_then(|value| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()),
        nonce: extensions.get::<Nonce>().map_or_else(String::new, |nonce| nonce.0.clone()),
        theme: theme.map_or(Theme::Auto, |value| Theme::parse(&value)),
        path: request.path().to_owned(),
        origin: site.address_of(request),
        now: site.now(),
        programme: site.programme.clone(),
        zone: site.zone.clone(),
        request_id: extensions.get::<RequestId>().map_or_else(String::new, |id| id.0.clone()),
    }
}

/// `text` as the value of a query parameter.
pub(super) fn encode_query(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// `next`, if it is a path of this site that signing in may lead to; else the start.
pub fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control)
        && !next.starts_with("/sign-in");
    if is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for next in ["/labs", "/modules/a?b=c#d"] {
            assert_eq!(local_path(next), next);
        }
        for next in ["https://evil.example", "//evil.example", "/\\evil.example", "", "labs", "/sign-in?next=/", "/\n"]
        {
            assert_eq!(local_path(next), "/", "{next:?}");
        }
    }
}
