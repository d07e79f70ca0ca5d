//! The mails about a decision.

use serde::Serialize;

use crate::view::MailView;

/// Tells that an entry was accepted.
#[derive(Debug, Serialize)]
pub struct EntryAcceptedMail {
    /// The name they go by.
    pub name: String,
    /// The module's title.
    pub module: String,
    /// The entry's page.
    pub url: String,
}

impl MailView for EntryAcceptedMail {
    const NAME: &'static str = "entry-accepted";

    fn samples() -> Vec<Self> {
        vec![Self {
            name: "Ada Quist".to_owned(),
            module: "Full service ownership".to_owned(),
            url: "https://learn.example.org/entries/x".to_owned(),
        }]
    }
}

/// Tells that an entry was not accepted, and why.
#[derive(Debug, Serialize)]
pub struct EntryRejectedMail {
    /// The name they go by.
    pub name: String,
    /// The module's title.
    pub module: String,
    /// Why.
    pub reason: String,
    /// The entry's page.
    pub url: String,
}

impl MailView for EntryRejectedMail {
    const NAME: &'static str = "entry-rejected";

    fn samples() -> Vec<Self> {
        vec![Self {
            name: "Ada Quist".to_owned(),
            module: "Full service ownership".to_owned(),
            reason: "The second answer is about another question.".to_owned(),
            url: "https://learn.example.org/entries/x".to_owned(),
        }]
    }
}
