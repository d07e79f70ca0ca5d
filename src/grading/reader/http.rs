//! Requests through the ingress to a session's own host name, or to a Service of its namespace.
//!
//! They go to the ready pods of that Service and nowhere else: a redirect is an answer, and is not followed.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::service::{Target, Unreached};
use crate::cluster::{BodyError, Cluster, PodHttp, PodPort, empty_body, read_body};
use crate::grading::read::{CountBy, HttpProbe};

/// How much of one answer's body is read.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// How much of the first answer's body is kept.
const KEPT_BODY_BYTES: usize = 16 * 1024;
/// How many different values one count keeps apart; the others count as `other`.
const MAX_VALUES: usize = 50;
/// How many characters of a counted value are kept.
const MAX_VALUE_CHARS: usize = 100;

/// One answer.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    milliseconds: f64,
}

/// What the answers to a probe were.
#[derive(Default)]
struct Answers {
    first: Option<Value>,
    statuses: BTreeMap<String, u32>,
    faults: BTreeMap<String, u32>,
    counts: BTreeMap<String, BTreeMap<String, u32>>,
    milliseconds: Vec<f64>,
}

/// Sends the requests of `probe`; the error says why none could be sent.
pub(super) async fn probe(
    cluster: &Cluster,
    http: &PodHttp,
    probe: &HttpProbe,
    namespace: &str,
) -> Result<Value, String> {
    let mut answers = Answers::default();
    let target = match find_target(cluster, probe, namespace).await {
        Ok(target) => target,
        Err(Unreached::Unknown(fault)) => return Err(fault),
        Err(Unreached::Missing(fault)) => {
            answers.faults.insert(fault, probe.requests);
            return Ok(answers.into_value(probe, probe.service.as_deref().unwrap_or_default()));
        }
    };
    let mut requests: Vec<BoxFuture<'_, Result<Answer, String>>> = Vec::new();
    for pod in target.pods.iter().cycle().take(probe.requests as usize) {
        requests.push(Box::pin(send(http, pod, probe, &target)));
    }
    let mut outcomes = stream::iter(requests).buffered(probe.at_once as usize);
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(answer) => answers.add(&answer, &probe.counts),
            Err(fault) => add(&mut answers.faults, fault),
        }
    }
    let mut value = answers.into_value(probe, &target.host);
    target.redact(&mut value);
    Ok(value)
}

async fn find_target(cluster: &Cluster, probe: &HttpProbe, namespace: &str) -> Result<Target, Unreached> {
    if let (Some(service), Some(port)) = (&probe.service, &probe.port) {
        return Target::find(cluster, namespace, (service, port), probe.authorization.as_ref()).await;
    }
    let pods = cluster.find_ingress().await.map_err(Unreached::Unknown)?;
    Ok(Target::ingress(pods, cluster.ingress_host(namespace, probe.subdomain.as_deref())))
}

async fn send(http: &PodHttp, pod: &PodPort, probe: &HttpProbe, target: &Target) -> Result<Answer, String> {
    let mut request =
        Request::builder().method(probe.method.as_str()).uri(probe.target()).header(header::HOST, &target.host);
    if let Some(authorization) = &target.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    for (name, value) in &probe.headers {
        request = request.header(name, value);
    }
    let request = request.body(empty_body()).map_err(|fault| fault.to_string())?;
    let within = Duration::from_secs(probe.timeout_seconds.into());
    let begun = Instant::now();
    let answered = async {
        let (head, body) = http.send(pod, request, within).await.map_err(|fault| fault.to_string())?.into_parts();
        let body = read_body(body, MAX_BODY_BYTES).await.map_err(describe_unread)?;
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
        Ok(Answer { status: head.status, headers: head.headers, body, milliseconds })
    };
    timeout(within, answered).await.unwrap_or_else(|_elapsed| Err(format!("no answer within {} s", within.as_secs())))
}

fn describe_unread(fault: BodyError) -> String {
    match fault {
        BodyError::TooLarge(bytes) => {
            format!(
                "the answer's body is larger than {} KiB, which is the most that a check reads of one",
                bytes / 1024
            )
        }
        BodyError::Broken(why) => format!("the answer's body broke off: {why}"),
    }
}

impl Answers {
    fn add(&mut self, answer: &Answer, counts: &BTreeMap<String, CountBy>) {
        add(&mut self.statuses, answer.status.as_str().to_owned());
        self.milliseconds.push(answer.milliseconds);
        let parsed = LazyCell::new(|| serde_json::from_slice::<Value>(&answer.body).ok());
        for (name, by) in counts {
            let value = match by {
                CountBy::Header(name) => {
                    answer.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                }
                CountBy::Json(pointer) => parsed.as_ref().and_then(|body| body.pointer(pointer).map(as_text)),
            };
            add(self.counts.entry(name.clone()).or_default(), value.unwrap_or_default());
        }
        if self.first.is_none() {
            self.first = Some(describe(answer));
        }
    }

    fn into_value(mut self, probe: &HttpProbe, host: &str) -> Value {
        self.milliseconds.sort_by(f64::total_cmp);
        let last = self.milliseconds.len().saturating_sub(1);
        let at = |hundredths: usize| self.milliseconds.get(last * hundredths / 100).map(|length| length.round());
        for name in probe.counts.keys() {
            self.counts.entry(name.clone()).or_default();
        }
        json!({
            "host": host,
            "requests": probe.requests,
            "answered": self.milliseconds.len(),
            "statuses": self.statuses,
            "faults": self.faults,
            "counts": self.counts,
            "first": self.first,
            "milliseconds": { "shortest": at(0), "median": at(50), "p95": at(95), "longest": at(100) },
        })
    }
}

/// Counts `value`, as one of the others where there are too many different ones.
fn add(counts: &mut BTreeMap<String, u32>, value: String) {
    let value = shorten(value);
    let is_new = !counts.contains_key(&value);
    let value = if is_new && counts.len() >= MAX_VALUES { "other".to_owned() } else { value };
    *counts.entry(value).or_default() += 1;
}

/// As much of a value as is counted by.
fn shorten(value: String) -> String {
    match value.char_indices().nth(MAX_VALUE_CHARS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value,
    }
}

fn describe(answer: &Answer) -> Value {
    let headers: BTreeMap<&str, String> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let kept = &answer.body[..answer.body.len().min(KEPT_BODY_BYTES)];
    json!({
        "status": answer.status.as_u16(),
        "headers": headers,
        "body": String::from_utf8_lossy(kept),
        "json": serde_json::from_slice::<Value>(kept).ok(),
    })
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str, milliseconds: f64) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("x-version", "two".parse().unwrap());
        Answer { status: StatusCode::OK, headers, body: body.to_owned().into(), milliseconds }
    }

    #[test]
    fn answers_are_counted_by_what_the_lab_names() {
        let yaml = json!({ "path": "/", "requests": 4, "counts": {
            "server": { "json": "/server/name" }, "version": { "header": "x-version" }, "none": { "json": "/none" },
        } });
        let probe: HttpProbe = serde_json::from_value(yaml).unwrap();
        let mut answers = Answers::default();
        for (server, milliseconds) in [("a", 1.0), ("b", 2.0), ("a", 90.0)] {
            answers.add(&answer(&json!({ "server": { "name": server } }).to_string(), milliseconds), &probe.counts);
        }
        add(&mut answers.faults, "no answer within 5 s".to_owned());
        let value = answers.into_value(&probe, "ns.labs.localhost");
        assert_eq!(value["statuses"], json!({ "200": 3 }));
        assert_eq!(value["counts"]["server"], json!({ "a": 2, "b": 1 }));
        assert_eq!(value["counts"]["version"], json!({ "two": 3 }));
        assert_eq!(value["counts"]["none"], json!({ "": 3 }));
        assert_eq!((&value["answered"], &value["faults"]), (&json!(3), &json!({ "no answer within 5 s": 1 })));
        assert_eq!(value["milliseconds"], json!({ "shortest": 1.0, "median": 2.0, "p95": 2.0, "longest": 90.0 }));
        assert_eq!(value["first"]["json"]["server"]["name"], "a");
    }

    #[test]
    fn a_service_with_endless_different_answers_fills_no_memory() {
        let mut counts = BTreeMap::new();
        for value in 0..1000 {
            add(&mut counts, value.to_string());
        }
        assert_eq!((counts.len(), counts["other"]), (MAX_VALUES + 1, 950));
    }

    #[test]
    fn a_counted_value_is_cut_between_two_of_its_characters() {
        for letter in ["a", "é", "船", "🚢"] {
            let mut counts = BTreeMap::new();
            add(&mut counts, letter.repeat(MAX_VALUE_CHARS));
            add(&mut counts, letter.repeat(100_000));
            add(&mut counts, letter.repeat(200_000));
            let keys: Vec<&String> = counts.keys().collect();
            assert_eq!(keys, [&letter.repeat(MAX_VALUE_CHARS), &format!("{}…", letter.repeat(MAX_VALUE_CHARS))]);
            assert_eq!(counts.values().sum::<u32>(), 3);
        }
    }
}
