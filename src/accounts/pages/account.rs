//! `/account`

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

use super::throttle::Throttle;
use crate::accounts::guards::Learner;
use crate::accounts::{
    Accounts, ChangedPassword, MIN_PASSWORD_CHARS, PasswordError, Person, Session, find_password_fault, parse_name,
};
use crate::view::View;
use crate::web::{Field, Form, NoFields, Redirect, Reply, Site, WebError, cookies};

/// `accounts/account.html`
#[derive(Debug, Serialize)]
pub struct AccountPage {
    /// The address that they have.
    pub address: String,
    /// The address that they want.
    pub email: Field,
    /// The password for that, never given back.
    pub email_password: Field,
    /// The role.
    pub role: &'static str,
    /// When they signed up.
    pub created_at: jiff::Timestamp,
    /// The name.
    pub name: Field,
    /// The current password, never given back.
    pub current: Field,
    /// The new password, never given back.
    pub new: Field,
    /// The fewest characters of a password.
    pub password_characters: usize,
    /// The devices they are signed in on.
    pub sessions: Vec<Session>,
}

impl View for AccountPage {
    const TEMPLATE: &'static str = "accounts/account.html";

    fn samples() -> Vec<Self> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let session = |is_current| Session { is_current, started_at: at, last_seen_at: at };
        let page = |sessions| Self {
            address: "ada@example.org".to_owned(),
            email: Field::default(),
            email_password: Field::default(),
            role: "learner",
            created_at: at,
            name: Field::new("Ada Quist"),
            current: Field::default(),
            new: Field::default(),
            password_characters: MIN_PASSWORD_CHARS,
            sessions,
        };
        let mut refused = page(vec![session(true), session(false)]);
        refused.name = Field::new("").refused("Please tell us the name you go by.");
        refused.current = Field::new("").refused(WRONG_CURRENT);
        refused.email = Field::new("ada").refused("Please type an address such as ada@example.org.");
        refused.email_password = Field::new("").refused(WRONG_CURRENT);
        refused.new = Field::new("").refused("Please use 12 characters or more.");
        vec![page(vec![session(true)]), refused]
    }
}

pub(super) const WRONG_CURRENT: &str = "This is not your current password.";

/// `GET /account`
pub async fn account(
    accounts: web::Data<Accounts>,
    learner: Learner,
    request: HttpRequest,
) -> Result<Reply<AccountPage>, WebError> {
    Ok(Reply::Page(page(&accounts, &learner.0, &request).await?))
}

/// What the form for the name sends.
#[derive(Debug, Deserialize)]
pub struct NameForm {
    name: String,
}

/// `POST /account/name`
pub async fn change_name(
    accounts: web::Data<Accounts>,
    learner: Learner,
    request: HttpRequest,
    form: Form<NameForm>,
) -> Result<Reply<AccountPage>, WebError> {
    let name = match parse_name(&form.0.name) {
        Ok(name) => name,
        Err(fault) => {
            let name = Field::new(form.0.name).refused(fault);
            return Ok(Reply::Invalid(AccountPage { name, ..page(&accounts, &learner.0, &request).await? }));
        }
    };
    accounts.rename(&learner.0.id, &name).await?;
    Ok(Reply::SeeOther(Redirect::to("/account").success("Your name is changed.")))
}

/// What the form for the password sends.
#[derive(Debug, Deserialize)]
pub struct PasswordForm {
    current_password: String,
    new_password: String,
}

/// `POST /account/password`
pub async fn change_password(
    accounts: web::Data<Accounts>,
    learner: Learner,
    throttle: Throttle,
    request: HttpRequest,
    form: Form<PasswordForm>,
) -> Result<Reply<AccountPage>, WebError> {
    let (person, form) = (&learner.0, form.0);
    let site = Site::of(&request)?;
    if let Some(fault) = find_password_fault(&form.new_password, &[&person.name, &person.email, &site.own_words()]) {
        let new = Field::new("").refused(fault);
        return Ok(Reply::Invalid(AccountPage { new, ..page(&accounts, person, &request).await? }));
    }
    throttle.password(&person.id).await?;
    let token = session_token(&request);
    let password = ChangedPassword { current: &form.current_password, new: &form.new_password };
    match accounts.change_password(&person.id, &token, password).await {
        Ok(()) => Ok(Reply::SeeOther(
            Redirect::to("/account").success("Your password is changed, and every other device is signed out."),
        )),
        Err(PasswordError::Wrong) => {
            let current = Field::new("").refused(WRONG_CURRENT);
            Ok(Reply::Invalid(AccountPage { current, ..page(&accounts, person, &request).await? }))
        }
        Err(PasswordError::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /account/sign-out-others`
pub async fn sign_out_others(
    accounts: web::Data<Accounts>,
    learner: Learner,
    request: HttpRequest,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    accounts.sign_out_others(&learner.0.id, &session_token(&request)).await?;
    Ok(Redirect::to("/account").success("Every other device is signed out."))
}

pub(super) async fn page(accounts: &Accounts, person: &Person, request: &HttpRequest) -> Result<AccountPage, WebError> {
    Ok(AccountPage {
        address: person.email.clone(),
        email: Field::default(),
        email_password: Field::default(),
        role: person.role.as_str(),
        created_at: person.created_at,
        name: Field::new(&person.name),
        current: Field::default(),
        new: Field::default(),
        password_characters: MIN_PASSWORD_CHARS,
        sessions: accounts.list_sessions(&person.id, &session_token(request)).await?,
    })
}

fn session_token(request: &HttpRequest) -> String {
    cookies::read(request, cookies::SESSION).unwrap_or_default()
}
