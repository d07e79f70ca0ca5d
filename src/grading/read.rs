//! What a check reads: objects of the session's namespace, answers through the ingress, numbers, and log lines.
//!
//! A read names a place inside the session's own namespace and no other: the namespace itself is never part of it.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};

use crate::cluster::{MAX_DNS_LABEL, is_dns_label};

/// One thing to read, whose value is a variable of its task's checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "ReadSource", into = "ReadSource")]
pub enum Read {
    /// One object, or all of a kind that labels select.
    Object(ObjectRead),
    /// Requests through the ingress, and what was answered.
    Http(HttpProbe),
    /// The result of a query to the cluster's Prometheus, limited to the namespace.
    Promql(PromqlProbe),
    /// Lines that the pods of the namespace have written.
    Log(LogProbe),
}

/// One object, or all of a kind that labels select.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRead {
    /// The API version, such as `apps/v1`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The object's name; left out for a list.
    pub name: Option<String>,
    /// A label selector for a list.
    pub labels: Option<String>,
}

/// Requests through the ingress to the session's host name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpProbe {
    /// The path, with its query.
    pub path: String,
    /// What stands before `<namespace>.<lab domain>`, without the dot.
    #[serde(default)]
    pub subdomain: Option<String>,
    /// The method.
    #[serde(default = "get")]
    pub method: String,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How many requests are sent.
    #[serde(default = "one")]
    pub requests: u32,
    /// How many of them are under way at once.
    #[serde(default = "one")]
    pub at_once: u32,
    /// How long each may take, in seconds.
    #[serde(default = "five")]
    pub timeout_seconds: u32,
    /// By what answers are counted, by the name of each count.
    #[serde(default)]
    pub counts: BTreeMap<String, CountBy>,
}

/// By what the answers to requests are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CountBy {
    /// The value at a JSON pointer (RFC 6901) in the body.
    Json(String),
    /// The value of a header.
    Header(String),
}

/// An instant query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromqlProbe(pub String);

/// The newest lines of the pods that labels select.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogProbe {
    /// A label selector.
    pub labels: String,
    /// The container; left out, the pod's first.
    #[serde(default)]
    pub container: Option<String>,
    /// How old a line may be, in seconds.
    #[serde(default = "five_minutes")]
    pub since_seconds: u32,
    /// How many of each pod's newest lines are read.
    #[serde(default = "two_hundred")]
    pub lines: u32,
    /// What a line must contain to be kept.
    #[serde(default)]
    pub contains: Option<String>,
}

/// How many requests one probe may send.
const MAX_REQUESTS: u32 = 1000;
/// How many requests of a probe may be under way at once.
pub(super) const MAX_AT_ONCE: u32 = 16;
/// How long one request of a probe may take.
const MAX_TIMEOUT_SECONDS: u32 = 10;
/// How many lines of a pod may be read.
const MAX_LINES: u32 = 500;
/// How old a line may be.
const MAX_SINCE_SECONDS: u32 = 3600;

fn get() -> String {
    "GET".to_owned()
}

fn one() -> u32 {
    1
}

fn five() -> u32 {
    5
}

fn five_minutes() -> u32 {
    300
}

fn two_hundred() -> u32 {
    200
}

/// A read as `lab.yaml` writes it: an object's fields, or one probe under its name.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReadSource {
    api_version: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    labels: Option<String>,
    http: Option<HttpProbe>,
    promql: Option<PromqlProbe>,
    log: Option<LogProbe>,
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
        }
    }
}

impl TryFrom<ReadSource> for Read {
    type Error = String;

    fn try_from(source: ReadSource) -> Result<Self, String> {
        let ReadSource { api_version, kind, name, labels, http, promql, log } = source;
        let is_object = api_version.is_some() || kind.is_some() || name.is_some() || labels.is_some();
        match (is_object, http, promql, log) {
            (true, None, None, None) => {
                let (Some(api_version), Some(kind)) = (api_version, kind) else {
                    return Err("an object is read by its apiVersion and its kind".to_owned());
                };
                if name.is_some() && labels.is_some() {
                    return Err(format!("{kind} has a name and labels; one of them picks it"));
                }
                Ok(Self::Object(ObjectRead { api_version, kind, name, labels }))
            }
            (false, Some(probe), None, None) => probe.check().map(Self::Http),
            (false, None, Some(probe), None) => Ok(Self::Promql(probe)),
            (false, None, None, Some(probe)) => probe.check().map(Self::Log),
            _ => Err("a read is an object (apiVersion, kind, name or labels), or one of http, promql, log".to_owned()),
        }
    }
}

impl Read {
    /// What it is called in a sentence, with a capital.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Object(ObjectRead { kind, name: Some(name), .. }) => format!("The {kind} {name}"),
            Self::Object(ObjectRead { kind, .. }) => format!("The list of every {kind}"),
            Self::Http(probe) => format!("What {} answers through the ingress", probe.path),
            Self::Promql(_) => "The result of a query to Prometheus".to_owned(),
            Self::Log(probe) => format!("The log of the pods with {}", probe.labels),
        }
    }
}

impl HttpProbe {
    fn check(self) -> Result<Self, String> {
        let in_bounds = |name: &str, value: u32, most: u32| {
            let holds = (1..=most).contains(&value);
            if holds { Ok(()) } else { Err(format!("http: {name} is {value}, and goes from 1 to {most}")) }
        };
        in_bounds("requests", self.requests, MAX_REQUESTS)?;
        in_bounds("atOnce", self.at_once, MAX_AT_ONCE)?;
        in_bounds("timeoutSeconds", self.timeout_seconds, MAX_TIMEOUT_SECONDS)?;
        let is_path = self.path.starts_with('/') && self.path.parse::<http::uri::PathAndQuery>().is_ok();
        if !is_path {
            return Err(format!("http: {:?} is no path", self.path));
        }
        if self.subdomain.as_deref().is_some_and(|label| !is_dns_label(label, MAX_DNS_LABEL)) {
            return Err("http: subdomain is one label of a host name".to_owned());
        }
        self.method.parse::<Method>().map_err(|_fault| format!("http: {:?} is no method", self.method))?;
        for (name, value) in &self.headers {
            let is_host = name.eq_ignore_ascii_case("host");
            if is_host || name.parse::<HeaderName>().is_err() || value.parse::<HeaderValue>().is_err() {
                return Err(format!("http: {name:?}: {value:?} is no header that a probe can send"));
            }
        }
        for by in self.counts.values() {
            match by {
                CountBy::Json(pointer) if !pointer.is_empty() && !pointer.starts_with('/') => {
                    return Err(format!("http: {pointer:?} is no JSON pointer"));
                }
                CountBy::Header(name) if name.parse::<HeaderName>().is_err() => {
                    return Err(format!("http: {name:?} is no name of a header"));
                }
                CountBy::Json(_) | CountBy::Header(_) => {}
            }
        }
        Ok(self)
    }
}

impl LogProbe {
    fn check(self) -> Result<Self, String> {
        if !(1..=MAX_LINES).contains(&self.lines) || !(1..=MAX_SINCE_SECONDS).contains(&self.since_seconds) {
            return Err(format!("log: lines go from 1 to {MAX_LINES}, and sinceSeconds from 1 to {MAX_SINCE_SECONDS}"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Read, String> {
        let value: serde_json::Value = serde_yaml_ng::from_str(yaml).unwrap();
        serde_json::from_value(value).map_err(|fault| fault.to_string())
    }

    #[test]
    fn each_kind_of_read_is_known_by_its_fields() {
        let object = read("{ apiVersion: v1, kind: Service, name: qotm }").unwrap();
        assert_eq!(object.describe(), "The Service qotm");
        let Read::Http(probe) =
            read("http: { path: /quote/, requests: 200, counts: { by: { json: /server } } }").unwrap()
        else {
            panic!("it is a probe by HTTP")
        };
        assert_eq!((probe.method.as_str(), probe.requests, probe.timeout_seconds), ("GET", 200, 5));
        assert_eq!(probe.counts["by"], CountBy::Json("/server".to_owned()));
        assert_eq!(read("promql: sum(up)"), Ok(Read::Promql(PromqlProbe("sum(up)".to_owned()))));
        assert!(matches!(read("log: { labels: app=qotm }"), Ok(Read::Log(LogProbe { lines: 200, .. }))));
    }

    #[test]
    fn what_cannot_be_read_is_told_in_words() {
        for (yaml, told) in [
            ("{ kind: Service }", "by its apiVersion and its kind"),
            ("{ apiVersion: v1, kind: Pod, name: a, labels: b=c }", "one of them picks it"),
            ("{ promql: up, kind: Pod }", "or one of http, promql, log"),
            ("{}", "or one of http, promql, log"),
            ("http: { path: quote }", "\"quote\" is no path"),
            ("http: { path: /, requests: 1001 }", "from 1 to 1000"),
            ("http: { path: /, atOnce: 0 }", "from 1 to 16"),
            ("http: { path: /, subdomain: a.b }", "one label"),
            ("http: { path: /, headers: { Host: elsewhere } }", "no header that a probe can send"),
            ("http: { path: /, counts: { a: { json: server } } }", "no JSON pointer"),
            ("log: { labels: app=qotm, lines: 501 }", "from 1 to 500"),
            ("{ apiVersion: v1, kind: Pod, namespace: other }", "unknown field"),
        ] {
            let fault = read(yaml).unwrap_err();
            assert!(fault.contains(told), "{yaml}: {fault}");
        }
    }

    #[test]
    fn a_read_is_written_as_it_was_read() {
        for yaml in ["{apiVersion: v1, kind: Service, name: qotm}", "http: {path: /a}", "promql: up"] {
            let one = read(yaml).unwrap();
            let written = serde_json::to_string(&one).unwrap();
            assert_eq!(read(&written), Ok(one), "{written}");
        }
    }
}
