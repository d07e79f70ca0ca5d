//! HTML that was made safe when it was read.

use minijinja::Value;
use serde::{Serialize, Serializer};

/// Trusted HTML, kept in the form that templates take without copying or escaping it.
#[derive(Clone, Debug)]
pub struct Html(Value);

impl Html {
    /// Takes text that is known to be safe HTML.
    pub fn trusted(html: String) -> Self {
        Self(Value::from_safe_string(html))
    }

    /// The HTML as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str().unwrap_or_default()
    }
}

impl Serialize for Html {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
