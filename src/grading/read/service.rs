//! A Service of the session's namespace that is asked in place of the ingress, and who asks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::quoted;
use crate::cluster::{MAX_DNS_LABEL, is_dns_label};

/// What stands in a Secret of the namespace to sign in with: a name and a password, or a token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["userKey", "passwordKey"] }, { "required": ["tokenKey"] }]))]
pub struct Authorization {
    /// The Secret's name.
    pub secret: String,
    /// The key of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_key: Option<String>,
    /// The key of the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_key: Option<String>,
    /// The key of a token, in place of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_key: Option<String>,
}

impl Authorization {
    pub(super) fn check(&self) -> Result<(), String> {
        let is_name = |name: &str| !name.is_empty() && name.split('.').all(|label| is_dns_label(label, MAX_DNS_LABEL));
        if !is_name(&self.secret) {
            return Err(format!("authorization: {} can be no Secret's name", quoted(&self.secret)));
        }
        let has_both = self.user_key.is_some() && self.password_key.is_some();
        let has_one = self.user_key.is_some() || self.password_key.is_some();
        match (has_both, has_one, self.token_key.is_some()) {
            (true, _, false) | (false, false, true) => {}
            _ => return Err("authorization names userKey and passwordKey, or tokenKey".to_owned()),
        }
        let is_key = |key: &&String| {
            !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let keys = [&self.user_key, &self.password_key, &self.token_key];
        match keys.into_iter().flatten().find(|key| !is_key(key)) {
            Some(key) => Err(format!("authorization: {} can be no key of a Secret", quoted(key))),
            None => Ok(()),
        }
    }
}

/// Fails, in words for its author, when it can be no Service's name.
pub(super) fn check_service(service: &str) -> Result<(), String> {
    if is_dns_label(service, MAX_DNS_LABEL) {
        return Ok(());
    }
    Err(format!(
        "service {} can be none; write the name of a Service in the session's namespace, without a domain",
        quoted(service)
    ))
}
