//! The mails about an account.

use serde::Serialize;

use crate::view::MailView;

/// Asks to prove an address.
#[derive(Debug, Serialize)]
pub struct VerifyMail {
    /// The name they go by.
    pub name: String,
    /// The link.
    pub url: String,
}

impl MailView for VerifyMail {
    const NAME: &'static str = "verify";

    fn samples() -> Vec<Self> {
        vec![Self { name: "Ada Quist".to_owned(), url: "https://learn.example.org/verify/token".to_owned() }]
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

/// Tells the owner of an address that somebody tried to sign up with it.
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
