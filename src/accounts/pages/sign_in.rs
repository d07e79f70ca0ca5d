//! `/sign-in`

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

use super::session::{session_cookie, signed_in};
use super::throttle::Throttle;
use super::verify::browser;
use crate::accounts::guards::{Visitor, enter};
use crate::accounts::{Accounts, SignInError};
use crate::view::View;
use crate::web::{Field, Form, PreservedForm, PreservedFormReply, Query, Reply, WebError, cookies, local_path};

/// `accounts/sign-in.html`
#[derive(Debug, Default, Serialize)]
pub struct SignInPage {
    /// The address typed, and what is wrong.
    pub email: Field,
    /// Where to go afterwards.
    pub next: String,
    /// Whether the session of this browser's cookie has ended.
    pub was_signed_out: bool,
    /// Whether the password is that of a sign-up whose link was not followed yet.
    pub is_unverified: bool,
}

impl View for SignInPage {
    const TEMPLATE: &'static str = "accounts/sign-in.html";

    fn samples() -> Vec<Self> {
        let next = "/labs".to_owned();
        vec![
            Self::default(),
            Self { was_signed_out: true, next: next.clone(), ..Self::default() },
            Self { email: Field::new("ada@example.org").refused(WRONG), next: next.clone(), ..Self::default() },
            Self { email: Field::new("ada@example.org"), is_unverified: true, next, ..Self::default() },
        ]
    }
}

const WRONG: &str =
    "This address and password do not belong together. Check both, or follow \u{201c}Forgotten your password?\u{201d}.";

const UNVERIFIED: &str = "This address is not verified yet. Follow the link in the mail we sent, and come back here.";

/// What the address may name.
#[derive(Debug, Deserialize)]
pub struct SignInQuery {
    #[serde(default)]
    next: String,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`
pub async fn sign_in_form(visitor: Visitor, query: Query<SignInQuery>, request: HttpRequest) -> Reply<SignInPage> {
    if visitor.0.is_some() {
        return Reply::see_other(local_path(&query.next));
    }
    let was_signed_out = cookies::read(&request, cookies::SESSION).is_some();
    Reply::Page(SignInPage { next: query.next.clone(), was_signed_out, ..SignInPage::default() })
}

/// `POST /sign-in`
pub async fn sign_in(
    accounts: web::Data<Accounts>,
    throttle: Throttle,
    request: HttpRequest,
    form: Form<SignInForm>,
) -> Result<Reply<SignInPage>, WebError> {
    let form = form.0;
    throttle.sign_in(&form.email).await?;
    match accounts.sign_in(&form.email, &form.password, browser(&request).as_deref()).await {
        Ok(token) => Ok(Reply::SeeOther(signed_in(token, &form.next))),
        Err(SignInError::Wrong) => Ok(Reply::Invalid(SignInPage {
            email: Field::new(form.email).refused(WRONG),
            next: form.next,
            ..SignInPage::default()
        })),
        Err(SignInError::Unverified) => Ok(Reply::Invalid(SignInPage {
            email: Field::new(form.email),
            next: form.next,
            is_unverified: true,
            ..SignInPage::default()
        })),
        Err(SignInError::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /sign-in/in-place`: signs in on the page that holds a form which was refused, and goes on holding it.
pub async fn sign_in_in_place(
    accounts: web::Data<Accounts>,
    throttle: Throttle,
    form: Form<SignInForm>,
    kept: PreservedForm,
    request: HttpRequest,
) -> Result<PreservedFormReply, WebError> {
    let form = form.0;
    throttle.sign_in(&form.email).await?;
    let refused = |fault: &str| Field::new(&*form.email).refused(fault);
    let (page, cookies) = match accounts.sign_in(&form.email, &form.password, browser(&request).as_deref()).await {
        Ok(token) => {
            if let Some(person) = accounts.find_signed_in(&token).await? {
                enter(&request, person);
            }
            (kept.send_page(&request)?, vec![session_cookie(token)])
        }
        Err(SignInError::Wrong) => (kept.sign_in_page(refused(WRONG)), Vec::new()),
        Err(SignInError::Unverified) => (kept.sign_in_page(refused(UNVERIFIED)), Vec::new()),
        Err(SignInError::Fault(fault)) => return Err(fault.into()),
    };
    Ok(PreservedFormReply { page, cookies })
}
