//! `/recover` and `/recover/{token}`

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

use super::session::signed_in;
use super::throttle::Throttle;
use super::verify::{browser, refusal_state};
use crate::accounts::{
    Accounts, Email, InvalidEmail, LinkError, LinkPurpose, LinkRefusal, MIN_PASSWORD_CHARS, ResetError,
};
use crate::view::View;
use crate::web::{Field, Form, Reply, Site, WebError};

/// `accounts/recover.html`
#[derive(Debug, Default, Serialize)]
pub struct RecoverPage {
    /// The address typed.
    pub email: Field,
    /// Where a mail went, if somebody has the address.
    pub sent_to: Option<String>,
}

impl View for RecoverPage {
    const TEMPLATE: &'static str = "accounts/recover.html";

    fn samples() -> Vec<Self> {
        vec![
            Self::default(),
            Self { email: Field::new("nobody").refused(InvalidEmail::Malformed.to_string()), sent_to: None },
            Self { email: Field::default(), sent_to: Some("ada@example.org".to_owned()) },
        ]
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct RecoverForm {
    email: String,
}

/// `GET /recover`
pub async fn recover_form() -> Reply<RecoverPage> {
    Reply::Page(RecoverPage::default())
}

/// `POST /recover`
pub async fn recover(
    accounts: web::Data<Accounts>,
    throttle: Throttle,
    request: HttpRequest,
    form: Form<RecoverForm>,
) -> Result<Reply<RecoverPage>, WebError> {
    let email = match Email::parse(&form.0.email) {
        Ok(email) => email,
        Err(reason) => {
            let email = Field::new(form.0.email).refused(reason.to_string());
            return Ok(Reply::Invalid(RecoverPage { email, sent_to: None }));
        }
    };
    throttle.mail(&email).await?;
    accounts.request_recovery(&email, browser(&request).as_deref()).await?;
    Ok(Reply::Page(RecoverPage { email: Field::default(), sent_to: Some(email.as_str().to_owned()) }))
}

/// `accounts/reset.html`
#[derive(Debug, Serialize)]
pub struct ResetPage {
    /// `ready`, `unknown`, `used` or `expired`.
    pub state: &'static str,
    /// The link's token.
    pub token: String,
    /// The password, never given back.
    pub password: Field,
    /// The fewest characters of a password.
    pub password_characters: usize,
}

impl ResetPage {
    fn new(state: &'static str, token: &str) -> Self {
        Self { state, token: token.to_owned(), password: Field::default(), password_characters: MIN_PASSWORD_CHARS }
    }

    fn refused(refusal: LinkRefusal, token: &str) -> Self {
        Self::new(refusal_state(refusal), token)
    }
}

impl View for ResetPage {
    const TEMPLATE: &'static str = "accounts/reset.html";

    fn samples() -> Vec<Self> {
        let mut samples: Vec<Self> =
            ["ready", "unknown", "used", "expired"].into_iter().map(|state| Self::new(state, "token")).collect();
        samples.push(Self {
            password: Field::new("").refused("Please use 12 characters or more."),
            ..Self::new("ready", "t")
        });
        samples
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct ResetForm {
    password: String,
}

/// `GET /recover/{token}`
pub async fn reset_form(accounts: web::Data<Accounts>, token: web::Path<String>) -> Result<Reply<ResetPage>, WebError> {
    match accounts.check_link(&token, LinkPurpose::Recover).await {
        Ok(()) => Ok(Reply::Page(ResetPage::new("ready", &token))),
        Err(LinkError::Refused(refusal)) => Ok(Reply::Invalid(ResetPage::refused(refusal, &token))),
        Err(LinkError::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /recover/{token}`
pub async fn reset(
    accounts: web::Data<Accounts>,
    site: web::Data<Site>,
    token: web::Path<String>,
    form: Form<ResetForm>,
) -> Result<Reply<ResetPage>, WebError> {
    match accounts.reset_password(&token, &form.0.password, &site.own_words()).await {
        Ok(session) => Ok(Reply::SeeOther(
            signed_in(session, "/").success("Your new password is set, and every other device is signed out."),
        )),
        Err(ResetError::Refused(refusal)) => Ok(Reply::Invalid(ResetPage::refused(refusal, &token))),
        Err(ResetError::Weak(fault)) => {
            let password = Field::new("").refused(fault);
            Ok(Reply::Invalid(ResetPage { password, ..ResetPage::new("ready", &token) }))
        }
        Err(ResetError::Fault(fault)) => Err(fault.into()),
    }
}
