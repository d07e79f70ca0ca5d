//! `/first-admin/{token}`

use actix_web::web;
use serde::{Deserialize, Serialize};

use super::session::signed_in;
use super::sign_up::SignUpFields;
use super::verify::refusal_state;
use crate::accounts::{Accounts, LinkError, LinkPurpose, MIN_PASSWORD_CHARS, NewPerson, SignUpFaults};
use crate::view::View;
use crate::web::{Form, Reply, Site, WebError};

/// `accounts/first-admin.html`
#[derive(Debug, Serialize)]
pub struct FirstAdminPage {
    /// `ready`, `unknown`, `used` or `expired`.
    pub state: &'static str,
    /// The link's token.
    pub token: String,
    /// The fields.
    pub form: SignUpFields,
    /// The fewest characters of a password.
    pub password_characters: usize,
}

impl FirstAdminPage {
    fn new(state: &'static str, token: &str) -> Self {
        let token = token.to_owned();
        Self { state, token, form: SignUpFields::default(), password_characters: MIN_PASSWORD_CHARS }
    }
}

impl View for FirstAdminPage {
    const TEMPLATE: &'static str = "accounts/first-admin.html";

    fn samples() -> Vec<Self> {
        ["ready", "unknown", "used", "expired"].into_iter().map(|state| Self::new(state, "token")).collect()
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct FirstAdminForm {
    name: String,
    email: String,
    password: String,
}

/// `GET /first-admin/{token}`
pub async fn first_admin_form(
    accounts: web::Data<Accounts>,
    token: web::Path<String>,
) -> Result<Reply<FirstAdminPage>, WebError> {
    match accounts.check_link(&token, LinkPurpose::FirstAdmin).await {
        Ok(()) => Ok(Reply::Page(FirstAdminPage::new("ready", &token))),
        Err(LinkError::Refused(refusal)) => Ok(Reply::Invalid(FirstAdminPage::new(refusal_state(refusal), &token))),
        Err(LinkError::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /first-admin/{token}`
pub async fn first_admin(
    accounts: web::Data<Accounts>,
    site: web::Data<Site>,
    token: web::Path<String>,
    form: Form<FirstAdminForm>,
) -> Result<Reply<FirstAdminPage>, WebError> {
    let FirstAdminForm { name, email, password } = form.0;
    let refuse = |faults: SignUpFaults| FirstAdminPage {
        form: SignUpFields::refused(&name, &email, faults),
        ..FirstAdminPage::new("ready", &token)
    };
    let new = match NewPerson::parse(&name, &email, &password, &site.own_words()) {
        Ok(new) => new,
        Err(faults) => return Ok(Reply::Invalid(refuse(faults))),
    };
    match accounts.claim_first_admin(&token, &new).await {
        Ok(Some(session)) => {
            Ok(Reply::SeeOther(signed_in(session, "/admin").success("You are the first admin of this installation.")))
        }
        Ok(None) => {
            let email = Some(
                "A learner has this address. Sign up with another, or change the role with the \
                              command `seaworthy user set-role`."
                    .to_owned(),
            );
            Ok(Reply::Invalid(refuse(SignUpFaults { email, ..SignUpFaults::default() })))
        }
        Err(LinkError::Refused(refusal)) => Ok(Reply::Invalid(FirstAdminPage::new(refusal_state(refusal), &token))),
        Err(LinkError::Fault(fault)) => Err(fault.into()),
    }
}
