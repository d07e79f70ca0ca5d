//! Requests through the ingress to the session's host name, or to a Service of its namespace.

use std::collections::BTreeMap;

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{MAX_PROBE_SECONDS, in_bounds, quoted};
use super::service::{Authorization, check_service};
use crate::cluster::{MAX_DNS_LABEL, is_dns_label};
use crate::labs::PortName;

/// How many requests of a probe may be under way at once.
const MAX_AT_ONCE: u32 = 16;
/// How long one request of a probe may take.
const MAX_TIMEOUT_SECONDS: u32 = 10;
/// How many requests one probe may send: as many as may take a second each.
const MAX_REQUESTS: u32 = MAX_AT_ONCE * MAX_PROBE_SECONDS;
/// How long a path may be.
const MAX_PATH_CHARS: usize = 2000;
/// How long a path may be with its query.
const MAX_TARGET_CHARS: usize = 4000;
/// The methods that an ingress passes on. CONNECT would open a tunnel, and proxies refuse TRACE and what they do not know.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// The headers that frame a message or concern one connection alone (RFC 9110, sections 7.6.1, 8.6 and 10.1.1; RFC 9112,
/// section 6.1): they are the client's own, and an ingress refuses or drops them.
const CONNECTION_HEADERS: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Requests through the ingress to the session's host name, or to a Service of its namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpProbe {
    /// The path, with its query.
    #[schemars(length(max = MAX_PATH_CHARS), regex(pattern = "^/[!-\"$-~]*$"))]
    pub path: String,
    /// Parameters of the query, behind those of the path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// A Service of the session's namespace, in place of the ingress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The Service's port, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<PortName>,
    /// Who asks the Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// What stands before `<namespace>.<lab domain>`, without the dot.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_DNS_LABEL))]
    pub subdomain: Option<String>,
    /// The method.
    #[serde(default = "get")]
    #[schemars(extend("enum" = METHODS))]
    pub method: String,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How many requests are sent.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = MAX_REQUESTS))]
    pub requests: u32,
    /// How many of them are under way at once.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = MAX_AT_ONCE))]
    pub at_once: u32,
    /// How long each may take, in seconds.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = MAX_TIMEOUT_SECONDS))]
    pub timeout_seconds: u32,
    /// By what answers are counted, by the name of each count.
    #[serde(default)]
    pub counts: BTreeMap<String, CountBy>,
}

/// By what the answers to requests are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CountBy {
    /// The value at a JSON pointer (RFC 6901) in the body.
    Json(String),
    /// The value of a header.
    Header(String),
}

fn get() -> String {
    "GET".to_owned()
}

fn one() -> u32 {
    1
}

fn five() -> u32 {
    5
}

impl HttpProbe {
    pub(super) fn check(self) -> Result<Self, String> {
        in_bounds("requests", self.requests, MAX_REQUESTS)?;
        in_bounds("atOnce", self.at_once, MAX_AT_ONCE)?;
        in_bounds("timeoutSeconds", self.timeout_seconds, MAX_TIMEOUT_SECONDS)?;
        self.check_time()?;
        check_path(&self.path)?;
        self.check_service()?;
        if self.target().len() > MAX_TARGET_CHARS {
            return Err(format!("path and query take more than {MAX_TARGET_CHARS} characters together"));
        }
        if let Some(label) = self.subdomain.as_deref().filter(|label| !is_dns_label(label, MAX_DNS_LABEL)) {
            let label = quoted(label);
            return Err(format!("subdomain {label} is not one label of a host name; write one such as canary"));
        }
        if !METHODS.contains(&self.method.as_str()) {
            let (method, methods) = (quoted(&self.method), METHODS.join(", "));
            return Err(format!("method {method} does not pass the ingress; write one of {methods}"));
        }
        for (name, value) in &self.headers {
            check_header(name, value)?;
        }
        for by in self.counts.values() {
            self.check_count(by)?;
        }
        Ok(self)
    }

    /// The path with all of the query.
    pub(in crate::grading) fn target(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
        let separator = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{separator}{query}", self.path)
    }

    /// Whether a Service is named whole, and is not mixed up with the ingress.
    fn check_service(&self) -> Result<(), String> {
        let Self { service, port, authorization, subdomain, headers, .. } = self;
        let Some(service) = service else {
            if port.is_some() || authorization.is_some() {
                return Err("port and authorization are those of a Service; write its name as service".to_owned());
            }
            return Ok(());
        };
        check_service(service)?;
        if port.is_none() {
            return Err("a Service is asked at a port; write its name or its number".to_owned());
        }
        if subdomain.is_some() {
            return Err("subdomain is of the ingress, and service is asked without it".to_owned());
        }
        let Some(authorization) = authorization else { return Ok(()) };
        if headers.keys().any(|name| name.eq_ignore_ascii_case("authorization")) {
            return Err("the header Authorization comes from authorization; leave one of them out".to_owned());
        }
        authorization.check()
    }

    /// Whether all requests fit into the time of a read when none is answered.
    fn check_time(&self) -> Result<(), String> {
        let Self { requests, at_once, timeout_seconds, .. } = self;
        let seconds = requests.div_ceil(*at_once) * timeout_seconds;
        if seconds <= MAX_PROBE_SECONDS {
            return Ok(());
        }
        Err(format!(
            "{requests} requests, {at_once} at once, each of up to {timeout_seconds} s, take {seconds} s when none is \
             answered, and a read has {MAX_PROBE_SECONDS} s; lower requests or timeoutSeconds, or raise atOnce"
        ))
    }

    fn check_count(&self, by: &CountBy) -> Result<(), String> {
        match by {
            CountBy::Json(_) if self.method == "HEAD" => {
                Err("an answer to HEAD has no body to count by; count by a header, or write the method GET".to_owned())
            }
            CountBy::Json(pointer) if !is_pointer(pointer) => {
                Err(format!("{} is no JSON pointer; write one such as /server/name", quoted(pointer)))
            }
            CountBy::Header(name) if name.parse::<HeaderName>().is_err() => {
                Err(format!("{} is no name of a header; write one such as x-version", quoted(name)))
            }
            CountBy::Json(_) | CountBy::Header(_) => Ok(()),
        }
    }
}

fn check_path(path: &str) -> Result<(), String> {
    let what = if !path.starts_with('/') {
        "begins with a slash"
    } else if path.contains('#') {
        "has no fragment, which no client sends; leave out the # and what follows"
    } else if path.len() > MAX_PATH_CHARS {
        "is 2000 characters long at the most"
    } else if !path.bytes().all(|byte| byte.is_ascii_graphic()) || path.parse::<PathAndQuery>().is_err() {
        "holds what an address may; write %20 for a blank, and other letters in the same way"
    } else if !has_sound_escapes(path) {
        "has two hexadecimal digits behind each %; write %25 for the sign itself"
    } else {
        return Ok(());
    };
    Err(format!("path {} is none: a path {what}", quoted(path)))
}

fn has_sound_escapes(path: &str) -> bool {
    let is_escape = |rest: &str| rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    path.split('%').skip(1).all(is_escape)
}

fn check_header(name: &str, value: &str) -> Result<(), String> {
    let shown = quoted(name);
    if name.parse::<HeaderName>().is_err() {
        return Err(format!("{shown} is no name of a header; write letters, digits and dashes, such as x-version"));
    }
    if name.eq_ignore_ascii_case("host") {
        return Err("the header Host is the session's own; write what stands before it as subdomain".to_owned());
    }
    if CONNECTION_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
        return Err(format!(
            "the header {shown} is set by the client itself, and does not pass the ingress; leave it out"
        ));
    }
    let is_value = value.parse::<HeaderValue>().is_ok() && !value.contains('\t');
    if !is_value {
        return Err(format!("the header {shown} has a value with control characters; write one line of plain text"));
    }
    Ok(())
}

/// Whether it is a JSON pointer, in which a tilde stands before 0 or 1.
fn is_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}
