//! The traces of one namespace, asked for of Jaeger's query API, version 3 over HTTP.
//!
//! Jaeger keeps the traces of its tenants apart by the header `x-tenant`, and a namespace is a tenant. The way leads through
//! the API server's proxy for Services, to the Service that `cluster.traces_service` names and nowhere else: an address is
//! built of a request's own fields, a redirect is not followed, and an answer is read to a bound of time and size.
//!
//! # Why Jaeger is asked without a tenant too
//! One that does not keep tenants apart ignores the header and answers everybody with everything. So nothing is read from a
//! Jaeger that answers a request without a tenant.

mod request;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use kube::core::Status;
use serde_json::Value;
use tokio::time::Instant;

use super::connection::Fingerprint;
use super::error::from_status;
use super::{BodyError, Cluster, ClusterError, MAX_DNS_LABEL, ServiceAddress, is_dns_label, read_body};

pub use request::{TraceId, TraceSearch, TracesRequest};

/// The header that names the tenant.
const TENANT_HEADER: &str = "x-tenant";
/// How long a request may take, all of it.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the query port, and that tenants are kept apart, count as known.
const BACKEND_KNOWN_FOR: Duration = Duration::from_secs(30);
/// The names that charts give to the query port.
const QUERY_PORT_NAMES: [&str; 3] = ["query", "http-query", "query-http"];
/// The number that it has nearly everywhere.
const QUERY_PORT: u64 = 16_686;
/// How much of a refusal is read.
const MAX_REFUSAL_BYTES: usize = 16 * 1024;

/// Why no traces were read.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The cluster did not lead to Jaeger.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The cluster has no such Service.
    #[error("This cluster has no Service {0}, at which its traces would be asked for.")]
    Absent(String),
    /// The Service has no port of the query API.
    #[error("The Service {0} has no port for Jaeger's query API, which is 16686 or called query.")]
    NoQueryPort(String),
    /// The answer was not there in time. While no pod is ready the client asks again, until then.
    #[error("Jaeger gave no answer within {0} s. Its pod may be starting, or busy.")]
    TimedOut(u64),
    /// It answers whoever asks with everybody's traces.
    #[error(
        "This Jaeger does not keep the traces of different namespaces apart, so that none are shown. Start it with \
         multi-tenancy, by the header x-tenant."
    )]
    NoTenants,
    /// It answered, and not with traces.
    #[error("Jaeger answered {0}: {1}")]
    Refused(u16, String),
    /// There is more than is read.
    #[error("Jaeger's answer is larger than {0} MiB, which is the most that is read.")]
    TooLarge(usize),
}

/// The query port of a Jaeger that keeps its tenants apart, for as long as it counts as known.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownBackend(Arc<Mutex<Option<(Instant, Fingerprint, u64)>>>);

impl KnownBackend {
    fn find(&self, source: Option<Fingerprint>) -> Option<u64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, of, port) = (*known)?;
        (at.elapsed() < BACKEND_KNOWN_FOR && Some(of) == source).then_some(port)
    }

    fn keep(&self, source: Option<Fingerprint>, port: u64) {
        let known = source.map(|source| (Instant::now(), source, port));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

impl Cluster {
    /// Where the pods of a session send their traces by OTLP over HTTP.
    pub fn traces_endpoint(&self) -> String {
        let ServiceAddress { namespace, name } = &self.settings.traces_service;
        format!("http://{name}.{namespace}:4318")
    }

    /// What Jaeger answers about the traces of a namespace, as JSON of at most `max_bytes`; `None` when there are none.
    pub async fn read_traces(
        &self,
        namespace: &str,
        request: &TracesRequest<'_>,
        max_bytes: usize,
    ) -> Result<Option<Bytes>, TracesError> {
        if !is_dns_label(namespace, MAX_DNS_LABEL) {
            return Err(ClusterError::Invalid(format!("{namespace:?} is no namespace")).into());
        }
        let reading = Box::pin(async {
            let client = self.client().await?;
            let port = self.find_query_port(&client).await?;
            self.ask(&client, port, (Some(namespace), &request.path()), max_bytes).await
        });
        let late = |_elapsed| TracesError::TimedOut(READ_TIMEOUT.as_secs());
        tokio::time::timeout(READ_TIMEOUT, reading).await.map_err(late)?
    }

    /// The query port, once it is certain that Jaeger keeps tenants apart.
    async fn find_query_port(&self, client: &Client) -> Result<u64, TracesError> {
        let source = self.source.fingerprint();
        if let Some(port) = self.traces.find(source) {
            return Ok(port);
        }
        let address = &self.settings.traces_service;
        let service = self.get_object("v1", "Service", &address.namespace, &address.name).await?;
        let service = service.ok_or_else(|| TracesError::Absent(address.to_string()))?;
        let port = choose_port(&service).ok_or_else(|| TracesError::NoQueryPort(address.to_string()))?;
        match self.ask(client, port, (None, &TracesRequest::Services.path()), MAX_REFUSAL_BYTES).await {
            Err(TracesError::Refused(401 | 403, _)) => {}
            Ok(_) | Err(TracesError::TooLarge(_)) => return Err(TracesError::NoTenants),
            Err(fault) => return Err(fault),
        }
        self.traces.keep(source, port);
        Ok(port)
    }

    async fn ask(
        &self,
        client: &Client,
        port: u64,
        (tenant, path): (Option<&str>, &str),
        max_bytes: usize,
    ) -> Result<Option<Bytes>, TracesError> {
        let ServiceAddress { namespace, name } = &self.settings.traces_service;
        let uri = format!("/api/v1/namespaces/{namespace}/services/{name}:{port}/proxy/api/v3/{path}");
        let mut request = Request::get(uri);
        if let Some(tenant) = tenant {
            request = request.header(TENANT_HEADER, tenant);
        }
        let request =
            request.body(Body::empty()).map_err(|fault| ClusterError::Invalid(format!("no such address: {fault}")))?;
        let answer = client.send(request).await.map_err(ClusterError::from)?;
        if answer.status() == StatusCode::OK {
            return read(answer, max_bytes).await.map(Some);
        }
        let status = answer.status();
        let body = read(answer, MAX_REFUSAL_BYTES).await.unwrap_or_default();
        explain(status, &body).map_or(Ok(None), Err)
    }
}

async fn read(answer: Response<Body>, max_bytes: usize) -> Result<Bytes, TracesError> {
    read_body(answer.into_body(), max_bytes).await.map_err(|fault| match fault {
        BodyError::TooLarge(bytes) => TracesError::TooLarge(bytes / (1024 * 1024)),
        BodyError::Broken(why) => ClusterError::Unreachable(format!("the answer broke off: {why}")).into(),
    })
}

/// Why an answer has no traces, as the API server or Jaeger says it; `None` where Jaeger found nothing.
fn explain(status: StatusCode, body: &[u8]) -> Option<TracesError> {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    if said["kind"] == "Status" {
        // The API server's own; what Jaeger says has another shape.
        let read: Option<Status> = serde_json::from_value(said).ok();
        let fault = read.map_or_else(|| ClusterError::Other(status.to_string()), |status| from_status(&status));
        return Some(fault.into());
    }
    if status == StatusCode::NOT_FOUND && said["error"]["message"].is_string() {
        return None;
    }
    if matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT) {
        return Some(ClusterError::Unreachable("Jaeger's pod is not reached".to_owned()).into());
    }
    let plain = String::from_utf8_lossy(body);
    let message = said["error"]["message"].as_str().unwrap_or_else(|| plain.trim());
    let message: String = message.chars().filter(|letter| !letter.is_control()).take(200).collect();
    Some(TracesError::Refused(status.as_u16(), message))
}

fn choose_port(service: &Value) -> Option<u64> {
    let ports = service["spec"]["ports"].as_array()?;
    let is_named = |port: &&Value| port["name"].as_str().is_some_and(|name| QUERY_PORT_NAMES.contains(&name));
    let named = ports.iter().find(is_named);
    let chosen = named.or_else(|| ports.iter().find(|port| port["port"] == QUERY_PORT))?;
    chosen["port"].as_u64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn port(ports: &Value) -> Option<u64> {
        choose_port(&json!({ "spec": { "ports": ports } }))
    }

    #[test]
    fn the_query_port_is_known_by_its_name_or_its_number() {
        assert_eq!(port(&json!([{ "name": "otlp", "port": 4317 }, { "name": "http-query", "port": 80 }])), Some(80));
        assert_eq!(port(&json!([{ "name": "ui", "port": 16686 }])), Some(16_686));
        assert_eq!(port(&json!([{ "name": "otlp", "port": 4317 }])), None);
        assert_eq!(port(&Value::Null), None);
    }

    #[test]
    fn nothing_found_is_told_from_what_is_missing_on_the_way() {
        let explain = |code, body: &str| explain(StatusCode::from_u16(code).unwrap(), body.as_bytes());
        assert!(explain(404, r#"{"error":{"httpCode":404,"message":"No traces found"}}"#).is_none());
        let missing = explain(404, r#"{"kind":"Status","code":404,"message":"services \"jaeger\" not found"}"#);
        assert!(matches!(missing, Some(TracesError::Cluster(_))), "{missing:?}");
        assert!(matches!(explain(404, "404 page not found"), Some(TracesError::Refused(404, _))));
        let away = explain(503, r#"{"kind":"Status","code":503,"message":"no endpoints available"}"#);
        assert!(matches!(away, Some(TracesError::Cluster(ClusterError::Unreachable(_)))), "{away:?}");
        let refused = explain(401, "missing tenant header\n").unwrap();
        assert_eq!(refused.to_string(), "Jaeger answered 401: missing tenant header");
    }
}
