//! What a check reads: objects of the session's namespace, answers through the ingress or of a Service, numbers, log lines,
//! traces, and the loads that the platform applied.
//!
//! A read names a place inside the session's own namespace and no other: the namespace itself is never part of it.

mod bounds;
mod grafana;
mod http;
mod load;
mod log;
mod object;
mod promql;
mod service;
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
        }
    }
}

impl TryFrom<ReadSource> for Read {
    type Error = String;

    fn try_from(source: ReadSource) -> Result<Self, String> {
        let ReadSource { api_version, kind, name, labels, http, promql, log, trace, grafana, load } = source;
        let is_object = api_version.is_some() || kind.is_some() || name.is_some() || labels.is_some();
        let probes = [
            http.map(|probe| within("http", probe.check().map(Self::Http))),
            promql.map(|probe| within("promql", probe.check().map(Self::Promql))),
            log.map(|probe| within("log", probe.check().map(Self::Log))),
            trace.map(|probe| within("trace", probe.check().map(Self::Trace))),
            grafana.map(|probe| within("grafana", probe.check().map(Self::Grafana))),
            load.map(|probe| within("load", probe.check().map(Self::Load))),
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
                      load"
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
            Self::Object(_) | Self::Log(_) | Self::Grafana(_) => None,
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Read, String> {
        let value: serde_json::Value = crate::yaml::read(yaml).unwrap();
        serde_json::from_value(value).map_err(|fault| fault.to_string())
    }

    #[test]
    fn each_kind_of_read_is_known_by_its_fields() {
        let object = read("{ apiVersion: v1, kind: Service, name: qotm }").unwrap();
        assert_eq!(object.describe(), "The Service qotm");
        let Read::Http(probe) = read(
            "http: { path: /quote/, requests: 200, atOnce: 10, timeoutSeconds: 1, counts: { by: { json: /server } } }",
        )
        .unwrap() else {
            panic!("it is a probe by HTTP")
        };
        assert_eq!((probe.method.as_str(), probe.requests, probe.timeout_seconds), ("GET", 200, 1));
        assert_eq!(probe.counts["by"], CountBy::Json("/server".to_owned()));
        assert_eq!(read("promql: sum(up)"), Ok(Read::Promql(PromqlProbe("sum(up)".to_owned()))));
        assert!(matches!(read("trace: { service: front }"), Ok(Read::Trace(TraceProbe { since_seconds: 900, .. }))));
        assert!(matches!(read("log: { labels: app=qotm }"), Ok(Read::Log(LogProbe { lines: 200, .. }))));
    }

    /// Every one of `reads` is refused, and told so.
    fn assert_refused(reads: &[(&str, &str)]) {
        for (yaml, told) in reads {
            let fault = read(yaml).expect_err(yaml);
            assert!(fault.contains(told), "{yaml}: {fault}");
        }
    }

    #[test]
    fn what_is_no_read_is_told_in_words() {
        assert_refused(&[
            ("{ kind: Service }", "by its apiVersion and its kind"),
            ("{ promql: up, kind: Pod }", "or one of http, promql, log"),
            ("{ promql: up, log: { labels: a=b } }", "or one of http, promql, log"),
            ("{}", "or one of http, promql, log"),
            ("{ apiVersion: v1, kind: Pod, namespace: other }", "unknown field"),
        ]);
    }

    #[test]
    fn an_object_that_no_namespace_can_have_is_told_in_words() {
        assert_refused(&[
            ("{ apiVersion: v1, kind: Pod, name: a, labels: b=c }", "one of them picks it"),
            ("{ apiVersion: '', kind: Pod }", "apiVersion \"\" is none"),
            ("{ apiVersion: apps/v1/x, kind: Pod }", "is none"),
            ("{ apiVersion: Apps/v1, kind: Pod }", "is none"),
            ("{ apiVersion: apps, kind: Deployment }", "write one such as v1 or apps/v1"),
            ("{ apiVersion: v1, kind: pods }", "kind \"pods\" is none"),
            ("{ apiVersion: v1, kind: '' }", "kind \"\" is none"),
            ("{ apiVersion: v1, kind: Pod/log }", "is none"),
            ("{ apiVersion: v1, kind: Node, name: a }", "a Node belongs to no namespace"),
            ("{ apiVersion: v1, kind: Namespace }", "belongs to no namespace"),
            ("{ apiVersion: v1, kind: Pod, name: '' }", "can be no object's name"),
            ("{ apiVersion: v1, kind: Pod, name: ../../nodes/a }", "can be no object's name"),
            ("{ apiVersion: v1, kind: Pod, name: 'a b' }", "can be no object's name"),
            ("{ apiVersion: v1, kind: Pod, name: a?watch=1 }", "can be no object's name"),
            ("{ apiVersion: v1, kind: Pod, labels: 'a b=((' }", "labels: \"b\" behind a is no operator"),
        ]);
        for yaml in [
            "{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, name: 'system:a' }",
            "{ apiVersion: v1, kind: Pod }",
        ] {
            assert!(read(yaml).is_ok(), "{yaml}");
        }
    }

    #[test]
    fn a_request_that_does_not_pass_the_ingress_is_told_in_words() {
        for method in ["CONNECT", "TRACE", "get", "PURGE", "''", "'A B'"] {
            assert_refused(&[(&format!("http: {{ path: /, method: {method} }}"), "write one of GET, HEAD, POST")]);
        }
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            assert!(read(&format!("http: {{ path: /, method: {method} }}")).is_ok(), "{method}");
        }
        for name in
            ["Transfer-Encoding", "content-length", "Connection", "Keep-Alive", "TE", "Upgrade", "Expect", "Trailer"]
        {
            assert_refused(&[(
                &format!("http: {{ path: /, headers: {{ {name}: a }} }}"),
                "is set by the client itself",
            )]);
        }
        for name in ["''", "'a b'", "'a:'", "':path'", "ä", "\"a\\n\""] {
            assert_refused(&[(&format!("http: {{ path: /, headers: {{ {name}: a }} }}"), "is no name of a header")]);
        }
        for value in ["\"a\\r\\nb: c\"", "\"a\\0\"", "\"a\\tb\"", "\"\\x7f\""] {
            assert_refused(&[(
                &format!("http: {{ path: /, headers: {{ x-a: {value} }} }}"),
                "with control characters",
            )]);
        }
        for name in ["Host", "HOST"] {
            assert_refused(&[(
                &format!("http: {{ path: /, headers: {{ {name}: a }} }}"),
                "write what stands before it as subdomain",
            )]);
        }
        assert!(
            read("http: { path: /, headers: { X-Canary: 'yes', authorization: Bearer x, Accept: '*/*' } }").is_ok()
        );
    }

    #[test]
    fn an_address_that_is_none_is_told_in_words() {
        for path in ["quote", "''", "http://elsewhere/", "'/a b'", "/ä", "/%zz", "/100%", "'/a#b'", "\"/a\\nb\""] {
            assert_refused(&[(&format!("http: {{ path: {path} }}"), "is none: a path")]);
        }
        assert_refused(&[(&format!("http: {{ path: /{} }}", "a".repeat(2000)), "2000 characters")]);
        for subdomain in ["a.b", "''", "-a", "A", "'a b'", "ä", &"a".repeat(64)] {
            assert_refused(&[(&format!("http: {{ path: /, subdomain: {subdomain} }}"), "is not one label")]);
        }
        for path in ["/", "/qotm/?a=b&c=%20d", "/a//b/../c", "'/{id}'"] {
            assert!(read(&format!("http: {{ path: {path} }}")).is_ok(), "{path}");
        }
    }

    #[test]
    fn a_probe_that_counts_or_takes_more_than_it_can_is_told_in_words() {
        assert_refused(&[
            ("http: { path: /, requests: 0 }", "from 1 to 480"),
            ("http: { path: /, requests: 481, atOnce: 16, timeoutSeconds: 1 }", "from 1 to 480"),
            ("http: { path: /, atOnce: 17 }", "from 1 to 16"),
            ("http: { path: /, timeoutSeconds: 11 }", "from 1 to 10"),
            ("http: { path: /, requests: 7 }", "take 35 s when none is answered, and a read has 30 s"),
            ("http: { path: /, requests: 60, atOnce: 6 }", "lower requests or timeoutSeconds, or raise atOnce"),
            ("http: { path: /, requests: 31, atOnce: 10, timeoutSeconds: 8 }", "take 32 s"),
            ("http: { path: /, counts: { a: { json: server } } }", "no JSON pointer"),
            ("http: { path: /, counts: { a: { json: /a~b } } }", "no JSON pointer"),
            ("http: { path: /, counts: { a: { header: 'a b' } } }", "no name of a header"),
            ("http: { path: /, method: HEAD, counts: { a: { json: /a } } }", "no body to count by"),
            ("log: { labels: app=qotm, lines: 501 }", "from 1 to 500"),
            ("log: { labels: app=qotm, sinceSeconds: 0 }", "from 1 to 3600"),
            ("log: { labels: 'a b=((' }", "log: labels: \"b\" behind a is no operator"),
            ("log: { labels: app, container: Qotm }", "can be none"),
            ("log: { labels: app, contains: \"a\\nb\" }", "no line break"),
        ]);
        for yaml in
            ["http: { path: /, requests: 480, atOnce: 16, timeoutSeconds: 1 }", "http: { path: /, requests: 6 }"]
        {
            assert!(read(yaml).is_ok(), "{yaml}");
        }
    }

    #[test]
    fn a_service_that_none_can_be_is_told_in_words() {
        assert_refused(&[
            ("http: { path: /, port: 80 }", "write its name as service"),
            ("http: { path: /, service: a }", "is asked at a port"),
            ("http: { path: /, service: a.b, port: 80 }", "without a domain"),
            ("http: { path: /, service: 'http://a', port: 80 }", "without a domain"),
            ("http: { path: /, service: a, port: 0 }", "from 1 to 65535"),
            ("http: { path: /, service: a, port: 80, subdomain: b }", "subdomain is of the ingress"),
            (
                "http: { path: /, service: a, port: 80, authorization: { secret: b } }",
                "userKey and passwordKey, or tokenKey",
            ),
            (
                "http: { path: /, service: a, port: 80, authorization: { secret: b, userKey: c, tokenKey: d } }",
                "userKey and passwordKey, or tokenKey",
            ),
            (
                "http: { path: /, service: a, port: 80, authorization: { secret: ../b, tokenKey: d } }",
                "no Secret's name",
            ),
            (
                "http: { path: /, service: a, port: 80, authorization: { secret: b, tokenKey: ../d } }",
                "no key of a Secret",
            ),
            (
                "http: { path: /, service: a, port: 80, headers: { Authorization: x }, authorization: { secret: b, tokenKey: d } }",
                "leave one of them out",
            ),
            ("grafana: { service: a.b, port: 80, authorization: { secret: b, tokenKey: c } }", "grafana: service"),
            ("load: { id: '../a' }", "load: id"),
            ("{ load: { id: a }, promql: up }", "or one of http"),
        ]);
        let Ok(Read::Http(probe)) =
            read("http: { path: '/a?b=c', service: a, port: http, query: { query: 'up{a=\"b\"}' } }")
        else {
            panic!("it is a read of a Service")
        };
        assert_eq!(probe.target(), "/a?b=c&query=up%7Ba%3D%22b%22%7D");
        assert_eq!(Read::Http(probe).part(), None);
    }

    #[test]
    fn a_trace_that_nothing_can_be_is_told_in_words() {
        let long = "a".repeat(201);
        assert_refused(&[
            ("trace: {}", "missing field `service`"),
            ("trace: { service: '' }", "service \"\" is none; write the service's name in its traces"),
            ("trace: { service: \"a\\nb\" }", "is none"),
            (&format!("trace: {{ service: {long} }}"), "is none"),
            ("trace: { service: a, operation: '' }", "or leave it out"),
            ("trace: { service: a, minMilliseconds: 0 }", "from 1 to 3600000"),
            ("trace: { service: a, minMilliseconds: 3600001 }", "from 1 to 3600000"),
            ("trace: { service: a, sinceSeconds: 0 }", "from 1 to 86400"),
            ("trace: { service: a, attributes: { '': b } }", "attribute \"\" is none"),
            ("trace: { service: a, attributes: { b: \"c\\nd\" } }", "can never have the value"),
            ("trace: { service: a, minDuration: 5 }", "unknown field"),
            ("trace: { service: a, attributes: { a: 1, b: 2 } }", "expected a string"),
        ]);
        let many: Vec<String> = (0..17).map(|key| format!("k{key}: v")).collect();
        assert_refused(&[(
            &format!("trace: {{ service: a, attributes: {{ {} }} }}", many.join(", ")),
            "16 at the most",
        )]);
    }

    #[test]
    fn a_read_is_written_as_it_was_read() {
        for yaml in [
            "{apiVersion: v1, kind: Service, name: qotm}",
            "http: {path: /a}",
            "promql: up",
            "trace: {service: a}",
            "log: {labels: a=b}",
            "http: {path: /a, service: b, port: 80, authorization: {secret: c, tokenKey: d}}",
            "grafana: {service: b, port: http, authorization: {secret: c, userKey: d, passwordKey: e}}",
            "load: {id: a}",
        ] {
            let one = read(yaml).unwrap();
            let written = serde_json::to_string(&one).unwrap();
            assert_eq!(read(&written), Ok(one), "{written}");
        }
    }
}
