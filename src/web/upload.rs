//! A form with one file in it.

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::form::{DRAIN_BYTES, TOKEN_FIELD, verify_token};
use super::{Fields, WebError};

/// The most a file may hold.
const LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// A multipart form that carried this visitor's token: its fields, and the bytes of its file.
#[derive(Debug)]
pub struct Upload {
    /// The fields that are not files.
    pub fields: Fields,
    /// The file's bytes; empty when none was chosen.
    pub file: Vec<u8>,
}

impl FromRequest for Upload {
    type Error = WebError;
    type Future = LocalBoxFuture<'static, Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let multipart = Multipart::new(request.headers(), payload.take());
        let request = request.clone();
        Box::pin(async move {
            let upload = read(multipart).await?;
            let token = upload.fields.get(TOKEN_FIELD).and_then(|values| values.first());
            verify_token(&request, token.ok_or(WebError::ForeignForm)?)?;
            Ok(upload)
        })
    }
}

async fn read(mut multipart: Multipart) -> Result<Upload, WebError> {
    let broken = |_broken| WebError::BadRequest("The form could not be read. Go back and send it again.");
    let mut upload = Upload { fields: Fields::new(), file: Vec::new() };
    let mut seen = 0;
    while let Some(mut part) = multipart.try_next().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.content_disposition().is_some_and(|disposition| disposition.get_filename().is_some());
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(broken)?;
            seen += chunk.len();
            if seen > DRAIN_BYTES {
                return Err(WebError::TooLarge { limit_bytes: LIMIT_BYTES });
            }
            if seen <= LIMIT_BYTES {
                bytes.extend_from_slice(&chunk);
            }
        }
        if is_file {
            upload.file = bytes;
        } else {
            let text = String::from_utf8(bytes)
                .map_err(|_bytes| WebError::BadRequest("It holds text that is not valid UTF-8. Type it again."))?;
            upload.fields.entry(name).or_default().push(text);
        }
    }
    if seen > LIMIT_BYTES { Err(WebError::TooLarge { limit_bytes: LIMIT_BYTES }) } else { Ok(upload) }
}
