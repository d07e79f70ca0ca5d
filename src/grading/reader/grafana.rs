//! What a learner's own Grafana shows: its data sources, and its dashboards with each panel's queries asked as a browser
//! would ask them.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::service::{Target, Unreached};
use crate::cluster::{Cluster, PodHttp, empty_body, full_body, read_body};
use crate::grading::read::GrafanaProbe;

/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(5);
/// How large one answer may be.
const MAX_BYTES: usize = 256 * 1024;
/// How many data sources and how many dashboards are read.
const MAX_LISTED: usize = 5;
/// How many panels of a dashboard are read, and how many queries of a panel.
const MAX_PANELS: usize = 20;
const MAX_QUERIES: usize = 4;
/// How many characters of a text are kept.
const MAX_CHARS: usize = 500;
/// The time that queries are about.
const FROM: &str = "now-5m";

/// Asks a Grafana's API.
struct Api<'a> {
    http: &'a PodHttp,
    target: &'a Target,
}

/// Reads what `probe` is about; the error says why nobody knows what it shows.
pub(super) async fn probe(
    (cluster, http): (&Cluster, &PodHttp),
    probe: &GrafanaProbe,
    namespace: &str,
) -> Result<Value, String> {
    let address = (probe.service.as_str(), &probe.port);
    let target = match Target::find(cluster, namespace, address, Some(&probe.authorization)).await {
        Ok(target) => target,
        Err(Unreached::Missing(fault)) => return Ok(without_answer(&fault)),
        Err(Unreached::Unknown(fault)) => return Err(fault),
    };
    let mut value = match (Api { http, target: &target }).read().await {
        Ok(value) => value,
        Err(fault) => without_answer(&fault),
    };
    target.redact(&mut value);
    Ok(value)
}

fn without_answer(fault: &str) -> Value {
    json!({ "fault": shorten(fault), "dataSources": [], "dashboards": [] })
}

impl Api<'_> {
    async fn read(&self) -> Result<Value, String> {
        let listed = self.get("/api/datasources").await?;
        let mut sources = Vec::new();
        for source in listed.as_array().into_iter().flatten().take(MAX_LISTED) {
            sources.push(self.describe_source(source).await?);
        }
        let found = self.get(&format!("/api/search?type=dash-db&limit={MAX_LISTED}")).await?;
        let mut dashboards = Vec::new();
        for uid in found.as_array().into_iter().flatten().take(MAX_LISTED).filter_map(|one| one["uid"].as_str()) {
            if is_uid(uid) {
                let dashboard = self.get(&format!("/api/dashboards/uid/{uid}")).await?;
                dashboards.push(self.describe_dashboard(&dashboard["dashboard"], &sources).await?);
            }
        }
        Ok(json!({ "fault": null, "dataSources": sources, "dashboards": dashboards }))
    }

    async fn describe_source(&self, source: &Value) -> Result<Value, String> {
        let uid = source["uid"].as_str().filter(|uid| is_uid(uid)).unwrap_or_default();
        let (_status, health) = self.ask(Method::GET, &format!("/api/datasources/uid/{uid}/health"), None).await?;
        Ok(json!({
            "uid": uid,
            "name": text(&source["name"]),
            "type": text(&source["type"]),
            "url": text(&source["url"]),
            "isDefault": source["isDefault"].as_bool().unwrap_or_default(),
            "health": text(&health["status"]),
            "message": text(&health["message"]),
        }))
    }

    async fn describe_dashboard(&self, dashboard: &Value, sources: &[Value]) -> Result<Value, String> {
        let top = dashboard["panels"].as_array().map(Vec::as_slice).unwrap_or_default();
        // A row that is folded up holds its panels.
        let nested = top.iter().flat_map(|panel| panel["panels"].as_array().into_iter().flatten());
        let mut panels = Vec::new();
        for panel in top.iter().chain(nested).filter(|panel| panel["type"] != "row").take(MAX_PANELS) {
            let mut queries = Vec::new();
            for target in panel["targets"].as_array().into_iter().flatten().take(MAX_QUERIES) {
                queries.push(self.run_query(panel, target, sources).await?);
            }
            panels.push(json!({ "title": text(&panel["title"]), "type": text(&panel["type"]), "queries": queries }));
        }
        Ok(json!({ "title": text(&dashboard["title"]), "panels": panels }))
    }

    /// A query of a panel, run as the panel would have it run.
    async fn run_query(&self, panel: &Value, target: &Value, sources: &[Value]) -> Result<Value, String> {
        let named = [target, panel].into_iter().find_map(|one| one["datasource"]["uid"].as_str());
        let named = named.filter(|uid| sources.iter().any(|source| source["uid"] == *uid));
        let default = || sources.iter().find(|source| source["isDefault"] == true).and_then(|one| one["uid"].as_str());
        // A dashboard names its source by a variable, or not at all where it is the default one.
        let is_left_open = [target, panel].into_iter().all(|one| {
            one["datasource"]["uid"].as_str().or(one["datasource"].as_str()).is_none_or(|uid| uid.starts_with('$'))
        });
        let uid = named.or_else(|| if is_left_open { default() } else { None });
        let expression = text(&target["expr"]);
        let Some(uid) = uid else {
            let fault = "its data source is none that Grafana has";
            return Ok(json!({ "expr": expression, "fault": fault, "series": 0, "points": 0, "last": null }));
        };
        let query = json!({
            "from": FROM, "to": "now",
            "queries": [{
                "refId": "A", "datasource": { "type": "prometheus", "uid": uid }, "expr": target["expr"],
                "range": true, "instant": false, "intervalMs": 5000, "maxDataPoints": 100,
            }],
        });
        let (_status, answer) = self.ask(Method::POST, "/api/ds/query", Some(&query)).await?;
        let result = &answer["results"]["A"];
        let fault = result["error"].as_str().or_else(|| answer["message"].as_str()).map(shorten);
        let values =
            result["frames"].as_array().into_iter().flatten().filter_map(|frame| frame["data"]["values"].get(1));
        let series: Vec<Vec<f64>> = values
            .map(|values| values.as_array().into_iter().flatten().filter_map(Value::as_f64).collect())
            .filter(|values: &Vec<f64>| !values.is_empty())
            .collect();
        let points: usize = series.iter().map(Vec::len).sum();
        let last = series.first().and_then(|values| values.last());
        Ok(json!({ "expr": expression, "fault": fault, "series": series.len(), "points": points, "last": last }))
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        match self.ask(Method::GET, path, None).await? {
            (200, answer) => Ok(answer),
            (401, _) => Err("Grafana answers 401: the name and password of the Secret are not taken".to_owned()),
            (status, answer) => Err(format!("Grafana answers {path} with {status}: {}", text(&answer["message"]))),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, Value), String> {
        let pod = self.target.pods.first().ok_or("no pod is ready")?;
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.target.host);
        if let Some(authorization) = &self.target.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let body = match body {
            Some(body) => {
                let body = body.to_string();
                request =
                    request.header(header::CONTENT_TYPE, "application/json").header(header::CONTENT_LENGTH, body.len());
                full_body(Bytes::from(body))
            }
            None => empty_body(),
        };
        let request = request.body(body).map_err(|fault| fault.to_string())?;
        let answered = async {
            let (head, body) =
                self.http.send(pod, request, WITHIN).await.map_err(|fault| fault.to_string())?.into_parts();
            let body = read_body(body, MAX_BYTES).await.map_err(|fault| format!("the answer to {path}: {fault}"))?;
            Ok((head.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default()))
        };
        let late = |_elapsed| Err(format!("no answer to {path} within {} s", WITHIN.as_secs()));
        timeout(WITHIN, answered).await.unwrap_or_else(late)
    }
}

/// Whether a uid can stand in a path.
fn is_uid(uid: &str) -> bool {
    !uid.is_empty() && uid.len() <= 40 && uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn text(value: &Value) -> String {
    shorten(value.as_str().unwrap_or_default())
}

fn shorten(text: &str) -> String {
    text.chars().take(MAX_CHARS).collect()
}
