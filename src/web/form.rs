//! Forms: checked for where they were sent from and for this visitor's token, given back with what was typed.

use std::collections::BTreeMap;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::csrf::{TOKEN_FIELD, verify_token};
use super::submitted::{Encoding, SubmittedForm};
use super::{WebError, origin};

/// A form that carried this visitor's token.
#[derive(Debug)]
pub struct Form<T>(pub T);

/// A form with no field but its token.
#[derive(Debug, Deserialize)]
pub struct NoFields {}

/// Every field of a form whose names are not known beforehand.
pub type Fields = BTreeMap<String, Vec<String>>;

/// One field of a form as its page shows it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What was typed.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Field {
    /// A field holding `value`, with nothing wrong.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    /// The same field with what is wrong with it.
    pub fn refused(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

fn read<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, WebError> {
    let sent = require(request, Encoding::Urlencoded)?;
    serde_html_form::from_bytes(&sent.body).map_err(|fault| {
        tracing::debug!(error = %fault, "a form lacked a field");
        WebError::BadRequest("A part of the form is missing. Go back, reload the page, and send it again.")
    })
}

/// The form of a request, once it is this visitor's own and holds nothing that no text may hold.
pub(super) fn require(request: &HttpRequest, encoding: Encoding) -> Result<std::rc::Rc<SubmittedForm>, WebError> {
    let source = origin::require_own(request)?;
    let sent = SubmittedForm::of(request)
        .filter(|sent| sent.encoding == encoding)
        .ok_or(WebError::BadRequest("This address takes a form. Go back and send it from its page."))?;
    sent.require_text()?;
    verify_token(request, sent.find(TOKEN_FIELD), source)?;
    Ok(sent)
}
