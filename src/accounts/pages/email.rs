//! `/account/email` and `/account/email/{token}`: another address for an account.

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

use super::account::{AccountPage, WRONG_CURRENT, page};
use super::throttle::Throttle;
use super::verify::refusal_state;
use crate::accounts::guards::Learner;
use crate::accounts::{Accounts, Email, LinkError, PasswordError};
use crate::view::View;
use crate::web::{Field, Form, NoFields, Redirect, Reply, WebError};

/// What the form for another address sends.
#[derive(Debug, Deserialize)]
pub struct EmailForm {
    email: String,
    password: String,
}

/// `POST /account/email`
pub async fn request_email_change(
    accounts: web::Data<Accounts>,
    learner: Learner,
    throttle: Throttle,
    request: HttpRequest,
    form: Form<EmailForm>,
) -> Result<Reply<AccountPage>, WebError> {
    let (person, EmailForm { email: typed, password }) = (&learner.0, form.0);
    let refused = async |email, email_password| {
        let page = page(&accounts, person, &request).await?;
        Ok(Reply::Invalid(AccountPage { email, email_password, ..page }))
    };
    let new = match Email::parse(&typed) {
        Ok(new) if new.as_str() == person.email => {
            return refused(Field::new(typed).refused("That is your address already."), Field::default()).await;
        }
        Ok(new) => new,
        Err(reason) => return refused(Field::new(typed).refused(reason.to_string()), Field::default()).await,
    };
    throttle.password(&person.id).await?;
    throttle.mail(&new).await?;
    match accounts.request_email_change(&person.id, &password, &new).await {
        Ok(()) => {
            let message = format!("We've sent a link to {new}. Your address changes once you follow it, within a day.");
            Ok(Reply::SeeOther(Redirect::to("/account").success(message)))
        }
        Err(PasswordError::Wrong) => refused(Field::new(typed), Field::new("").refused(WRONG_CURRENT)).await,
        Err(PasswordError::Fault(fault)) => Err(fault.into()),
    }
}

/// `accounts/change-email.html`
#[derive(Debug, Serialize)]
pub struct ChangeEmailPage {
    /// `ready`, `unknown`, `used`, `expired` or `taken`.
    pub state: &'static str,
    /// The link's token.
    pub token: String,
    /// The address that the account has.
    pub old: String,
    /// The address that it is to have.
    pub new: String,
}

impl ChangeEmailPage {
    fn new(state: &'static str, token: &str) -> Self {
        Self { state, token: token.to_owned(), old: String::new(), new: String::new() }
    }
}

impl View for ChangeEmailPage {
    const TEMPLATE: &'static str = "accounts/change-email.html";

    fn samples() -> Vec<Self> {
        let mut samples: Vec<Self> =
            ["unknown", "used", "expired", "taken"].into_iter().map(|state| Self::new(state, "token")).collect();
        let (old, new) = ("ada@example.org".to_owned(), "ada@new.example.org".to_owned());
        samples.push(Self { old, new, ..Self::new("ready", "token") });
        samples
    }
}

/// `GET /account/email/{token}`
pub async fn change_email_form(
    accounts: web::Data<Accounts>,
    token: web::Path<String>,
) -> Result<Reply<ChangeEmailPage>, WebError> {
    match accounts.find_email_change(&token).await {
        Ok((old, new)) => Ok(Reply::Page(ChangeEmailPage { old, new, ..ChangeEmailPage::new("ready", &token) })),
        Err(LinkError::Refused(refusal)) => Ok(Reply::Invalid(ChangeEmailPage::new(refusal_state(refusal), &token))),
        Err(LinkError::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /account/email/{token}`
pub async fn change_email(
    accounts: web::Data<Accounts>,
    token: web::Path<String>,
    _form: Form<NoFields>,
) -> Result<Reply<ChangeEmailPage>, WebError> {
    match accounts.change_email(&token).await {
        Ok(new) => Ok(Reply::SeeOther(Redirect::to("/account").success(format!("Your address is {new} now.")))),
        Err(LinkError::Refused(refusal)) => Ok(Reply::Invalid(ChangeEmailPage::new(refusal_state(refusal), &token))),
        Err(LinkError::Fault(fault)) => Err(fault.into()),
    }
}
