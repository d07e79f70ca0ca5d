//! What a page or a mail shows, as values, and the templates that turn them into text.
//!
//! A view is a struct next to its handler. [`View::samples`] gives examples of it, so that one test renders every template
//! in every state; [`Templates::require`] fails the start when a template is missing.

mod assets;
mod errors;
mod filters;
mod html;
mod prepared;
mod shell;
mod templates;

use serde::Serialize;

pub use assets::{Asset, find_asset};
pub use filters::{format_time, list_words};
pub use html::Html;
pub use prepared::Prepared;
pub use shell::{CurrentUser, Flash, FlashKind, Shell, Theme};
pub use templates::{Strictness, Templates};

/// A page's data, tied to the template that shows it.
pub trait View: Serialize {
    /// The template's path below `templates/`.
    const TEMPLATE: &'static str;

    /// Examples that between them reach every state the template knows.
    fn samples() -> Vec<Self>
    where
        Self: Sized;
}

/// A mail's data, tied to the folder below `templates/mail/` that holds `subject.txt`, `body.txt` and `body.html`.
pub trait MailView: Serialize {
    /// The folder's name.
    const NAME: &'static str;

    /// Examples that between them reach every state the templates know.
    fn samples() -> Vec<Self>
    where
        Self: Sized;
}

/// A view with its type forgotten, for the one list of all views.
#[derive(Debug)]
pub struct ViewKind {
    /// The template's path below `templates/`.
    pub template: &'static str,
    /// The view's samples as template values.
    pub samples: fn() -> Vec<minijinja::Value>,
}

impl ViewKind {
    /// The entry for `V` in the list of all views.
    pub const fn of<V: View>() -> Self {
        Self {
            template: V::TEMPLATE,
            samples: || V::samples().iter().map(minijinja::value::Serde).map(minijinja::Value::from).collect(),
        }
    }
}

/// A mail view with its type forgotten, for the one list of all mails.
#[derive(Debug)]
pub struct MailKind {
    /// The folder's name below `templates/mail/`.
    pub name: &'static str,
    /// The view's samples as template values.
    pub samples: fn() -> Vec<minijinja::Value>,
}

impl MailKind {
    /// The entry for `V` in the list of all mails.
    pub const fn of<V: MailView>() -> Self {
        Self {
            name: V::NAME,
            samples: || V::samples().iter().map(minijinja::value::Serde).map(minijinja::Value::from).collect(),
        }
    }
}
