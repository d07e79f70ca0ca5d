//! What a Grafana of the session's namespace shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{Authorization, check_service};
use crate::labs::PortName;

/// A Grafana's data sources with their health, and its dashboards with what each panel's queries return.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrafanaProbe {
    /// The Service that answers, in the session's namespace.
    pub service: String,
    /// Its port, by name or number.
    pub port: PortName,
    /// Who asks.
    pub authorization: Authorization,
}

impl GrafanaProbe {
    pub(super) fn check(self) -> Result<Self, String> {
        check_service(&self.service)?;
        self.authorization.check()?;
        Ok(self)
    }
}
