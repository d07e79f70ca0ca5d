//! Queries to the cluster's Prometheus through the gateway that limits each to the caller's namespace.
//!
//! The caller is the learner's own `ServiceAccount`, so that a lab's query can see no more than the learner could.

use std::time::Duration;

use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Labs;
use super::model::LabSession;
use crate::cluster::{PodHttp, PodHttpError, PodPort, empty_body, read_body};
use crate::settings::SecretText;

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How large an answer may be.
const MAX_BYTES: usize = 1024 * 1024;

/// An answer of Prometheus's HTTP API (prometheus.io/docs/prometheus/latest/querying/api).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status: String,
    data: Option<Data>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Value,
}

/// A series of an instant vector.
#[derive(Deserialize)]
struct Sample {
    metric: Map<String, Value>,
    value: (f64, String),
}

impl Labs {
    /// The result of a query in PromQL, limited to the namespace of a session; the error says why there is none.
    pub async fn query_metrics(&self, session: &LabSession, query: &str) -> Result<Value, String> {
        let http = &self.web_pages.http;
        let address = &self.cluster.settings().metrics_gateway_service;
        let pods =
            self.cluster.find_part_pods("gateway to its metrics", address, |service| service.ports.first()).await?;
        let pod = pods.first().ok_or("The gateway to the metrics has no pod.")?;
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("query", query).finish();
        let path = format!("/api/v1/query?{query}");
        let find_token = async || self.find_token(session).await.map_err(|fault| fault.to_string());
        let token = find_token().await?;
        let mut answer = ask(http, pod, (&path, &address.name), &token).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.discard_token(session, &token).await;
            answer = ask(http, pod, (&path, &address.name), &find_token().await?).await?;
        }
        let body = read_body(answer.into_body(), MAX_BYTES).await;
        let body = body.map_err(|fault| format!("The answer of Prometheus was not read: {fault}."))?;
        read_answer(&body)
    }
}

async fn ask(
    http: &PodHttp,
    pod: &PodPort,
    (path, host): (&str, &str),
    token: &SecretText,
) -> Result<Response<Incoming>, String> {
    let send = async || {
        let request = Request::get(path)
            .header(header::HOST, host)
            .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
            .body(empty_body())
            .map_err(|fault| PodHttpError::Broken(fault.to_string()))?;
        http.send(pod, request, WITHIN).await
    };
    // A connection that was kept may close just as it is used again; a query changes nothing, so that it can be sent once more.
    let outcome = match send().await {
        Err(PodHttpError::Broken(_)) => send().await,
        outcome => outcome,
    };
    outcome.map_err(|fault| format!("Prometheus: {fault}."))
}

fn read_answer(body: &[u8]) -> Result<Value, String> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|fault| format!("What Prometheus answered is none of its answers: {fault}."))?;
    let Some(data) = answer.data.filter(|_| answer.status == "success") else {
        return Err(format!("Prometheus refused the query: {}.", answer.error.unwrap_or_default()));
    };
    let unreadable = |fault: serde_json::Error| format!("The result of the query could not be read: {fault}.");
    let samples: Vec<Value> = match data.result_type.as_str() {
        "vector" => {
            let samples: Vec<Sample> = serde_json::from_value(data.result).map_err(unreadable)?;
            samples.into_iter().map(|sample| number(&sample.metric, &sample.value.1)).collect()
        }
        "scalar" => {
            let (_, value): (f64, String) = serde_json::from_value(data.result).map_err(unreadable)?;
            vec![number(&Map::new(), &value)]
        }
        other => return Err(format!("The query gives a {other}; a check needs a vector or a scalar.")),
    };
    Ok(json!({ "samples": samples, "warnings": answer.warnings }))
}

/// A sample; what is no finite number, such as the ratio of nothing to nothing, has the value null.
fn number(labels: &Map<String, Value>, text: &str) -> Value {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
    json!({ "labels": labels, "value": value, "text": text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<Value, String> {
        read_answer(body.to_string().as_bytes())
    }

    #[test]
    fn samples_have_their_labels_and_their_value() {
        let result = json!([
            { "metric": { "pod": "a" }, "value": [1.5, "0.25"] },
            { "metric": {}, "value": [1.5, "NaN"] },
        ]);
        let body = json!({ "status": "success", "data": { "resultType": "vector", "result": result } });
        let samples = read(&body).unwrap()["samples"].clone();
        assert_eq!(samples[0], json!({ "labels": { "pod": "a" }, "value": 0.25, "text": "0.25" }));
        assert_eq!(samples[1]["value"], Value::Null);
        let body = json!({ "status": "success", "data": { "resultType": "scalar", "result": [1.5, "3"] } });
        assert_eq!(read(&body).unwrap()["samples"][0]["value"], 3.0);
    }

    #[test]
    fn a_refusal_and_a_matrix_are_told_in_words() {
        let refused = json!({ "status": "error", "errorType": "bad_data", "error": "unclosed left parenthesis" });
        assert!(read(&refused).unwrap_err().contains("refused the query: unclosed left parenthesis"));
        let matrix = json!({ "status": "success", "data": { "resultType": "matrix", "result": [] } });
        assert!(read(&matrix).unwrap_err().contains("gives a matrix"));
        assert!(read_answer(b"<html>").unwrap_err().contains("none of its answers"));
    }
}
