//! Answers that are the same for many, and so may be kept, compressed, and not sent again.

use std::io::Write as _;

use actix_web::http::header::{self, AcceptEncoding, Encoding, EntityTag, Header as _, IfNoneMatch};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;

/// A page that is the same for everybody who is not signed in: asked for again each time, and sent only when it changed.
///
/// It holds no token, so that its length under compression gives nothing away (BREACH).
pub(super) fn respond_shared(request: &HttpRequest, html: &[u8], key: &str) -> HttpResponse {
    let tag = EntityTag::new_weak(crate::id::hash_token(key)[..32].to_owned());
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::VARY, "cookie, accept-encoding"))
        .insert_header(header::ETag(tag.clone()));
    if is_known(request, &tag) {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    let is_compressed = negotiate(request, &[Encoding::gzip()]) == Encoding::gzip();
    match is_compressed.then(|| compress(html)) {
        Some(Ok(compressed)) => response.insert_header((header::CONTENT_ENCODING, "gzip")).body(compressed),
        _ => response.body(html.to_vec()),
    }
}

/// A file that is the same for everybody, under a tag that changes with it.
pub fn respond_with_file(request: &HttpRequest, content_type: &str, bytes: Bytes, tag: &str) -> HttpResponse {
    let tag = EntityTag::new_strong(tag.to_owned());
    let mut response = HttpResponse::Ok();
    response
        .content_type(content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header(header::ETag(tag.clone()));
    if is_known(request, &tag) { response.status(StatusCode::NOT_MODIFIED).finish() } else { response.body(bytes) }
}

/// The encoding that the client likes best among those `offered` and none at all.
pub(super) fn negotiate(request: &HttpRequest, offered: &[Encoding]) -> Encoding {
    let none = Encoding::identity();
    let accepted = AcceptEncoding::parse(request).ok();
    accepted.and_then(|accepted| accepted.negotiate(offered.iter().chain([&none]))).unwrap_or(none)
}

fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    if ![Method::GET, Method::HEAD].contains(request.method()) || !request.headers().contains_key(header::IF_NONE_MATCH)
    {
        return false;
    }
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_unreadable) => false,
    }
}

fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}
