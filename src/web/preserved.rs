//! What a person wrote, given back by the page that refuses their form.
//!
//! The page is all that holds it: nothing is stored, and nobody but that browser has it. It shows every field that was
//! sent, asks again for passwords and files, signs in in place where that is needed, and sends everything on to where it
//! was going under a fresh token.

use std::future::{Ready, ready};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, Responder, ResponseError as _};
use serde::Serialize;

use super::csrf::{PersonKey, TOKEN_FIELD, find_token};
use super::origin::{self, Source};
use super::routes::FormSpec;
use super::submitted::{Encoding, MAX_FORM_BYTES, SubmittedForm};
use super::{Field, SetCookie, Site, WebError, page};
use crate::view::View;

/// Where a page that holds a form signs in.
pub(super) const SIGN_IN_PATH: &str = "/sign-in/in-place";

/// A form that was refused, on its way back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreservedForm {
    /// Where it was going.
    to: String,
    /// What it is, in words.
    what: String,
    is_multipart: bool,
    fields: Vec<(String, String)>,
    /// Fields for passwords and the like, whose values are not kept.
    secrets: Vec<String>,
    /// Fields for files.
    files: Vec<String>,
    /// The mark of the person who was signed in when the form was opened.
    writer: Option<String>,
}

/// The names of the fields that carry a form through signing in.
const TO: &str = "preserved.to";
const WHAT: &str = "preserved.what";
const MULTIPART: &str = "preserved.multipart";
const SECRET: &str = "preserved.secret";
const FILE: &str = "preserved.file";
const WRITER: &str = "preserved.writer";
const FIELD: &str = "preserved.field.";

impl PreservedForm {
    /// The form that came with `request`, if the browser says that a page of this site sent it.
    pub(super) fn of_refused(request: &HttpRequest) -> Option<Self> {
        let sent = SubmittedForm::of(request)?;
        let length: usize = sent.fields.iter().map(|(name, value)| name.len() + value.len()).sum();
        if request.method() != Method::POST || length > MAX_FORM_BYTES || !origin::is_own(request) {
            return None;
        }
        let token = find_token(request, sent.find(TOKEN_FIELD).unwrap_or_default(), Source::Own).ok().flatten();
        let mut preserved = Self {
            to: request.uri().path_and_query().map_or("/", |address| address.as_str()).to_owned(),
            what: request.app_data::<FormSpec>().map_or("Your form", |form| form.what).to_owned(),
            is_multipart: sent.encoding == Encoding::Multipart,
            files: sent.file_names.clone(),
            // Whoever sends a preserved form on, and is refused again, has not written it.
            writer: sent
                .find(WRITER)
                .map(str::to_owned)
                .or_else(|| token.and_then(|token| token.writer().map(str::to_owned))),
            ..Self::default()
        };
        for (name, value) in sent.fields.iter().filter(|(name, _)| name != TOKEN_FIELD && name != WRITER) {
            if is_secret_field(name) {
                preserved.secrets.push(name.clone());
            } else {
                preserved.fields.push((name.replace('\0', ""), value.replace('\0', "")));
            }
        }
        Some(preserved)
    }

    /// The form that a page carries through signing in.
    fn of_carried(request: &HttpRequest) -> Result<Self, WebError> {
        let sent = SubmittedForm::of(request).ok_or(WebError::CsrfMismatch)?;
        let find = |name| sent.find(name).unwrap_or_default().to_owned();
        let list = |name: &str| {
            sent.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| value.clone()).collect()
        };
        Ok(Self {
            to: page::local_path(&find(TO)).to_owned(),
            what: find(WHAT),
            is_multipart: sent.find(MULTIPART).is_some(),
            fields: sent
                .fields
                .iter()
                .filter_map(|(name, value)| Some((name.strip_prefix(FIELD)?.to_owned(), value.clone())))
                .collect(),
            secrets: list(SECRET),
            files: list(FILE),
            writer: sent.find(WRITER).map(str::to_owned),
        })
    }

    /// Whether anything was typed that would be a pity to lose.
    pub(super) fn has_text(&self) -> bool {
        self.fields.iter().any(|(_, value)| is_written(value))
    }

    /// The page that asks who it is, with `email` as typed and what is wrong with it.
    pub fn sign_in_page(self, email: Field) -> PreservedFormPage {
        let mut page = PreservedFormPage {
            sign_in: Some(email),
            action: SIGN_IN_PATH.to_owned(),
            ..PreservedFormPage::new(&self)
        };
        let hidden = |name: &str, value: &str| HiddenField { name: name.to_owned(), value: value.to_owned() };
        for field in &mut page.texts {
            field.name.insert_str(0, FIELD);
        }
        for field in page.hidden.iter_mut().filter(|field| field.name != WRITER) {
            field.name.insert_str(0, FIELD);
        }
        page.hidden.extend([hidden(TO, &self.to), hidden(WHAT, &self.what)]);
        page.hidden.extend(self.is_multipart.then(|| hidden(MULTIPART, "yes")));
        page.hidden.extend(self.secrets.iter().map(|name| hidden(SECRET, name)));
        page.hidden.extend(self.files.iter().map(|name| hidden(FILE, name)));
        page.saying(StatusCode::UNPROCESSABLE_ENTITY, "Sign in to go on", "What you wrote is still below.")
    }

    /// The page that sends it on, for whoever `request` says is signed in.
    pub fn send_page(self, request: &HttpRequest) -> Result<PreservedFormPage, WebError> {
        let mark = match request.extensions().get::<PersonKey>() {
            Some(person) => Some(Site::of(request)?.person_mark(Some(person))),
            None => None,
        };
        let is_others = matches!((&self.writer, &mark), (Some(writer), Some(mark)) if writer != mark);
        let inputs = |names: &[String], id: &str| -> Vec<KeptInput> {
            let input = |(number, name): (usize, &String)| KeptInput {
                id: format!("{id}-{number}"),
                name: name.clone(),
                label: label(name),
            };
            names.iter().enumerate().map(input).collect()
        };
        let page = PreservedFormPage {
            action: self.to.clone(),
            is_multipart: self.is_multipart,
            secrets: inputs(&self.secrets, "secret"),
            files: inputs(&self.files, "file"),
            is_others,
            ..PreservedFormPage::new(&self)
        };
        Ok(page.saying(
            StatusCode::OK,
            "You are signed in again",
            "What you wrote is below: look it over, and send it.",
        ))
    }
}

impl FromRequest for PreservedForm {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::of_carried(request))
    }
}

/// Whether a field holds what only the person may know, by its name; a test holds every page to that.
pub fn is_secret_field(name: &str) -> bool {
    let name = name.to_lowercase();
    ["password", "secret", "token"].iter().any(|word| name.contains(word))
}

/// Whether a field carries what only the site needs, by its name; a test holds every page to that.
pub fn is_unseen_field(name: &str) -> bool {
    ["next", "question", "submitted_at", "week"].contains(&name)
}

/// Whether a person may have written `value`, rather than chosen it.
fn is_written(value: &str) -> bool {
    let is_id = value.len() == 36 && value.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
    value.chars().any(char::is_alphabetic) && !value.starts_with('/') && !is_id
}

/// The name of a field in words.
fn label(name: &str) -> String {
    let name = name.trim_start_matches(FIELD).replace(['-', '_', '.'], " ");
    let mut letters = name.trim().chars();
    letters.next().map_or_else(|| "Text".to_owned(), |first| first.to_uppercase().chain(letters).collect())
}

/// `preserved-form.html`
#[derive(Debug, Serialize)]
pub struct PreservedFormPage {
    /// The HTTP status.
    pub status: u16,
    /// What happened.
    pub title: String,
    /// What to do.
    pub detail: String,
    /// What was being sent.
    pub what: String,
    /// Where the page's form goes.
    pub action: String,
    /// Whether it is sent as one with files.
    pub is_multipart: bool,
    /// The address to sign in with, when signing in comes first.
    pub sign_in: Option<Field>,
    /// Whether somebody else is signed in than the one who wrote it.
    pub is_others: bool,
    /// What was written.
    pub texts: Vec<KeptText>,
    /// What was chosen, in words.
    pub choices: Vec<String>,
    /// Fields that are not shown.
    pub hidden: Vec<HiddenField>,
    /// Passwords to be typed again.
    pub secrets: Vec<KeptInput>,
    /// Files to be chosen again.
    pub files: Vec<KeptInput>,
}

/// A text that was written.
#[derive(Debug, Serialize)]
pub struct KeptText {
    /// The id of its control.
    pub id: String,
    /// The name of its field.
    pub name: String,
    /// That in words.
    pub label: String,
    /// The text.
    pub value: String,
    /// How many lines it takes; one for a text without a line break.
    pub rows: usize,
}

/// A field that is carried along unseen.
#[derive(Debug, Serialize)]
pub struct HiddenField {
    /// The name of the field.
    pub name: String,
    /// What it holds.
    pub value: String,
}

/// A field that has to be filled in again.
#[derive(Debug, Serialize)]
pub struct KeptInput {
    /// The id of its control.
    pub id: String,
    /// The name of the field.
    pub name: String,
    /// That in words.
    pub label: String,
}

impl PreservedFormPage {
    fn new(preserved: &PreservedForm) -> Self {
        let (mut texts, mut choices, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        for (name, value) in &preserved.fields {
            let is_own = name.starts_with("preserved.") && !name.starts_with(FIELD);
            let is_unseen = is_own || is_unseen_field(name.strip_prefix(FIELD).unwrap_or(name));
            if is_written(value) && !is_unseen {
                let id = format!("preserved-{}", texts.len());
                let lines = value.lines().map(|line| 1 + line.chars().count() / 80).sum::<usize>();
                let is_long = value.contains('\n') || value.chars().count() > 60;
                let rows = if is_long { lines.clamp(3, 14) } else { 1 };
                texts.push(KeptText { id, name: name.clone(), label: label(name), value: value.clone(), rows });
            } else {
                choices.extend((!value.is_empty() && !is_unseen).then(|| format!("{}: {value}", label(name))));
                hidden.push(HiddenField { name: name.clone(), value: value.clone() });
            }
        }
        hidden.extend(
            preserved.writer.as_ref().map(|writer| HiddenField { name: WRITER.to_owned(), value: writer.clone() }),
        );
        Self {
            status: 200,
            title: String::new(),
            detail: String::new(),
            what: preserved.what.clone(),
            action: preserved.to.clone(),
            is_multipart: false,
            sign_in: None,
            is_others: false,
            texts,
            choices,
            hidden,
            secrets: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The same page with what happened and what to do.
    pub fn saying(self, status: StatusCode, title: &str, detail: &str) -> Self {
        Self { status: status.as_u16(), title: title.to_owned(), detail: detail.to_owned(), ..self }
    }
}

impl View for PreservedFormPage {
    const TEMPLATE: &'static str = "preserved-form.html";

    fn samples() -> Vec<Self> {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let preserved = PreservedForm {
            to: "/review/1/decide".to_owned(),
            what: "Your decision on an entry".to_owned(),
            is_multipart: false,
            fields: vec![field("reason", "Two lines\nof it"), field("verdict", "reject"), field("points", "3")],
            secrets: vec!["new_password".to_owned()],
            files: vec!["file".to_owned()],
            writer: None,
        };
        let send = |is_others| Self {
            is_others,
            secrets: vec![KeptInput { id: "s".to_owned(), name: "new_password".to_owned(), label: "New".to_owned() }],
            files: vec![KeptInput { id: "f".to_owned(), name: "file".to_owned(), label: "File".to_owned() }],
            is_multipart: is_others,
            ..Self::new(&preserved).saying(StatusCode::FORBIDDEN, "This form has expired", "Send it again.")
        };
        let wrong = Field::new("ada@example.org").refused("This address and password do not belong together.");
        vec![
            preserved.clone().sign_in_page(Field::default()),
            preserved.clone().sign_in_page(wrong),
            send(false),
            send(true),
            Self::new(&PreservedForm::default()),
        ]
    }
}

/// A page that holds a form, with the cookies of whoever just signed in.
#[derive(Debug)]
pub struct PreservedFormReply {
    /// The page.
    pub page: PreservedFormPage,
    /// Cookies to set.
    pub cookies: Vec<SetCookie>,
}

impl Responder for PreservedFormReply {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.page.status).unwrap_or(StatusCode::OK);
        let rendered = page::render(request, &self.page).and_then(|mut rendered| {
            let policy = Site::of(request)?.cookies;
            rendered.cookies.extend(self.cookies.iter().map(|cookie| policy.build(cookie)));
            Ok(rendered)
        });
        match rendered {
            Ok(rendered) => rendered.respond_private(status),
            Err(fault) => fault.error_response(),
        }
    }
}
