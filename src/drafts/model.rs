//! A draft.

use jiff::Timestamp;

use crate::web::Fields;

/// What was typed into a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The values of each field by its name.
    pub fields: Fields,
    /// When it was saved last.
    pub saved_at: Timestamp,
}

impl Draft {
    /// The first value of the field called `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.first().map(String::as_str)
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.fields.values().flatten().all(|value| value.trim().is_empty())
    }
}
