//! A page inside the lab's own page: how it is told, and the cookies of a frame.
//!
//! Where the lab domain is another site than the platform, browsers keep no ordinary cookie for a frame. One that is
//! `Partitioned` (draft-cutler-httpbis-partitioned-cookies) they keep for this frame inside the platform alone, so that no
//! other site's page gets anything by it. Some keep none at all; there the page says so, and opens in a tab of its own.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

use crate::web::CookiePolicy;

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
