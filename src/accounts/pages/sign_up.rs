//! `/sign-up`

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

use super::throttle::Throttle;
use super::verify::browser;
use crate::accounts::guards::Visitor;
use crate::accounts::{Accounts, MIN_PASSWORD_CHARS, NewPerson, SignUpFaults};
use crate::view::View;
use crate::web::{Field, Form, Reply, Site, WebError};

/// `accounts/sign-up.html`
#[derive(Debug, Serialize)]
pub struct SignUpPage {
    /// The fields.
    pub form: SignUpFields,
    /// The fewest characters of a password.
    pub password_characters: usize,
    /// Where the mail went, once the form was taken.
    pub sent_to: Option<String>,
}

/// The fields of a sign-up as shown again.
#[derive(Debug, Default, Serialize)]
pub struct SignUpFields {
    /// The name.
    pub name: Field,
    /// The address.
    pub email: Field,
    /// The password, never given back.
    pub password: Field,
}

impl SignUpFields {
    pub(super) fn refused(name: &str, email: &str, faults: SignUpFaults) -> Self {
        let field = |value: &str, error| Field { value: value.to_owned(), error };
        Self { name: field(name, faults.name), email: field(email, faults.email), password: field("", faults.password) }
    }
}

impl SignUpPage {
    fn new(form: SignUpFields) -> Self {
        Self { form, password_characters: MIN_PASSWORD_CHARS, sent_to: None }
    }
}

impl View for SignUpPage {
    const TEMPLATE: &'static str = "accounts/sign-up.html";

    fn samples() -> Vec<Self> {
        let faults = NewPerson::parse("", "nobody", "short", "").err().unwrap_or_default();
        vec![
            Self::new(SignUpFields::default()),
            Self::new(SignUpFields::refused("", "nobody", faults)),
            Self { sent_to: Some("ada@example.org".to_owned()), ..Self::new(SignUpFields::default()) },
        ]
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct SignUpForm {
    name: String,
    email: String,
    password: String,
}

/// `GET /sign-up`
pub async fn sign_up_form(visitor: Visitor) -> Reply<SignUpPage> {
    match visitor.0 {
        Some(_signed_in) => Reply::see_other("/"),
        None => Reply::Page(SignUpPage::new(SignUpFields::default())),
    }
}

/// `POST /sign-up`
pub async fn sign_up(
    accounts: web::Data<Accounts>,
    site: web::Data<Site>,
    throttle: Throttle,
    request: HttpRequest,
    form: Form<SignUpForm>,
) -> Result<Reply<SignUpPage>, WebError> {
    let form = form.0;
    let new = match NewPerson::parse(&form.name, &form.email, &form.password, &site.own_words()) {
        Ok(new) => new,
        Err(faults) => {
            return Ok(Reply::Invalid(SignUpPage::new(SignUpFields::refused(&form.name, &form.email, faults))));
        }
    };
    throttle.sign_up(&new.email).await?;
    accounts.sign_up(&new, browser(&request).as_deref()).await?;
    let sent_to = Some(new.email.as_str().to_owned());
    Ok(Reply::Page(SignUpPage { sent_to, ..SignUpPage::new(SignUpFields::default()) }))
}
