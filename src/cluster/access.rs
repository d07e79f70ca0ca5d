//! Credentials for a learner's own kubectl.

use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::api::PostParams;
use serde_json::json;

use super::{Cluster, ClusterError};
use crate::settings::SecretText;
use crate::yaml;

/// The shortest life of a token that an API server grants, in seconds.
const MIN_TOKEN_SECONDS: i64 = 600;

/// A token with its end.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The token.
    pub text: SecretText,
    /// When it is valid no more.
    pub expires_at: Timestamp,
}

impl Cluster {
    /// A kubeconfig that is `account` in `namespace`, with a token that expires after `seconds`, ten minutes at the
    /// least.
    pub async fn issue_kubeconfig(&self, namespace: &str, account: &str, seconds: i64) -> Result<String, ClusterError> {
        let token = self.issue_token(namespace, account, seconds).await?.text;
        let connection = self.connection().await?;
        let server = self.settings.public_server.as_deref().unwrap_or(&connection.server);
        kubeconfig(&self.settings.name, namespace, (server, connection.authority.as_deref()), token.expose())
    }

    /// A token that is `account` in `namespace`, which expires after `seconds`, ten minutes at the least.
    pub async fn issue_token(&self, namespace: &str, account: &str, seconds: i64) -> Result<IssuedToken, ClusterError> {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client().await?, namespace);
        let request = TokenRequest {
            spec: TokenRequestSpec {
                expiration_seconds: Some(seconds.max(MIN_TOKEN_SECONDS)),
                ..TokenRequestSpec::default()
            },
            ..TokenRequest::default()
        };
        let issued = self.bounded(accounts.create_token_request(account, &PostParams::default(), &request)).await?;
        let token = issued
            .status
            .map(|status| IssuedToken { text: status.token.into(), expires_at: status.expiration_timestamp.0 });
        token.ok_or_else(|| ClusterError::Other("a token request was answered without a token".to_owned()))
    }
}

fn kubeconfig(
    cluster: &str,
    namespace: &str,
    (server, authority): (&str, Option<&str>),
    token: &str,
) -> Result<String, ClusterError> {
    use base64::Engine as _;
    let mut entry = json!({ "server": server });
    if let Some(authority) = authority {
        entry["certificate-authority-data"] = base64::engine::general_purpose::STANDARD.encode(authority).into();
    }
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{ "name": cluster, "cluster": entry }],
        "users": [{ "name": "learner", "user": { "token": token } }],
        "contexts": [{ "name": "lab", "context": { "cluster": cluster, "user": "learner", "namespace": namespace } }],
    });
    yaml::write(&config).map_err(|fault| ClusterError::Other(fault.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_can_be_read_by_a_client() {
        let text = kubeconfig("local", "0123", ("https://127.0.0.1:6443", Some("PEM")), "secret").unwrap();
        let read = kube::config::Kubeconfig::from_yaml(&text).unwrap();
        assert_eq!(read.current_context.as_deref(), Some("lab"));
        assert_eq!(read.contexts[0].context.as_ref().unwrap().namespace.as_deref(), Some("0123"));
    }
}
