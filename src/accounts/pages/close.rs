//! `/account/close`: what closing an account means, and doing it.

use actix_web::web;
use serde::{Deserialize, Serialize};

use super::account::WRONG_CURRENT;
use super::throttle::Throttle;
use crate::accounts::guards::Learner;
use crate::accounts::{Accounts, CloseError};
use crate::view::View;
use crate::web::{Field, Form, Redirect, Reply, SetCookie, WebError, cookies};

/// `accounts/close.html`
#[derive(Debug, Default, Serialize)]
pub struct ClosePage {
    /// The address.
    pub email: String,
    /// The password, never given back.
    pub password: Field,
    /// Whether the person is the only admin, whose account cannot be closed.
    pub is_last_admin: bool,
}

impl View for ClosePage {
    const TEMPLATE: &'static str = "accounts/close.html";

    fn samples() -> Vec<Self> {
        let page = || Self { email: "ada@example.org".to_owned(), ..Self::default() };
        vec![
            page(),
            Self { password: Field::new("").refused(WRONG_CURRENT), ..page() },
            Self { is_last_admin: true, ..page() },
        ]
    }
}

/// `GET /account/close`
pub async fn close_form(learner: Learner) -> Reply<ClosePage> {
    Reply::Page(ClosePage { email: learner.0.email, ..ClosePage::default() })
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct CloseForm {
    password: String,
}

/// `POST /account/close`
pub async fn close(
    accounts: web::Data<Accounts>,
    learner: Learner,
    throttle: Throttle,
    form: Form<CloseForm>,
) -> Result<Reply<ClosePage>, WebError> {
    let (person, email) = (&learner.0.id, learner.0.email.clone());
    throttle.password(person).await?;
    match accounts.close(person, &form.0.password).await {
        Ok(()) => Ok(Reply::SeeOther(
            Redirect::to("/")
                .success("Your account is closed. Thank you for having been with us.")
                .cookie(SetCookie::removal(cookies::SESSION)),
        )),
        Err(CloseError::WrongPassword) => {
            let password = Field::new("").refused(WRONG_CURRENT);
            Ok(Reply::Invalid(ClosePage { email, password, ..ClosePage::default() }))
        }
        Err(CloseError::LastAdmin) => {
            Ok(Reply::Invalid(ClosePage { email, is_last_admin: true, ..ClosePage::default() }))
        }
        Err(CloseError::Unknown) => Err(WebError::SignIn),
        Err(CloseError::Fault(fault)) => Err(fault.into()),
    }
}
