//! The mail about a new credential.

use serde::Serialize;

use crate::view::MailView;

/// Tells that a module is completed.
#[derive(Debug, Serialize)]
pub struct CredentialMail {
    /// The name they go by.
    pub name: String,
    /// The module's title.
    pub module: String,
    /// The credential's page.
    pub url: String,
}

impl MailView for CredentialMail {
    const NAME: &'static str = "credential";

    fn samples() -> Vec<Self> {
        vec![Self {
            name: "Ada Quist".to_owned(),
            module: "Full service ownership".to_owned(),
            url: "https://learn.example.org/credentials/x".to_owned(),
        }]
    }
}
