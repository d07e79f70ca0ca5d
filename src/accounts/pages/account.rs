//! `/account`

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

use crate::accounts::guards::Learner;
use crate::accounts::{
    Accounts, ChangePasswordError, PASSWORD_CHARACTERS, Person, Stay, find_name_fault, find_password_fault,
};
use crate::view::View;
use crate::web::{Field, Form, NoFields, Redirect, Reply, WebError, cookies};

/// `accounts/account.html`
#[derive(Debug, Serialize)]
pub struct AccountPage {
    /// The address.
    pub email: String,
    /// The role.
    pub role: &'static str,
    /// When they signed up.
    pub created_at: jiff::Timestamp,
    /// The name.
    pub name: Field,
    /// The present password, never given back.
    pub present: Field,
    /// The new password, never given back.
    pub chosen: Field,
    /// The fewest characters of a password.
    pub password_characters: usize,
    /// The devices they are signed in on.
    pub stays: Vec<Stay>,
}

impl View for AccountPage {
    const TEMPLATE: &'static str = "accounts/account.html";

    fn samples() -> Vec<Self> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let stay = |is_current| Stay { is_current, started_at: at, last_seen_at: at };
        let page = |stays| Self {
            email: "ada@example.org".to_owned(),
            role: "learner",
            created_at: at,
            name: Field::new("Ada Quist"),
            present: Field::default(),
            chosen: Field::default(),
            password_characters: PASSWORD_CHARACTERS,
            stays,
        };
        let mut refused = page(vec![stay(true), stay(false)]);
        refused.name = Field::new("").refused("Please tell us the name you go by.");
        refused.present = Field::new("").refused(WRONG_PRESENT);
        refused.chosen = Field::new("").refused("Please use 12 characters or more.");
        vec![page(vec![stay(true)]), refused]
    }
}

const WRONG_PRESENT: &str = "This is not your present password.";

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
    if let Some(fault) = find_name_fault(&form.0.name) {
        let name = Field::new(form.0.name).refused(fault);
        return Ok(Reply::Invalid(AccountPage { name, ..page(&accounts, &learner.0, &request).await? }));
    }
    accounts.rename(&learner.0.id, &form.0.name).await?;
    Ok(Reply::SeeOther(Redirect::to("/account").success("Your name is changed.")))
}

/// What the form for the password sends.
#[derive(Debug, Deserialize)]
pub struct PasswordForm {
    present: String,
    chosen: String,
}

/// `POST /account/password`
pub async fn change_password(
    accounts: web::Data<Accounts>,
    learner: Learner,
    request: HttpRequest,
    form: Form<PasswordForm>,
) -> Result<Reply<AccountPage>, WebError> {
    let person = &learner.0;
    if let Some(fault) = find_password_fault(&form.0.chosen, &[&person.name, &person.email]) {
        let chosen = Field::new("").refused(fault);
        return Ok(Reply::Invalid(AccountPage { chosen, ..page(&accounts, person, &request).await? }));
    }
    let token = session_token(&request);
    match accounts.change_password(&person.id, &token, (&form.0.present, &form.0.chosen)).await {
        Ok(()) => Ok(Reply::SeeOther(
            Redirect::to("/account").success("Your password is changed, and every other device is signed out."),
        )),
        Err(ChangePasswordError::Wrong) => {
            let present = Field::new("").refused(WRONG_PRESENT);
            Ok(Reply::Invalid(AccountPage { present, ..page(&accounts, person, &request).await? }))
        }
        Err(ChangePasswordError::Fault(fault)) => Err(fault.into()),
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

async fn page(accounts: &Accounts, person: &Person, request: &HttpRequest) -> Result<AccountPage, WebError> {
    Ok(AccountPage {
        email: person.email.clone(),
        role: person.role.as_str(),
        created_at: person.created_at,
        name: Field::new(&person.name),
        present: Field::default(),
        chosen: Field::default(),
        password_characters: PASSWORD_CHARACTERS,
        stays: accounts.list_stays(&person.id, &session_token(request)).await?,
    })
}

fn session_token(request: &HttpRequest) -> String {
    cookies::read(request, cookies::SESSION).unwrap_or_default()
}
