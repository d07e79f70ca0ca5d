//! `/media/{path}`: the images of lessons.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use crate::lessons::Lessons;
use crate::web::{WebError, respond_with_file};

/// Answers with an image, or that the browser has it.
pub async fn media(lessons: Data<Lessons>, path: Path<String>, request: HttpRequest) -> Result<HttpResponse, WebError> {
    let media = lessons.library().find_media(&path).ok_or(WebError::NotFound)?;
    let content_type = mime_guess::from_path(path.as_str()).first_or_octet_stream();
    let digest = media.digest().to_owned();
    Ok(respond_with_file(&request, content_type.as_ref(), Bytes::from_owner(media), &digest))
}
