//! Data of a view that many pages share.

use minijinja::Value;
use minijinja::value::Serde;
use serde::{Serialize, Serializer};

/// Data that was serialized once, kept in the form that templates take.
#[derive(Clone, Debug)]
pub struct Prepared(Value);

impl Prepared {
    /// Serializes `data`.
    pub fn new<S: Serialize>(data: &S) -> Self {
        Self(Value::from(Serde(data)))
    }
}

impl Serialize for Prepared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
