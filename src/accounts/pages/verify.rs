//! `/verify/{token}`: a page with a button, since programs that scan mail follow links.

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

use super::session::signed_in;
use super::throttle::Throttle;
use crate::accounts::{Accounts, Email, LinkRefusal, PendingRegistration, VerifyError};
use crate::view::View;
use crate::web::{Field, Form, Redirect, Reply, WebError, cookies};

/// `accounts/verify.html`
#[derive(Debug, Serialize)]
pub struct VerifyPage {
    /// `ready`, `unknown`, `used`, `expired`, `taken` or `resend`.
    pub state: &'static str,
    /// The link's token, for the button.
    pub token: String,
    /// The name typed at the sign-up.
    pub name: String,
    /// The address typed at the sign-up; or for a new link.
    pub email: Field,
    /// When that was.
    pub signed_up_at: Option<jiff::Timestamp>,
    /// The password typed at the sign-up, never given back; none where the browser is the one that signed up.
    pub password: Option<Field>,
}

impl View for VerifyPage {
    const TEMPLATE: &'static str = "accounts/verify.html";

    fn samples() -> Vec<Self> {
        let found = |needs_password| PendingRegistration {
            name: "Ada Quist".to_owned(),
            email: "ada@example.org".to_owned(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            needs_password,
        };
        let mut samples: Vec<Self> = ["unknown", "used", "expired", "taken", "resend"]
            .into_iter()
            .map(|state| Self::new(state, "token"))
            .collect();
        let refused = Some(Field::new("").refused(WRONG_PASSWORD));
        samples.extend([Self::ready("token", found(false)), Self::ready("token", found(true))]);
        samples.push(Self { password: refused, ..Self::ready("token", found(true)) });
        samples
    }
}

const WRONG_PASSWORD: &str = "This is not the password that was typed at that sign-up.";

impl VerifyPage {
    fn new(state: &'static str, token: &str) -> Self {
        let (token, name, email) = (token.to_owned(), String::new(), Field::default());
        Self { state, token, name, email, signed_up_at: None, password: None }
    }

    fn ready(token: &str, found: PendingRegistration) -> Self {
        Self {
            name: found.name,
            email: Field::new(found.email),
            signed_up_at: Some(found.created_at),
            password: found.needs_password.then(Field::default),
            ..Self::new("ready", token)
        }
    }
}

/// The state that a template shows for a link that does not work.
pub(super) fn refusal_state(refusal: LinkRefusal) -> &'static str {
    match refusal {
        LinkRefusal::Unknown => "unknown",
        LinkRefusal::Used => "used",
        LinkRefusal::Expired => "expired",
        LinkRefusal::Taken => "taken",
    }
}

/// What identifies this browser: its cookie of the form token, which every form needs.
pub(super) fn browser(request: &HttpRequest) -> Option<String> {
    cookies::read(request, cookies::CSRF)
}

/// `GET /verify/{token}`
pub async fn verify_form(
    accounts: web::Data<Accounts>,
    token: web::Path<String>,
    request: HttpRequest,
) -> Result<Reply<VerifyPage>, WebError> {
    match accounts.find_registration(&token, browser(&request).as_deref()).await {
        Ok(found) => Ok(Reply::Page(VerifyPage::ready(&token, found))),
        Err(refusal) => refuse(refusal, &token),
    }
}

/// What the form of the link's page sends.
#[derive(Debug, Deserialize)]
pub struct VerifyForm {
    #[serde(default)]
    password: String,
}

/// `POST /verify/{token}`
pub async fn verify(
    accounts: web::Data<Accounts>,
    throttle: Throttle,
    token: web::Path<String>,
    request: HttpRequest,
    form: Form<VerifyForm>,
) -> Result<Reply<VerifyPage>, WebError> {
    throttle.verification(&token).await?;
    let browser = browser(&request);
    match accounts.verify(&token, browser.as_deref(), &form.0.password).await {
        Ok(session) => {
            Ok(Reply::SeeOther(signed_in(session, "/").success("Your address is verified, and you are signed in.")))
        }
        Err(VerifyError::WrongPassword) => match accounts.find_registration(&token, browser.as_deref()).await {
            Ok(found) => {
                let password = Some(Field::new("").refused(WRONG_PASSWORD));
                Ok(Reply::Invalid(VerifyPage { password, ..VerifyPage::ready(&token, found) }))
            }
            Err(refusal) => refuse(refusal, &token),
        },
        Err(refusal) => refuse(refusal, &token),
    }
}

fn refuse(refusal: VerifyError, token: &str) -> Result<Reply<VerifyPage>, WebError> {
    match refusal {
        VerifyError::Refused(refusal) => Ok(Reply::Invalid(VerifyPage::new(refusal_state(refusal), token))),
        VerifyError::WrongPassword => Ok(Reply::Invalid(VerifyPage::new("unknown", token))),
        VerifyError::Fault(fault) => Err(fault.into()),
    }
}

/// What the form for a new link sends.
#[derive(Debug, Deserialize)]
pub struct ResendForm {
    email: String,
}

/// `POST /verify`: the link once more, with the same answer for every address.
pub async fn resend(
    accounts: web::Data<Accounts>,
    throttle: Throttle,
    request: HttpRequest,
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
    accounts.request_verification(&email, browser(&request).as_deref()).await?;
    Ok(Reply::SeeOther(
        Redirect::to("/sign-in").success("If a sign-up with that address awaits its link, the link is on its way."),
    ))
}
