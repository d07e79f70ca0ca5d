//! The page that asks before something is done that cannot be undone: at `GET` of the address that does it. Script opens it
//! as a dialog over the page that leads to it.

use serde::Serialize;

use crate::view::View;

/// `confirmation.html`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// The question.
    pub title: String,
    /// What goes away, a sentence each.
    pub lost: Vec<String>,
    /// What remains, a sentence each.
    pub kept: Vec<String>,
    /// Where the answer goes.
    pub action: String,
    /// What the button says that does it.
    pub confirm: String,
    /// What the link says that leads back.
    pub cancel: String,
    /// Where that leads.
    pub back: String,
    /// The name and value that the button sends.
    pub value: Option<(&'static str, String)>,
    /// The page to show when it is done, where the form has a choice.
    pub next: Option<String>,
}

impl View for Confirmation {
    const TEMPLATE: &'static str = "confirmation.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            title: "Stop the lab?".to_owned(),
            lost: vec!["1 Deployment and 1 Service in your namespace.".to_owned()],
            action: "/labs/x/stop".to_owned(),
            confirm: "Stop it".to_owned(),
            cancel: "Keep it running".to_owned(),
            back: "/labs/x".to_owned(),
            ..Self::default()
        };
        let full = Self {
            kept: vec!["Tasks that you have passed.".to_owned()],
            value: Some(("role", "learner".to_owned())),
            next: Some("/admin/people".to_owned()),
            ..plain.clone()
        };
        vec![plain, full]
    }
}
