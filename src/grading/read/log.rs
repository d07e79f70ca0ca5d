//! Lines that the pods of the namespace have written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{in_bounds, quoted};
use crate::cluster::{MAX_DNS_LABEL, check_label_selector, is_dns_label};

/// How many lines of a pod may be read.
const MAX_LINES: u32 = 500;
/// How old a line may be.
const MAX_SINCE_SECONDS: u32 = 3600;

/// The newest lines of the pods that labels select.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogProbe {
    /// A label selector.
    pub labels: String,
    /// The container; left out, the pod's first.
    #[serde(default)]
    pub container: Option<String>,
    /// How old a line may be, in seconds.
    #[serde(default = "five_minutes")]
    #[schemars(range(min = 1, max = MAX_SINCE_SECONDS))]
    pub since_seconds: u32,
    /// How many of each pod's newest lines are read.
    #[serde(default = "two_hundred")]
    #[schemars(range(min = 1, max = MAX_LINES))]
    pub lines: u32,
    /// What a line must contain to be kept.
    #[serde(default)]
    pub contains: Option<String>,
}

fn five_minutes() -> u32 {
    300
}

fn two_hundred() -> u32 {
    200
}

impl LogProbe {
    pub(super) fn check(self) -> Result<Self, String> {
        in_bounds("lines", self.lines, MAX_LINES)?;
        in_bounds("sinceSeconds", self.since_seconds, MAX_SINCE_SECONDS)?;
        check_label_selector(&self.labels).map_err(|fault| format!("labels: {fault}"))?;
        if let Some(container) = self.container.as_deref().filter(|name| !is_dns_label(name, MAX_DNS_LABEL)) {
            let container = quoted(container);
            return Err(format!("container {container} can be none; write its name in the pod, or leave it out"));
        }
        if self.contains.as_deref().is_some_and(|text| text.contains(['\n', '\r'])) {
            return Err(
                "contains is looked for in one line, so that it can hold no line break; write it without".to_owned()
            );
        }
        Ok(self)
    }
}
