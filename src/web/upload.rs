//! A form with one file in it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use super::form::require;
use super::submitted::{Encoding, SubmittedFile};
use super::{Fields, WebError};

/// A multipart form that carried this visitor's token: its fields, and the bytes of its file.
///
/// The token stands before the file in every form of this site, since the bytes of a file without it are let go.
#[derive(Debug)]
pub struct Upload {
    /// The fields that are not files.
    pub fields: Fields,
    /// The file's bytes; empty when none was chosen.
    pub file: Vec<u8>,
}

impl FromRequest for Upload {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<Upload, WebError> {
    let sent = require(request, Encoding::Multipart)?;
    let mut fields = Fields::new();
    for (name, value) in &sent.fields {
        fields.entry(name.clone()).or_default().push(value.clone());
    }
    let file = request.extensions_mut().remove::<SubmittedFile>().map(|file| file.0).unwrap_or_default();
    Ok(Upload { fields, file })
}
