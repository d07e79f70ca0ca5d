//! A trace of the namespace.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{in_bounds, quoted};

/// How many characters a service, a span and an attribute may have in their names: more are not read.
const MAX_NAME_CHARS: usize = 200;
/// How many characters of an attribute's value are read.
const MAX_VALUE_CHARS: usize = 1000;
/// By how many attributes a span may be looked for.
const MAX_ATTRIBUTES: usize = 16;
/// How long ago a trace may have begun.
const MAX_SINCE_SECONDS: u32 = 24 * 3600;
/// How long a span may be expected to take.
const MAX_MILLISECONDS: u32 = 3_600_000;

/// The newest trace with a span that is all of this.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TraceProbe {
    /// The span's service.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    pub service: String,
    /// Its name; left out, any.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    pub operation: Option<String>,
    /// How long it takes at the least, in milliseconds.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_MILLISECONDS))]
    pub min_milliseconds: Option<u32>,
    /// Attributes that it has, with these values.
    #[serde(default)]
    #[schemars(extend("maxProperties" = MAX_ATTRIBUTES))]
    pub attributes: BTreeMap<String, String>,
    /// How long ago the trace began at the most, in seconds.
    #[serde(default = "fifteen_minutes")]
    #[schemars(range(min = 1, max = MAX_SINCE_SECONDS))]
    pub since_seconds: u32,
}

fn fifteen_minutes() -> u32 {
    900
}

impl TraceProbe {
    pub(super) fn check(self) -> Result<Self, String> {
        in_bounds("sinceSeconds", self.since_seconds, MAX_SINCE_SECONDS)?;
        self.min_milliseconds.map_or(Ok(()), |length| in_bounds("minMilliseconds", length, MAX_MILLISECONDS))?;
        check_name("service", &self.service, "the service's name in its traces, such as front")?;
        if let Some(operation) = &self.operation {
            check_name("operation", operation, "a span's name, such as GET /quotes/random, or leave it out")?;
        }
        if self.attributes.len() > MAX_ATTRIBUTES {
            return Err(format!("attributes are {MAX_ATTRIBUTES} at the most; leave out those that say the least"));
        }
        for (key, value) in &self.attributes {
            check_name("attribute", key, "a key such as http.response.status_code")?;
            if value.chars().count() > MAX_VALUE_CHARS || value.contains(char::is_control) {
                return Err(format!(
                    "attribute {key} can never have the value {}; write a shorter line",
                    quoted(value)
                ));
            }
        }
        Ok(self)
    }
}

/// Whether a name can be that of anything that is read from Jaeger.
fn check_name(what: &str, name: &str, advice: &str) -> Result<(), String> {
    let is_name = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.contains(char::is_control);
    if is_name { Ok(()) } else { Err(format!("{what} {} is none; write {advice}", quoted(name))) }
}
