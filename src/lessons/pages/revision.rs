//! `/content/revision`: which revision of the content is in force, while its author writes.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;

use crate::lessons::Lessons;
use crate::web::WebError;

/// Answers with the name of the revision, by which an open lesson learns that it has changed.
pub async fn revision(lessons: Data<Lessons>) -> Result<HttpResponse, WebError> {
    let revision = lessons.revision().ok_or(WebError::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(revision))
}
