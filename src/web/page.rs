//! What a handler answers with: a page in its frame, a form refused, or a redirect.

use actix_web::body::BoxBody;
use actix_web::cookie::Cookie;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, Responder, ResponseError as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::cookies::{self, SetCookie};
use super::frame::{Nonce, RequestId};
use super::{Site, WebError};
use crate::view::{Flash, FlashKind, Reader, Shell, Theme, View};

/// The answer to a request for a page or to a form.
#[derive(Debug)]
pub enum Reply<V> {
    /// 200 with the page.
    Page(V),
    /// 422 with the same page, the typed values and what is wrong with them.
    Invalid(V),
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
    let rendered = frame(request).and_then(|frame| {
        let site = Site::of(request)?;
        let html = site
            .templates
            .render(&frame.shell, view)
            .map_err(|fault| WebError::Fault(anyhow::Error::new(fault).context(V::TEMPLATE)))?;
        Ok((html, frame.cookies))
    });
    match rendered {
        Ok((html, cookies)) => {
            let mut response = HttpResponse::build(status);
            response.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "no-store"));
            for cookie in cookies {
                response.cookie(cookie);
            }
            response.body(html)
        }
        Err(fault) => fault.error_response(),
    }
}

/// The page of `view` for `request`, for the problem page, whose answer already exists.
pub(super) fn render_body<V: View>(request: &HttpRequest, view: &V) -> anyhow::Result<String> {
    let frame = frame(request)?;
    Ok(Site::of(request)?.templates.render(&frame.shell, view)?)
}

struct Frame {
    shell: Shell,
    cookies: Vec<Cookie<'static>>,
}

fn frame(request: &HttpRequest) -> Result<Frame, WebError> {
    let site = Site::of(request)?;
    let mut set = Vec::new();
    let csrf_cookie = cookies::read(request, cookies::CSRF).unwrap_or_else(|| {
        let fresh = site.random.token();
        set.push(site.cookies.build(&SetCookie::session(cookies::CSRF, fresh.clone())));
        fresh
    });
    let flash = cookies::read(request, cookies::FLASH).and_then(|value| {
        set.push(site.cookies.build(&SetCookie::removal(cookies::FLASH)));
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
    });
    let extensions = request.extensions();
    let shell = Shell {
        person: extensions.get::<Reader>().cloned(),
        csrf: site.csrf_token(&csrf_cookie),
        flash,
        nonce: extensions.get::<Nonce>().map_or_else(String::new, |nonce| nonce.0.clone()),
        theme: cookies::read(request, cookies::THEME).map_or(Theme::Auto, |value| Theme::parse(&value)),
        path: request.path().to_owned(),
        now: site.now(),
        programme: site.programme.clone(),
        request_id: extensions.get::<RequestId>().map_or_else(String::new, |id| id.0.clone()),
    };
    drop(extensions);
    Ok(Frame { shell, cookies: set })
}

/// `text` as the value of a query parameter.
pub(super) fn encode_query(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
