//! The bundled files, served under hashed names and kept by browsers for good.

use actix_web::http::header::{self, Encoding};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use super::WebError;
use super::cache::negotiate;
use crate::view::find_asset;

/// `GET /assets/{name}`: the best encoding that the client takes. What stands in for a file of another version is kept by
/// nobody under that name.
pub async fn asset(name: Path<String>, request: HttpRequest) -> Result<HttpResponse, WebError> {
    let asset = find_asset(&name).ok_or(WebError::NotFound)?;
    let best = negotiate(&request, &[Encoding::brotli(), Encoding::gzip()]);
    let mut response = HttpResponse::Ok();
    let caching = if asset.is_exact { "public, max-age=31536000, immutable" } else { "no-store" };
    response
        .content_type(mime_guess::from_path(name.as_str()).first_or_octet_stream().as_ref())
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::VARY, "accept-encoding"));
    let body = match (asset.brotli, asset.gzip) {
        (Some(bytes), _) if best == Encoding::brotli() => {
            response.insert_header((header::CONTENT_ENCODING, "br"));
            bytes
        }
        (_, Some(bytes)) if best == Encoding::gzip() => {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
            bytes
        }
        _ => asset.plain,
    };
    Ok(match body {
        std::borrow::Cow::Borrowed(bytes) => response.body(bytes),
        std::borrow::Cow::Owned(bytes) => response.body(bytes),
    })
}
