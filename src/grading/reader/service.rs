//! The pods behind a Service of the session's namespace, and the header by which it knows who asks.
//!
//! A request goes to a pod of that namespace, which is found by its name: no address of a Service or of an `EndpointSlice`
//! is used, so that nothing else can be named by one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde_json::Value;

use crate::cluster::{Cluster, NoPods, PodPort};
use crate::grading::read::Authorization;
use crate::grading::redaction::REDACTED;
use crate::labs::{PortName, choose_port};

/// How long a secret is at least that is looked for in answers: a shorter one is in many words.
const MIN_SECRET_CHARS: usize = 8;

/// Why a Service was not asked.
pub(super) enum Unreached {
    /// It is not there, or not ready: for the learner to change.
    Missing(String),
    /// The cluster does not answer.
    Unknown(String),
}

/// Where requests go, and with which header.
pub(super) struct Target {
    /// The ready pods, at least one.
    pub(super) pods: Vec<PodPort>,
    /// The host name that they are sent for.
    pub(super) host: String,
    /// The header `Authorization`.
    pub(super) authorization: Option<HeaderValue>,
    secrets: Vec<String>,
}

impl Target {
    /// The ingress, for a host name.
    pub(super) fn ingress(pods: Vec<PodPort>, host: String) -> Self {
        Self { pods, host, authorization: None, secrets: Vec::new() }
    }

    /// A Service of a namespace.
    pub(super) async fn find(
        cluster: &Cluster,
        namespace: &str,
        (service, port): (&str, &PortName),
        authorization: Option<&Authorization>,
    ) -> Result<Self, Unreached> {
        let mut target = Self::find_web(cluster, namespace, (service, Some(port))).await?;
        if let Some(authorization) = authorization {
            target.sign_in(cluster, namespace, authorization).await?;
        }
        Ok(target)
    }

    /// A Service of a namespace that anybody may ask; without a port, at the one that its web pages have.
    pub(super) async fn find_web(
        cluster: &Cluster,
        namespace: &str,
        (service, port): (&str, Option<&PortName>),
    ) -> Result<Self, Unreached> {
        let found = cluster.find_pods((namespace, service), |service| choose_port(service, port)).await;
        let pods = found.map_err(|fault| match fault {
            NoPods::Cluster(fault) => Unreached::Unknown(fault.to_string()),
            NoPods::NoService => Unreached::Missing(format!("there is no Service {service}")),
            NoPods::NoPort(ports) => {
                let port = port.map(|port| format!(" {port}")).unwrap_or_default();
                Unreached::Missing(format!("the Service {service} has no port{port}; its ports: {ports}"))
            }
            NoPods::NoPod => Unreached::Missing(format!("no pod stands behind the Service {service}")),
            NoPods::NotReady(count) => {
                Unreached::Missing(format!("of {count} pods behind the Service {service}, none is ready"))
            }
        })?;
        Ok(Self::ingress(pods, service.to_owned()))
    }

    async fn sign_in(
        &mut self,
        cluster: &Cluster,
        namespace: &str,
        authorization: &Authorization,
    ) -> Result<(), Unreached> {
        let name = &authorization.secret;
        let secret = cluster.get_object("v1", "Secret", namespace, name).await;
        let secret = secret.map_err(|fault| Unreached::Unknown(fault.to_string()))?;
        let secret = secret.ok_or_else(|| Unreached::Missing(format!("there is no Secret {name}")))?;
        let find = |key: &str| {
            let text = secret["data"][key].as_str().and_then(|text| STANDARD.decode(text).ok());
            let text = text.and_then(|text| String::from_utf8(text).ok());
            text.ok_or_else(|| Unreached::Missing(format!("the Secret {name} has no {key}")))
        };
        let Authorization { user_key, password_key, token_key, .. } = authorization;
        let (header, secret) = match (user_key, password_key, token_key) {
            (Some(user), Some(password), _) => {
                let password = find(password)?;
                let pair = STANDARD.encode(format!("{}:{password}", find(user)?));
                self.secrets.push(pair.clone());
                (format!("Basic {pair}"), password)
            }
            (_, _, Some(token)) => {
                let token = find(token)?;
                (format!("Bearer {token}"), token)
            }
            _ => return Ok(()),
        };
        self.secrets.push(secret);
        let header = HeaderValue::from_str(&header)
            .map_err(|_letters| Unreached::Missing(format!("what the Secret {name} holds can stand in no header")))?;
        self.authorization = Some(header);
        Ok(())
    }

    /// Takes what it signs in with out of an answer that repeats it.
    pub(super) fn redact(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                for secret in self.secrets.iter().filter(|secret| secret.chars().count() >= MIN_SECRET_CHARS) {
                    if text.contains(secret.as_str()) {
                        *text = text.replace(secret.as_str(), REDACTED);
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|one| self.redact(one)),
            Value::Object(fields) => {
                let old = std::mem::take(fields);
                for (key, mut one) in old {
                    self.redact(&mut one);
                    let mut key = Value::String(key);
                    self.redact(&mut key);
                    fields.insert(key.as_str().unwrap_or_default().to_owned(), one);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
