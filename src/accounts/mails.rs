//! The mails about an account.
//!
//! No mail to an address that is not verified yet carries text that somebody typed, since it could be sent to anybody.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::view::{MailView, format_time};

/// Asks to verify the address of a sign-up.
#[derive(Debug, Serialize)]
pub struct VerifyMail {
    /// The link.
    pub url: String,
    /// When somebody signed up, as text.
    pub signed_up_at: String,
}

impl MailView for VerifyMail {
    const NAME: &'static str = "verify";

    fn samples() -> Vec<Self> {
        vec![Self {
            url: "https://learn.example.org/verify/token".to_owned(),
            signed_up_at: format_time(Timestamp::UNIX_EPOCH, &TimeZone::UTC),
        }]
    }
}

/// Lets somebody choose a new password.
#[derive(Debug, Serialize)]
pub struct RecoverMail {
    /// The name they go by.
    pub name: String,
    /// The link.
    pub url: String,
}

impl MailView for RecoverMail {
    const NAME: &'static str = "recover";

    fn samples() -> Vec<Self> {
        vec![Self { name: "Ada Quist".to_owned(), url: "https://learn.example.org/recover/token".to_owned() }]
    }
}

/// Tells the owner of an address that somebody tried to use it for another account.
#[derive(Debug, Serialize)]
pub struct AlreadyRegisteredMail {
    /// The name they go by.
    pub name: String,
    /// Where to choose a new password.
    pub recover_url: String,
}

impl MailView for AlreadyRegisteredMail {
    const NAME: &'static str = "already-registered";

    fn samples() -> Vec<Self> {
        vec![Self { name: "Ada Quist".to_owned(), recover_url: "https://learn.example.org/recover".to_owned() }]
    }
}

/// Asks to verify a new address.
#[derive(Debug, Serialize)]
pub struct ChangeEmailMail {
    /// The link.
    pub url: String,
}

impl MailView for ChangeEmailMail {
    const NAME: &'static str = "change-email";

    fn samples() -> Vec<Self> {
        vec![Self { url: "https://learn.example.org/account/email/token".to_owned() }]
    }
}

/// Tells the old address which one took its place.
#[derive(Debug, Serialize)]
pub struct EmailChangedMail {
    /// The name they go by.
    pub name: String,
    /// The new address.
    pub new: String,
    /// When, as text.
    pub changed_at: String,
}

impl MailView for EmailChangedMail {
    const NAME: &'static str = "email-changed";

    fn samples() -> Vec<Self> {
        let (name, new) = ("Ada Quist".to_owned(), "ada@new.example.org".to_owned());
        vec![Self { name, new, changed_at: format_time(Timestamp::UNIX_EPOCH, &TimeZone::UTC) }]
    }
}

/// Tells that a password was changed.
#[derive(Debug, Serialize)]
pub struct PasswordChangedMail {
    /// The name they go by.
    pub name: String,
    /// When, as text.
    pub changed_at: String,
    /// Where to choose another one.
    pub recover_url: String,
}

impl MailView for PasswordChangedMail {
    const NAME: &'static str = "password-changed";

    fn samples() -> Vec<Self> {
        let (name, recover_url) = ("Ada Quist".to_owned(), "https://learn.example.org/recover".to_owned());
        vec![Self { name, changed_at: format_time(Timestamp::UNIX_EPOCH, &TimeZone::UTC), recover_url }]
    }
}

/// Tells that an account was closed.
#[derive(Debug, Serialize)]
pub struct ClosedMail {
    /// The name they went by.
    pub name: String,
    /// Why, if an admin closed it.
    pub reason: Option<String>,
    /// When, as text.
    pub changed_at: String,
}

impl MailView for ClosedMail {
    const NAME: &'static str = "account-closed";

    fn samples() -> Vec<Self> {
        let sample = |reason| Self {
            name: "Ada Quist".to_owned(),
            reason,
            changed_at: format_time(Timestamp::UNIX_EPOCH, &TimeZone::UTC),
        };
        vec![sample(None), sample(Some("You asked us to by mail.".to_owned()))]
    }
}
