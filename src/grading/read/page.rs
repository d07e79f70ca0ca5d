//! The page that an annotation of a Service leads to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::quoted;
use super::service::check_service;

/// How long an annotation's key may be: a prefix of 253 characters, a slash and a name of 63.
const MAX_KEY_CHARS: usize = 317;

/// The page at the address in an annotation of a Service, if a Service of the session's namespace serves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PageProbe {
    /// The Service that has the annotation, in the session's namespace.
    pub service: String,
    /// The annotation's key, such as `a8r.io/runbook`.
    #[schemars(length(min = 1, max = MAX_KEY_CHARS))]
    pub annotation: String,
}

impl PageProbe {
    pub(super) fn check(self) -> Result<Self, String> {
        check_service(&self.service)?;
        let key = &self.annotation;
        let is_of_key = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        let is_key = !key.is_empty() && key.len() <= MAX_KEY_CHARS && key.bytes().all(is_of_key);
        if is_key && key.matches('/').count() <= 1 {
            return Ok(self);
        }
        Err(format!("annotation {} can be no key; write one such as a8r.io/runbook", quoted(key)))
    }
}
