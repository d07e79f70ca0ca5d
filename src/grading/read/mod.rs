//! What a check reads: objects of the session's namespace, answers through the ingress or of a Service, numbers, log lines,
//! traces, pages, and the loads that the platform applied.
//!
//! A read names a place inside the session's own namespace and no other: the namespace itself is never part of it.

mod bounds;
mod grafana;
mod http;
mod load;
mod log;
mod object;
mod page;
mod promql;
mod service;
#[cfg(test)]
mod tests;
mod trace;

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cluster::PartKind;

pub(super) use self::http::{CountBy, HttpProbe};
pub(super) use bounds::MAX_PROBE_SECONDS;
pub(super) use grafana::GrafanaProbe;
pub(super) use load::LoadProbe;
pub(super) use log::LogProbe;
pub(super) use object::ObjectRead;
pub(super) use page::PageProbe;
pub(super) use promql::PromqlProbe;
pub(super) use service::Authorization;
pub(super) use trace::TraceProbe;

/// One thing to read, whose value is a variable of its task's checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "ReadSource", into = "ReadSource")]
pub enum Read {
    /// One object, or all of a kind that labels select.
    Object(ObjectRead),
    /// Requests through the ingress or to a Service, and what was answered.
    Http(HttpProbe),
    /// The result of a query to the cluster's Prometheus, limited to the namespace.
    Promql(PromqlProbe),
    /// Lines that the pods of the namespace have written.
    Log(LogProbe),
    /// A trace of the namespace.
    Trace(TraceProbe),
    /// What a Grafana of the namespace shows.
    Grafana(GrafanaProbe),
    /// A load that the platform applied.
    Load(LoadProbe),
    /// The page that an annotation of a Service leads to.
    Page(PageProbe),
}

/// What is read of the session's namespace: an object's fields, or one probe under its name.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Read", transform = require_one)]
pub(super) struct ReadSource {
    /// The API version of an object, such as `apps/v1`.
    #[schemars(regex(pattern = object::API_VERSION))]
    api_version: Option<String>,
    /// The kind of an object, such as Service, or of all that are read.
    #[schemars(regex(pattern = object::KIND), extend("not" = { "enum": object::CLUSTER_KINDS }))]
    kind: Option<String>,
    /// The object's name; left out for a list of every object of the kind.
    #[schemars(length(min = 1, max = object::MAX_NAME))]
    name: Option<String>,
    /// A label selector for a list.
    labels: Option<String>,
    /// Requests over HTTP, and what was answered.
    http: Option<HttpProbe>,
    /// A query to the cluster's Prometheus, limited to the namespace.
    promql: Option<PromqlProbe>,
    /// Lines that the pods of the namespace have written.
    log: Option<LogProbe>,
    /// A trace of the namespace.
    trace: Option<TraceProbe>,
    /// What a Grafana of the namespace shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    grafana: Option<GrafanaProbe>,
    /// A load that the platform applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<LoadProbe>,
    /// The page that an annotation of a Service leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<PageProbe>,
}

/// The keys of an object in a read; each other key is a probe.
const OBJECT_KEYS: [&str; 4] = ["apiVersion", "kind", "name", "labels"];

/// Says in the schema that a read is one object or one probe, as [`Read::try_from`] does.
fn require_one(schema: &mut Schema) {
    let properties = schema.get("properties").and_then(|properties| properties.as_object());
    let keys: Vec<String> = properties.into_iter().flat_map(|all| all.keys().cloned()).collect();
    let probes = keys.iter().filter(|key| !OBJECT_KEYS.contains(&key.as_str()));
    let probe = |key: &String| json!({ "required": [key] });
    let object = json!({ "required": ["apiVersion", "kind"], "not": { "required": ["name", "labels"] } });
    let forms: Vec<_> = [object].into_iter().chain(probes.map(probe)).collect();
    schema.insert("oneOf".to_owned(), json!(forms));
    let parts = OBJECT_KEYS.map(|key| (key.to_owned(), json!(["apiVersion", "kind"])));
    schema.insert("dependencies".to_owned(), json!(BTreeMap::from(parts)));
}

impl From<Read> for ReadSource {
    fn from(read: Read) -> Self {
        match read {
            Read::Object(ObjectRead { api_version, kind, name, labels }) => {
                Self { api_version: Some(api_version), kind: Some(kind), name, labels, ..Self::default() }
            }
            Read::Http(probe) => Self { http: Some(probe), ..Self::default() },
            Read::Promql(probe) => Self { promql: Some(probe), ..Self::default() },
            Read::Log(probe) => Self { log: Some(probe), ..Self::default() },
            Read::Trace(probe) => Self { trace: Some(probe), ..Self::default() },
            Read::Grafana(probe) => Self { grafana: Some(probe), ..Self::default() },
            Read::Load(probe) => Self { load: Some(probe), ..Self::default() },
            Read::Page(probe) => Self { page: Some(probe), ..Self::default() },
        }
    }
}

impl TryFrom<ReadSource> for Read {
    type Error = String;

    fn try_from(source: ReadSource) -> Result<Self, String> {
        let ReadSource { api_version, kind, name, labels, http, promql, log, trace, grafana, load, page } = source;
        let is_object = api_version.is_some() || kind.is_some() || name.is_some() || labels.is_some();
        let probes = [
            http.map(|probe| within("http", probe.check().map(Self::Http))),
            promql.map(|probe| within("promql", probe.check().map(Self::Promql))),
            log.map(|probe| within("log", probe.check().map(Self::Log))),
            trace.map(|probe| within("trace", probe.check().map(Self::Trace))),
            grafana.map(|probe| within("grafana", probe.check().map(Self::Grafana))),
            load.map(|probe| within("load", probe.check().map(Self::Load))),
            page.map(|probe| within("page", probe.check().map(Self::Page))),
        ];
        let mut probes = probes.into_iter().flatten();
        match (is_object, probes.next(), probes.next()) {
            (true, None, None) => {
                let (Some(api_version), Some(kind)) = (api_version, kind) else {
                    return Err("an object is read by its apiVersion and its kind".to_owned());
                };
                ObjectRead { api_version, kind, name, labels }.check().map(Self::Object)
            }
            (false, Some(probe), None) => probe,
            _ => Err(
                "a read is an object (apiVersion, kind, name or labels), or one of http, promql, log, trace, grafana, \
                      load, page"
                    .to_owned(),
            ),
        }
    }
}

/// A fault with the probe that it is in.
fn within(probe: &str, read: Result<Read, String>) -> Result<Read, String> {
    read.map_err(|fault| format!("{probe}: {fault}"))
}

impl Read {
    /// The part of the cluster without which it cannot be read.
    pub(super) fn part(&self) -> Option<PartKind> {
        match self {
            Self::Http(probe) => probe.service.is_none().then_some(PartKind::Ingress),
            Self::Load(_) => Some(PartKind::Ingress),
            Self::Promql(_) => Some(PartKind::Metrics),
            Self::Trace(_) => Some(PartKind::Traces),
            Self::Object(_) | Self::Log(_) | Self::Grafana(_) | Self::Page(_) => None,
        }
    }

    /// What it is called in a sentence, with a capital.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Object(ObjectRead { kind, name: Some(name), .. }) => format!("The {kind} {name}"),
            Self::Object(ObjectRead { kind, .. }) => format!("The list of every {kind}"),
            Self::Http(HttpProbe { service: Some(service), path, .. }) => {
                format!("What the Service {service} answers at {path}")
            }
            Self::Http(probe) => format!("What {} answers through the ingress", probe.path),
            Self::Promql(_) => "The result of a query to Prometheus".to_owned(),
            Self::Log(probe) => format!("The log of the pods with {}", probe.labels),
            Self::Trace(probe) => format!("The traces of {}", probe.service),
            Self::Grafana(probe) => format!("What Grafana, the Service {}, shows", probe.service),
            Self::Load(probe) => format!("The load {}", probe.id),
            Self::Page(probe) => {
                format!("The page that {} of the Service {} leads to", probe.annotation, probe.service)
            }
        }
    }
}
