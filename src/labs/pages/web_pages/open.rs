//! `GET /labs/{lab}/web/{name}` and `GET /labs/web/{host}`: the platform's side of the way to a page.

use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::framed;
use super::hosts;
use super::services::{OWN_PATHS, Services};
use crate::accounts::guards::Learner;
use crate::labs::pages::access::refusal;
use crate::labs::{PageHost, page_path};
use crate::web::{Query, WebError, cookies};

/// How many digits the hash of an entry cookie has.
const HASH_DIGITS: usize = 64;

/// The query of a page's host.
#[derive(Clone, Debug, Default, Deserialize)]
struct AdmitQuery {
    entry: Option<String>,
    path: Option<String>,
}

/// The query of the own paths of a page's host.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct EntryQuery {
    pub(super) path: Option<String>,
    pub(super) from: Option<String>,
    pub(super) ticket: Option<String>,
}

/// A redirect of the way in, which nothing keeps and whose address is told to nobody.
pub(super) fn see_other(url: String) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

/// `text` as the value of a query parameter.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Opens a page of the reader's running session.
pub async fn open_page(
    request: HttpRequest,
    path: Path<(String, String)>,
    Learner(person): Learner,
) -> Result<HttpResponse, WebError> {
    let services = Services::of(&request)?;
    let (lab, name) = path.into_inner();
    let found = services.labs.find_page(&person.id, &lab, &name).await.map_err(refusal(&lab))?;
    let (host, begins_at) = found.ok_or(WebError::NotFound)?;
    Ok(to_entry(&services, &request, &host, &begins_at))
}

/// Gives a browser that comes from the host of a page a ticket for it, or sends it there first.
pub async fn admit(
    request: HttpRequest,
    host: Path<String>,
    Learner(person): Learner,
) -> Result<HttpResponse, WebError> {
    let services = Services::of(&request)?;
    let host = PageHost::parse(&host).ok_or(WebError::NotFound)?;
    let query = Query::<AdmitQuery>::read(&request).unwrap_or_default();
    let path = page_path(query.path.as_deref().unwrap_or("/"));
    let is_hash = |text: &String| text.len() == HASH_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let Some(entry) = query.entry.as_ref().filter(|entry| is_hash(entry)) else {
        return Ok(to_entry(&services, &request, &host, path));
    };
    let token = cookies::read(&request, cookies::SESSION).ok_or(WebError::SignIn)?;
    let ticket = services.labs.issue_page_ticket((&person.id, &token), &host, entry).await?;
    let ticket = ticket.ok_or(WebError::NotFound)?;
    let origin = hosts::page_origin(&services, &request, &host);
    Ok(see_other(format!("{origin}{OWN_PATHS}ticket?ticket={ticket}&path={}", encode(path))))
}

fn to_entry(services: &Services, request: &HttpRequest, host: &PageHost, path: &str) -> HttpResponse {
    let origin = hosts::page_origin(services, request, host);
    let from =
        hosts::loopback_name(services, request).map_or_else(String::new, |name| format!("&from={}", encode(name)));
    let way = if framed::is_framed(request) { "frame" } else { "enter" };
    see_other(format!("{origin}{OWN_PATHS}{way}?path={}{from}", encode(path)))
}
