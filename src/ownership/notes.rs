//! What people read of a Service: its name, its annotations and its labels.

use std::collections::BTreeMap;

use serde_json::Value;

use super::keys::PREFIX;
use crate::text::trim;

/// The texts in the metadata of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// The Service's name.
    pub name: String,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl Notes {
    /// Reads a Service; one that is not there has no texts.
    pub fn of(service: &Value) -> Self {
        let texts = |field: &str| {
            let entries = service.pointer(&format!("/metadata/{field}")).and_then(Value::as_object);
            let entries = entries.into_iter().flatten();
            entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        };
        let name = service.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        Self { name: name.to_owned(), annotations: texts("annotations"), labels: texts("labels") }
    }

    /// The value of a key of the convention, without the blanks around it; `None` for an empty one.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.annotations.get(&format!("{PREFIX}{key}")).map(|text| trim(text)).filter(|text| !text.is_empty())
    }
}
