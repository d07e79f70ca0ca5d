//! What the platform says itself on the host of a page, where nothing of the platform's own pages is.

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::framed;
use super::hosts;
use super::open::{EntryQuery, encode};
use super::services::{OWN_PATHS, Services};
use crate::labs::{PageError, page_path};
use crate::view::View;
use crate::web::{LabPageOutcome, Query, render_bare};

/// `labs/host.html`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabHostPage {
    /// The HTTP status.
    pub status: u16,
    /// What is the matter.
    pub title: String,
    /// Why, and what to do.
    pub detail: String,
    /// What to look at in the terminal.
    pub commands: Vec<String>,
    /// The next step on this host.
    pub link: Option<HostLink>,
    /// The platform's own address.
    pub platform: String,
    /// Whether it is shown in a frame, out of which its links lead.
    pub is_framed: bool,
}

/// A link on such a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostLink {
    /// Where it leads.
    pub url: String,
    /// What it is called.
    pub label: String,
}

impl View for LabHostPage {
    const TEMPLATE: &'static str = "labs/host.html";

    fn samples() -> Vec<Self> {
        let link = HostLink { url: "/".to_owned(), label: "Try again".to_owned() };
        let page = Self {
            status: 503,
            title: "This page is not there yet".to_owned(),
            detail: "There is no Service called grafana in your namespace.".to_owned(),
            commands: vec!["kubectl get services".to_owned()],
            link: Some(link),
            platform: "http://localhost:8080".to_owned(),
            is_framed: false,
        };
        vec![Self { commands: Vec::new(), link: None, is_framed: true, ..page.clone() }, page]
    }
}

/// An answer that no Service gave.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: StatusCode,
    outcome: LabPageOutcome,
    title: &'static str,
    detail: String,
    commands: Vec<String>,
    link: Option<HostLink>,
}

impl Answer {
    fn new(status: StatusCode, outcome: LabPageOutcome, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, outcome, title, detail: detail.into(), commands: Vec::new(), link: None }
    }

    fn link(mut self, url: String, label: &str) -> Self {
        self.link = Some(HostLink { url, label: label.to_owned() });
        self
    }

    /// No page has such a host, or the server does not answer for it.
    pub(super) fn unknown_host() -> Self {
        let detail = "No web page of a lab has this address. Open it from the page of your lab: its address holds the name of \
                      your namespace, which differs with each session.";
        Self::new(StatusCode::NOT_FOUND, LabPageOutcome::UnknownHost, "There is no page at this address", detail)
    }

    pub(super) fn bad_host() -> Self {
        let detail = "The request must name one host, in its Host header.";
        Self::new(StatusCode::BAD_REQUEST, LabPageOutcome::UnknownHost, "This request could not be read", detail)
    }

    pub(super) fn unknown_path() -> Self {
        let detail = format!("Addresses below {OWN_PATHS} are the platform's own on every host of a lab's page.");
        Self::new(StatusCode::NOT_FOUND, LabPageOutcome::UnknownHost, "There is no page at this address", detail)
    }

    /// It does not say whether such a session exists.
    pub(super) fn no_access(request: &HttpRequest) -> Self {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let path = if [Method::GET, Method::HEAD].contains(request.method()) { path } else { "/" };
        let detail =
            "A web page of a lab is for the person whose session it is, while it runs and while they are signed in.";
        Self::new(StatusCode::FORBIDDEN, LabPageOutcome::NoAccess, "This page is not open for you", detail)
            .link(format!("{OWN_PATHS}enter?path={}", encode(path)), "Open it with my account")
    }

    pub(super) fn spent_ticket(path: &str) -> Self {
        let detail = "The link that led here has been used, was made for another browser, or is older than a minute.";
        Self::new(StatusCode::FORBIDDEN, LabPageOutcome::NoAccess, "This link works no more", detail)
            .link(format!("{OWN_PATHS}enter?path={}", encode(path)), "Open it with my account")
    }

    pub(super) fn no_cookies_in_frames() -> Self {
        let detail = "This browser keeps no cookies for a page inside another, and without one nobody is let in here. It opens in \
                      a tab of its own.";
        Self::new(StatusCode::FORBIDDEN, LabPageOutcome::NoAccess, "This page needs a tab of its own", detail)
    }

    /// The Service refuses to be shown inside another page.
    pub(super) fn no_frame() -> Self {
        let detail = "Its service says, by the header X-Frame-Options, that no other page may show it inside itself. It opens in a \
                      tab of its own.";
        Self::new(StatusCode::FORBIDDEN, LabPageOutcome::Refused, "This page needs a tab of its own", detail)
    }

    pub(super) fn unavailable() -> Self {
        let detail = "The platform cannot look up who you are just now. Wait a moment and try again.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, LabPageOutcome::Unavailable, "Not right now", detail)
    }

    pub(super) fn foreign() -> Self {
        let detail =
            "It was sent by a page of another address. A web page of a lab takes requests of its own pages, and links.";
        Self::new(StatusCode::FORBIDDEN, LabPageOutcome::Refused, "This request was not passed on", detail)
    }

    pub(super) fn too_large(max_mib: u64) -> Self {
        let detail = format!("A request to a web page of a lab may hold {max_mib} MiB.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, LabPageOutcome::Refused, "That is more than is passed on", detail)
    }

    pub(super) fn too_long_headers(max_bytes: usize) -> Self {
        let detail = format!(
            "Its headers may have {} KiB together. Deleting the cookies of this page may help.",
            max_bytes / 1024
        );
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        Self::new(status, LabPageOutcome::Refused, "This request has too much in its headers", detail)
    }

    pub(super) fn method_not_passed_on() -> Self {
        let detail = "CONNECT is for proxies that browsers are set to use, which this is not.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, LabPageOutcome::Refused, "This method is not passed on", detail)
    }

    pub(super) fn too_many() -> Self {
        let detail = "Too many requests to the web pages of this session are under way, websockets among them. Close a tab, or \
                      wait until some have ended.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, LabPageOutcome::TooMany, "Too many requests at once", detail)
    }

    /// Why a Service gave no answer.
    pub(super) fn no_answer(fault: &PageError) -> Self {
        use crate::cluster::PodHttpError;
        let (status, outcome, title) = match fault {
            PageError::Unknown(_) => {
                (StatusCode::NOT_FOUND, LabPageOutcome::UnknownHost, "There is no page at this address")
            }
            PageError::NoService(_) | PageError::NoPort { .. } | PageError::NoPod(_) | PageError::NotReady { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, LabPageOutcome::NotReady, "This page is not there yet")
            }
            PageError::NoAnswer { fault: PodHttpError::TimedOut(_), .. } => {
                (StatusCode::GATEWAY_TIMEOUT, LabPageOutcome::NoAnswer, "This page takes too long to answer")
            }
            PageError::NoAnswer { .. } => {
                (StatusCode::BAD_GATEWAY, LabPageOutcome::NoAnswer, "This page does not answer")
            }
            PageError::Cluster(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, LabPageOutcome::Unavailable, "The cluster does not answer")
            }
        };
        Self { commands: fault.commands(), ..Self::new(status, outcome, title, fault.to_string()) }
    }

    /// The answer as a page, or as text for what is no page.
    pub(super) fn respond(self, services: &Services, request: &HttpRequest) -> HttpResponse {
        services.metrics.count_lab_page(self.outcome);
        let nonce = services.site.random.hex::<16>();
        let platform = hosts::platform_origin(services, request, None);
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors {}",
            hosts::platform_sources(services, request)
        );
        let mut response = HttpResponse::build(self.status);
        response
            .insert_header((header::CONTENT_SECURITY_POLICY, policy))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, 5));
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            response.insert_header((header::ALLOW, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        }
        // What is left of the request's body is not read any more.
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            response.force_close();
        }
        let wants_page = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        if !wants_page.is_some_and(|accept| accept.contains("text/html")) {
            return response
                .content_type("text/plain; charset=utf-8")
                .body(format!("{}. {}\n", self.title, self.detail));
        }
        let is_retriable = self.status.is_server_error() && request.method() == Method::GET;
        let again = || {
            let url = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
            HostLink { url, label: "Try again".to_owned() }
        };
        let is_framed = framed::is_framed(request);
        let needs_tab = is_framed && self.status == StatusCode::FORBIDDEN;
        let page = LabHostPage {
            status: self.status.as_u16(),
            title: self.title.to_owned(),
            detail: self.detail,
            commands: self.commands,
            link: if needs_tab { Some(tab_link(request)) } else { self.link.or_else(|| is_retriable.then(again)) },
            platform,
            is_framed,
        };
        match render_bare(request, &page, &nonce) {
            Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
            Err(fault) => {
                tracing::error!(error = %fault, "page of a lab host failed");
                response.content_type("text/plain; charset=utf-8").body(page.title)
            }
        }
    }
}

/// The page in a tab, where the browser has no access yet.
fn tab_link(request: &HttpRequest) -> HostLink {
    let asked = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let path = if request.path().starts_with(OWN_PATHS) {
        let query = Query::<EntryQuery>::read(request).unwrap_or_default();
        query.path.map_or_else(|| "/".to_owned(), |path| page_path(&path).to_owned())
    } else {
        asked.to_owned()
    };
    HostLink {
        url: format!("{OWN_PATHS}enter?path={}", encode(&path)),
        label: "Open it in a tab of its own".to_owned(),
    }
}
