//! `/media/{path}`: the images of lessons.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};

use crate::lessons::Lessons;
use crate::web::WebError;

/// Answers with an image.
pub async fn media(lessons: Data<Lessons>, path: Path<String>) -> Result<HttpResponse, WebError> {
    let bytes = lessons.library().find_media(&path).ok_or(WebError::NotFound)?.to_vec();
    Ok(HttpResponse::Ok()
        .content_type(mime_guess::from_path(path.as_str()).first_or_octet_stream().as_ref())
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(bytes))
}
