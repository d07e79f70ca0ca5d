//! A page inside the lab's own page: `GET /.seaworthy/frame` on its host, and the cookies of a frame.
//!
//! Where the lab domain is another site than the platform, browsers keep no ordinary cookie for a frame. One that is
//! `Partitioned` (draft-cutler-httpbis-partitioned-cookies) they keep for this frame inside the platform alone, so that no
//! other site's page gets anything by it. Some keep none at all; there the page says so, and opens in a tab of its own.
//!
//! A redirect from the page's host to the platform would not bring the platform's cookie in every browser, since it began
//! elsewhere. So the frame tells the lab's page where to go on, which leads it there itself.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::entry::read_entry;
use super::hosts;
use super::open::encode;
use super::services::{ENTRY, FRAMED_ENTRY, Services};
use crate::id::hash_token;
use crate::labs::PageHost;
use crate::web::{CookiePolicy, LabPageOutcome, SetCookie};

/// The attributes of a cookie that is kept for a frame.
const ATTRIBUTES: &str = "Secure; SameSite=None; Partitioned";

/// Whether a browser asks for what it shows in a frame.
pub(super) fn is_framed(request: &HttpRequest) -> bool {
    says(request, "sec-fetch-dest", "iframe")
}

/// Whether that frame is in another origin's page, and not in one of the page's own.
pub(super) fn is_framed_elsewhere(request: &HttpRequest) -> bool {
    is_framed(request) && !says(request, "sec-fetch-site", "same-origin")
}

fn says(request: &HttpRequest, name: &str, value: &str) -> bool {
    request.headers().get(name).is_some_and(|found| found == value)
}

/// One of the platform's own cookies, as it is set for a frame; `max_age` in seconds.
pub(super) fn set_cookie(
    policy: CookiePolicy,
    (name, value): (&str, &str),
    max_age: Option<i64>,
) -> Option<HeaderValue> {
    let age = max_age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let name = policy.name(name);
    HeaderValue::from_str(&format!("{name}={value}; HttpOnly; {ATTRIBUTES}; Path=/{age}")).ok()
}

/// A Service's cookie for a frame, of its parts after the name and the value.
pub(super) fn keep_attributes<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let is_own = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default().trim();
        ["secure", "samesite", "partitioned"].iter().any(|own| name.eq_ignore_ascii_case(own))
    };
    parts.filter(|part| !is_own(part)).chain([ATTRIBUTES]).collect()
}

/// Marks the browser, and has the lab's page lead the frame to the platform for a ticket.
pub(super) fn begin(
    services: &Services,
    request: &HttpRequest,
    host: &PageHost,
    (path, from): (&str, Option<&str>),
    seconds: i64,
) -> HttpResponse {
    services.metrics.count_lab_page(LabPageOutcome::Entry);
    let entry = read_entry(request, &[FRAMED_ENTRY, ENTRY]).unwrap_or_else(|| services.site.random.token());
    let platform = hosts::platform_origin(services, request, from);
    let address = format!("/labs/web/{host}?entry={}&path={}", hash_token(&entry), encode(path));
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
    response.cookie(services.cookies().build(&SetCookie::lasting(ENTRY, entry.as_str(), seconds)));
    if let Some(cookie) = set_cookie(services.cookies(), (FRAMED_ENTRY, &entry), Some(seconds)) {
        response.append_header((header::SET_COOKIE, cookie));
    }
    response.content_type("text/html; charset=utf-8").body(body)
}
