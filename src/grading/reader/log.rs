//! What the pods of a session have written.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::grading::read::LogProbe;

/// How many pods are read, the newest first.
const MAX_PODS: usize = 10;
/// How long one line may be; the rest of it is cut off.
const MAX_LINE_CHARS: usize = 2000;

/// Reads the lines of `probe`; the error says why they could not be read.
pub(super) async fn probe(cluster: &Cluster, probe: &LogProbe, namespace: &str) -> Result<Value, String> {
    let mut pods =
        cluster.list_objects("v1", "Pod", namespace, Some(&probe.labels)).await.map_err(|fault| fault.to_string())?;
    pods.sort_by_key(|pod| std::cmp::Reverse(pod["metadata"]["creationTimestamp"].as_str().map(str::to_owned)));
    let mut lines = Vec::new();
    for pod in pods.iter().take(MAX_PODS) {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        let container = probe.container.as_deref().or_else(|| pod["spec"]["containers"][0]["name"].as_str());
        let text = cluster
            .read_log(namespace, (name, container), (probe.since_seconds, probe.lines))
            .await
            .map_err(|fault| fault.to_string())?;
        let kept = text.lines().filter(|line| probe.contains.as_ref().is_none_or(|wanted| line.contains(wanted)));
        lines.extend(kept.map(|line| describe(name, line)));
    }
    Ok(json!({ "pods": pods.len(), "lines": lines }))
}

/// A line with its fields, where it is JSON.
fn describe(pod: &str, line: &str) -> Value {
    let text: String = line.chars().take(MAX_LINE_CHARS).collect();
    let fields = serde_json::from_str::<Value>(&text).ok().filter(Value::is_object);
    json!({ "pod": pod, "text": text, "fields": fields })
}
