//! `GET /.seaworthy/{enter,frame,ticket}` on the host of a page.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::answer::Answer;
use super::framed;
use super::hosts;
use super::open::{EntryQuery, encode, see_other};
use super::services::{ACCESS, ENTRY, FRAMED_ACCESS, FRAMED_ENTRY, OWN_PATHS, Services};
use crate::id::hash_token;
use crate::labs::{PageHost, page_path};
use crate::web::{LabPageOutcome, Query, SetCookie, cookies};

/// How long a browser may take from the page to the platform and back, signing in included, in seconds.
const ENTRY_SECONDS: i64 = 900;

/// Answers one of the platform's own paths on the host of a page.
pub(super) async fn serve(services: &Services, request: &HttpRequest, host: &PageHost) -> HttpResponse {
    let query = Query::<EntryQuery>::read(request).unwrap_or_default();
    let path = page_path(query.path.as_deref().unwrap_or("/"));
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    match request.path().strip_prefix(OWN_PATHS) {
        Some("enter") if is_read => enter(services, request, host, (path, query.from.as_deref())),
        Some("frame") if is_read => mark_frame(services, request, host, (path, query.from.as_deref())),
        Some("ticket") if is_read => redeem(services, request, host, (path, query.ticket.as_deref())).await,
        _ => Answer::unknown_path().respond(services, request),
    }
}

/// A browser that is marked for a ticket.
struct Mark {
    /// The value of its entry cookie.
    entry: String,
    /// The platform's origin.
    platform: String,
    /// Where it goes on there.
    address: String,
}

impl Mark {
    /// The mark that a cookie of one of these names holds, or a new one.
    fn of(
        (services, request): (&Services, &HttpRequest),
        host: &PageHost,
        (path, from): (&str, Option<&str>),
        names: &[&str],
    ) -> Self {
        services.metrics.count_lab_page(LabPageOutcome::Entry);
        let entry = read_entry(request, names).unwrap_or_else(|| services.site.random.token());
        let address = format!("/labs/web/{host}?entry={}&path={}", hash_token(&entry), encode(path));
        Self { entry, platform: hosts::platform_origin(services, request, from), address }
    }
}

/// Marks the browser, and sends it to the platform for a ticket.
fn enter(services: &Services, request: &HttpRequest, host: &PageHost, way: (&str, Option<&str>)) -> HttpResponse {
    let Mark { entry, platform, address } = Mark::of((services, request), host, way, &[ENTRY]);
    let mut response = see_other(format!("{platform}{address}"));
    let cookie = services.cookies().build(&SetCookie::lasting(ENTRY, entry, ENTRY_SECONDS));
    // A cookie made here has nothing in it that no header may hold.
    response.add_cookie(&cookie).ok();
    response
}

/// Marks the browser, and has the lab's page lead the frame to the platform for a ticket. A redirect there would not bring the
/// platform's cookie in every browser, since it began elsewhere.
fn mark_frame(services: &Services, request: &HttpRequest, host: &PageHost, way: (&str, Option<&str>)) -> HttpResponse {
    let Mark { entry, platform, address } = Mark::of((services, request), host, way, &[FRAMED_ENTRY, ENTRY]);
    let nonce = services.site.random.hex::<16>();
    // What is encoded has nothing in it that could end the script.
    let told = json!({ "labPage": address });
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Opening</title>\
         <script nonce=\"{nonce}\">parent.postMessage({told}, {});</script></html>",
        json!(platform)
    );
    let policy = format!("default-src 'none'; script-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors {platform}");
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"));
    // The ordinary one is kept where the lab domain is of the platform's own site.
    response.cookie(services.cookies().build(&SetCookie::lasting(ENTRY, entry.as_str(), ENTRY_SECONDS)));
    if let Some(cookie) = framed::set_cookie(services.cookies(), (FRAMED_ENTRY, &entry), Some(ENTRY_SECONDS)) {
        response.append_header((header::SET_COOKIE, cookie));
    }
    response.content_type("text/html; charset=utf-8").body(body)
}

/// The entry cookie of one of these names, if it is one that this program makes: a Service's script may set others.
fn read_entry(request: &HttpRequest, names: &[&str]) -> Option<String> {
    let is_own = |value: &String| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    names.iter().find_map(|name| cookies::read(request, name).filter(is_own))
}

/// Exchanges the ticket, and goes on to the page.
async fn redeem(
    services: &Services,
    request: &HttpRequest,
    host: &PageHost,
    (path, ticket): (&str, Option<&str>),
) -> HttpResponse {
    let is_framed = framed::is_framed(request);
    let entry = read_entry(request, &[FRAMED_ENTRY, ENTRY]);
    if entry.is_none() && is_framed {
        return Answer::no_cookies_in_frames().respond(services, request);
    }
    let (entry, ticket) = (entry.unwrap_or_default(), ticket.unwrap_or_default());
    let access = match services.labs.redeem_page_ticket(host, ticket, &entry).await {
        Ok(access) => access,
        Err(fault) => {
            tracing::error!(error = ?fault, "lab page ticket failed");
            return Answer::unavailable().respond(services, request);
        }
    };
    if let Some(access) = access {
        services.metrics.count_lab_page(LabPageOutcome::Entry);
        let mut response = see_other(path.to_owned());
        if let Some(cookie) =
            framed::set_cookie(services.cookies(), (FRAMED_ACCESS, &access), None).filter(|_| is_framed)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response.add_cookie(&services.cookies().build(&SetCookie::session(ACCESS, access))).ok();
        return response;
    }
    // Somebody who comes back to an address of before is let in already.
    for shown in [ACCESS, FRAMED_ACCESS].into_iter().flat_map(|name| cookies::read_all(request, name)) {
        if let Ok(Some(_)) = services.labs.find_page_access(host, &shown).await {
            return see_other(path.to_owned());
        }
    }
    Answer::spent_ticket(path).respond(services, request)
}
