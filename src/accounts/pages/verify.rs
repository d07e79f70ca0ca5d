//! `/verify/{token}`: a page with a button, since programs that scan mail follow links.

use actix_web::web;
use serde::{Deserialize, Serialize};

use super::session::signed_in;
use super::throttle::Throttle;
use crate::accounts::{Accounts, Email, LinkError, LinkPurpose, LinkRefusal};
use crate::view::View;
use crate::web::{Field, Form, NoFields, Redirect, Reply, WebError};

/// `accounts/verify.html`
#[derive(Debug, Serialize)]
pub struct VerifyPage {
    /// `ready`, `unknown`, `used`, `expired`, `resend` or `sent`.
    pub state: &'static str,
    /// The link's token, for the button.
    pub token: String,
    /// The address for a new link.
    pub email: Field,
}

impl View for VerifyPage {
    const TEMPLATE: &'static str = "accounts/verify.html";

    fn samples() -> Vec<Self> {
        ["ready", "unknown", "used", "expired", "resend", "sent"]
            .into_iter()
            .map(|state| Self::new(state, "token"))
            .collect()
    }
}

impl VerifyPage {
    fn new(state: &'static str, token: &str) -> Self {
        Self { state, token: token.to_owned(), email: Field::default() }
    }
}

/// The word under which a template knows why a link does not work.
pub(super) fn refusal_state(refusal: LinkRefusal) -> &'static str {
    match refusal {
        LinkRefusal::Unknown => "unknown",
        LinkRefusal::Used => "used",
        LinkRefusal::Expired => "expired",
    }
}

/// `GET /verify/{token}`
pub async fn verify_form(
    accounts: web::Data<Accounts>,
    token: web::Path<String>,
) -> Result<Reply<VerifyPage>, WebError> {
    match accounts.check_link(&token, LinkPurpose::Verify).await {
        Ok(()) => Ok(Reply::Page(VerifyPage::new("ready", &token))),
        Err(LinkError::Refused(refusal)) => Ok(Reply::Invalid(VerifyPage::new(refusal_state(refusal), &token))),
        Err(LinkError::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /verify/{token}`
pub async fn verify(
    accounts: web::Data<Accounts>,
    token: web::Path<String>,
    _form: Form<NoFields>,
) -> Result<Reply<VerifyPage>, WebError> {
    match accounts.verify(&token).await {
        Ok(session) => Ok(Reply::SeeOther(
            signed_in(session, "/").success("Your address is verified, and you are signed in. Welcome aboard."),
        )),
        Err(LinkError::Refused(refusal)) => Ok(Reply::Invalid(VerifyPage::new(refusal_state(refusal), &token))),
        Err(LinkError::Fault(fault)) => Err(fault.into()),
    }
}

/// What the form for a new link sends.
#[derive(Debug, Deserialize)]
pub struct ResendForm {
    email: String,
}

/// `POST /verify`: a new link, with the same answer for every address.
pub async fn resend(
    accounts: web::Data<Accounts>,
    throttle: Throttle,
    form: Form<ResendForm>,
) -> Result<Reply<VerifyPage>, WebError> {
    let email = match Email::parse(&form.0.email) {
        Ok(email) => email,
        Err(reason) => {
            let email = Field::new(form.0.email).refused(reason.to_string());
            return Ok(Reply::Invalid(VerifyPage { email, ..VerifyPage::new("resend", "") }));
        }
    };
    throttle.mail(&email).await?;
    accounts.request_verification(&email).await?;
    Ok(Reply::SeeOther(
        Redirect::to("/sign-in").success("If that address awaits verification, a new link is on its way to it."),
    ))
}
