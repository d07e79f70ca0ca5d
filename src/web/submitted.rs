//! Forms as they were sent, read before anybody asks who sent them, so that a refusal can give back what was typed.

use std::rc::Rc;

use actix_multipart::{Field as Part, Multipart};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest};
use futures_util::{StreamExt as _, TryStreamExt as _};
use percent_encoding::percent_decode;

use super::csrf::{TOKEN_FIELD, find_token};
use super::preserved::SIGN_IN_PATH;
use super::{Fields, WebError, origin};

/// The most that the text of a form may hold.
pub(super) const MAX_FORM_BYTES: usize = 256 * 1024;
/// The most that a form with a file may hold.
pub(super) const MAX_UPLOAD_BYTES: usize = 4 * 1024 * 1024;
/// The most fields in one form.
const MAX_FIELDS: usize = 1000;
/// How much of a form that is too large is read away, so that the refusal reaches the browser.
const MAX_DRAINED_BYTES: usize = 64 * 1024 * 1024;

/// How a form was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Urlencoded,
    Multipart,
}

/// A form as it was sent.
#[derive(Clone, Debug)]
pub(super) struct SubmittedForm {
    pub encoding: Encoding,
    /// The fields that are no files, in order; what is no UTF-8 in them is replaced.
    pub fields: Vec<(String, String)>,
    /// The names of fields for a file.
    pub file_names: Vec<String>,
    /// The body of an urlencoded form.
    pub body: Vec<u8>,
    is_utf8: bool,
}

/// The bytes of the last file of a form; none when no file was chosen.
#[derive(Debug)]
pub(super) struct SubmittedFile(pub Vec<u8>);

/// Every field of the form that came with `request`, if one did.
pub fn sent_fields(request: &HttpRequest) -> Option<Fields> {
    let sent = SubmittedForm::of(request)?;
    let mut fields = Fields::new();
    for (name, value) in &sent.fields {
        fields.entry(name.clone()).or_default().push(value.clone());
    }
    Some(fields)
}

impl SubmittedForm {
    /// The form that came with `request`.
    pub(super) fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }

    /// The first value of the field called `name`.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Refuses what no text may hold: PostgreSQL takes no NUL, and nothing takes what is no UTF-8.
    pub(super) fn require_text(&self) -> Result<(), WebError> {
        if !self.is_utf8 {
            return Err(WebError::BadRequest(
                "It holds text that is not valid UTF-8. Go back, type it again, and send it once more.",
            ));
        }
        let has_nul = self.fields.iter().any(|(name, value)| name.contains('\0') || value.contains('\0'));
        if has_nul { Err(WebError::NulCharacter) } else { Ok(()) }
    }

    fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), WebError> {
        if self.fields.len() + self.file_names.len() >= MAX_FIELDS {
            return Err(WebError::BadRequest("It has more fields than any form of this site."));
        }
        let mut text = |bytes| match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_fault) => {
                self.is_utf8 = false;
                String::from_utf8_lossy(bytes).into_owned()
            }
        };
        let pair = (text(name), text(value));
        self.fields.push(pair);
        Ok(())
    }
}

/// Reads the form of a request, within its limit, and keeps it beside the request.
pub async fn read<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let encoding = match content_type.map(str::to_ascii_lowercase) {
        Some(kind) if kind.starts_with("application/x-www-form-urlencoded") => Some(Encoding::Urlencoded),
        Some(kind) if kind.starts_with("multipart/form-data") => Some(Encoding::Multipart),
        _ => None,
    };
    if let Some(encoding) = encoding
        && ![Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method())
    {
        let payload = request.take_payload();
        let outcome = match encoding {
            Encoding::Urlencoded => {
                read_urlencoded(payload, limit(request.path())).await.map(|sent| (sent, Vec::new()))
            }
            Encoding::Multipart => read_multipart(request.request(), payload).await,
        };
        match outcome {
            Ok((sent, file)) => {
                let mut extensions = request.extensions_mut();
                extensions.insert(Rc::new(sent));
                extensions.insert(SubmittedFile(file));
            }
            Err(fault) => return Ok(request.error_response(fault).map_into_right_body()),
        }
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

/// The most that a form sent to `path` may hold: a page that carries a form through signing in adds to the names of it.
fn limit(path: &str) -> usize {
    if path == SIGN_IN_PATH { 2 * MAX_FORM_BYTES } else { MAX_FORM_BYTES }
}

async fn read_urlencoded(mut payload: Payload, limit_bytes: usize) -> Result<SubmittedForm, WebError> {
    let (mut body, mut seen) = (Vec::new(), 0);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_broken| WebError::BadRequest("The connection broke off. Send it again."))?;
        keep(&mut body, &chunk, (&mut seen, limit_bytes))?;
    }
    if seen > limit_bytes {
        return Err(WebError::TooLarge { limit_bytes });
    }
    let mut sent = SubmittedForm {
        encoding: Encoding::Urlencoded,
        fields: Vec::new(),
        file_names: Vec::new(),
        body: Vec::new(),
        is_utf8: true,
    };
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
        sent.push(&decode(name), &decode(value))?;
    }
    sent.body = body;
    Ok(sent)
}

fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}

/// Adds `chunk` to `bytes` while all that was seen is within the limit; past it, bytes are counted and let go.
fn keep(bytes: &mut Vec<u8>, chunk: &[u8], (seen, limit): (&mut usize, usize)) -> Result<(), WebError> {
    *seen += chunk.len();
    if *seen > MAX_DRAINED_BYTES {
        return Err(WebError::TooLarge { limit_bytes: limit });
    }
    if *seen <= limit {
        bytes.extend_from_slice(chunk);
    }
    Ok(())
}

/// Reads a form with a file. The bytes of the file are kept only when the form's token came before it and is this
/// browser's own, for anybody may send a file to a page that everybody sees.
async fn read_multipart(request: &HttpRequest, payload: Payload) -> Result<(SubmittedForm, Vec<u8>), WebError> {
    let broken = |_broken| WebError::BadRequest("The form could not be read. Go back and send it again.");
    let source = origin::require_own(request)?;
    let mut multipart = Multipart::new(request.headers(), payload);
    let mut sent = SubmittedForm {
        encoding: Encoding::Multipart,
        fields: Vec::new(),
        file_names: Vec::new(),
        body: Vec::new(),
        is_utf8: true,
    };
    let (mut file, mut seen, mut is_trusted) = (Vec::new(), 0, false);
    while let Some(part) = multipart.try_next().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.content_disposition().is_some_and(|disposition| disposition.get_filename().is_some());
        // A part without a byte in it takes memory too.
        seen += name.len();
        let bytes = read_part(part, (&mut seen, MAX_UPLOAD_BYTES), !is_file || is_trusted).await?;
        if is_file {
            sent.push(name.as_bytes(), b"")?;
            sent.fields.pop();
            sent.file_names.push(name);
            file = bytes;
        } else {
            sent.push(name.as_bytes(), &bytes)?;
            if name == TOKEN_FIELD {
                is_trusted = find_token(request, &String::from_utf8_lossy(&bytes), source)?.is_some();
            }
        }
    }
    if seen > MAX_UPLOAD_BYTES { Err(WebError::TooLarge { limit_bytes: MAX_UPLOAD_BYTES }) } else { Ok((sent, file)) }
}

async fn read_part(mut part: Part, (seen, limit): (&mut usize, usize), is_kept: bool) -> Result<Vec<u8>, WebError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|_broken| WebError::BadRequest("The form could not be read. Send it again."))?;
        keep(&mut bytes, &chunk, (seen, limit))?;
        if !is_kept {
            bytes.clear();
        }
    }
    Ok(bytes)
}
