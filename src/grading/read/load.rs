//! A load that the platform applied to the session.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::quoted;
use crate::cluster::{MAX_DNS_LABEL, is_dns_label};

/// The newest run of a load, and what became of its requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadProbe {
    /// The load's id in `loads` of `lab.yaml`.
    #[schemars(length(min = 1, max = MAX_DNS_LABEL))]
    pub id: String,
}

impl LoadProbe {
    pub(super) fn check(self) -> Result<Self, String> {
        if is_dns_label(&self.id, MAX_DNS_LABEL) {
            return Ok(self);
        }
        Err(format!("id {} can be no load's", quoted(&self.id)))
    }
}
