//! Whether pods and workloads are ready, and the reason that the cluster gives when they are not. No I/O.
//!
//! The kinds come from the labs' files, so the objects are JSON; the conditions of `kube::runtime::wait` are for typed ones.

use serde_json::Value;

/// How often a probe fails before that is a reason; labs ask once a second.
const FAILED_PROBES: i64 = 10;

/// Whether a pod is ready, or a workload has all its replicas.
pub(super) fn is_ready(object: Option<&Value>) -> bool {
    let Some(object) = object else { return false };
    let status = &object["status"];
    let count = |value: &Value| value.as_i64().unwrap_or(0);
    match object["kind"].as_str() {
        Some("Pod") => pod_condition(object, "Ready").is_some_and(|condition| condition["status"] == "True"),
        Some("DaemonSet") => {
            is_observed(object) && count(&status["numberReady"]) >= count(&status["desiredNumberScheduled"])
        }
        _ => is_observed(object) && count(&status["readyReplicas"]) >= object["spec"]["replicas"].as_i64().unwrap_or(1),
    }
}

/// Whether the controller has observed this version of the object; before that its status is of an older one.
fn is_observed(object: &Value) -> bool {
    object["status"]["observedGeneration"].as_i64().unwrap_or(0)
        >= object["metadata"]["generation"].as_i64().unwrap_or(0)
}

/// Why the first pod that is not ready is not, or why there is no pod, from the events.
pub(super) fn explain(pods: &[Value], events: &[Value]) -> Option<String> {
    pods.iter().filter(|pod| !is_ready(Some(pod))).find_map(explain_pod).or_else(|| latest_warning(events))
}

fn explain_pod(pod: &Value) -> Option<String> {
    let name = pod["metadata"]["name"].as_str()?;
    let unscheduled = pod_condition(pod, "PodScheduled").filter(|condition| condition["status"] == "False");
    if let Some(message) = unscheduled.and_then(|condition| condition["message"].as_str()) {
        return Some(format!("Pod {name} has no place to run: {message}"));
    }
    let statuses = ["initContainerStatuses", "containerStatuses"];
    let containers = statuses.iter().flat_map(|list| pod["status"][list].as_array().into_iter().flatten());
    for container in containers {
        let state = &container["state"];
        if let Some(reason) = state["waiting"]["reason"].as_str().filter(|reason| !is_transient(reason)) {
            let message = state["waiting"]["message"].as_str().unwrap_or_default();
            return Some(format!("Pod {name} waits: {reason}. {message}").trim().to_owned());
        }
        let ended = [&state["terminated"], &container["lastState"]["terminated"]];
        if let Some(ended) = ended.into_iter().find(|ended| ended.is_object()) {
            let reason = ended["reason"].as_str().unwrap_or("Error");
            return Some(format!("Pod {name} ended: {reason}, exit code {}.", ended["exitCode"]));
        }
    }
    None
}

/// Whether every pod has this reason for some time while it starts.
fn is_transient(reason: &str) -> bool {
    matches!(reason, "ContainerCreating" | "PodInitializing")
}

fn pod_condition<'a>(pod: &'a Value, kind: &str) -> Option<&'a Value> {
    pod["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

fn latest_warning(events: &[Value]) -> Option<String> {
    let time = |event: &Value| {
        ["lastTimestamp", "eventTime", "firstTimestamp"].iter().find_map(|key| event[key].as_str().map(str::to_owned))
    };
    // A pod is asked whether it is ready before it can be.
    let is_of_a_start = |event: &Value| event["reason"] == "Unhealthy" && event["count"].as_i64() < Some(FAILED_PROBES);
    let warnings = events.iter().filter(|event| event["type"] == "Warning" && !is_of_a_start(event));
    let latest = warnings.max_by_key(|event| time(event))?;
    let about = &latest["involvedObject"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(format!("{} {}: {}", text(&about["kind"]), text(&about["name"]), text(&latest["message"])))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_deployment_is_ready_once_its_newest_version_is() {
        let deployment = |observed: i64, ready: i64| {
            json!({
                "kind": "Deployment", "metadata": { "generation": 2 }, "spec": { "replicas": 2 },
                "status": { "observedGeneration": observed, "readyReplicas": ready },
            })
        };
        assert!(is_ready(Some(&deployment(2, 2))));
        assert!(!is_ready(Some(&deployment(1, 2))));
        assert!(!is_ready(Some(&deployment(2, 1))));
        assert!(!is_ready(None));
    }

    #[test]
    fn a_waiting_pod_gives_its_reason() {
        let waiting = |reason: &str| {
            json!({
                "kind": "Pod", "metadata": { "name": "toolbox" },
                "status": { "containerStatuses": [{ "state": { "waiting": { "reason": reason, "message": "no such image" } } }] },
            })
        };
        assert_eq!(explain(&[waiting("ErrImagePull")], &[]).unwrap(), "Pod toolbox waits: ErrImagePull. no such image");
        assert_eq!(explain(&[waiting("ContainerCreating")], &[]), None);
    }

    #[test]
    fn a_pod_without_a_node_gives_the_schedulers_message() {
        let pod = json!({
            "kind": "Pod", "metadata": { "name": "qotm" },
            "status": { "conditions": [{ "type": "PodScheduled", "status": "False", "message": "Insufficient cpu." }] },
        });
        assert_eq!(explain(&[pod], &[]).unwrap(), "Pod qotm has no place to run: Insufficient cpu.");
    }

    #[test]
    fn without_pods_the_latest_warning_is_the_reason() {
        let event = |time: &str, message: &str| {
            json!({
                "type": "Warning", "lastTimestamp": time, "message": message,
                "involvedObject": { "kind": "ReplicaSet", "name": "qotm-1" },
            })
        };
        let events = [event("2026-01-02T00:00:00Z", "exceeded quota"), event("2026-01-01T00:00:00Z", "older")];
        assert_eq!(explain(&[], &events).unwrap(), "ReplicaSet qotm-1: exceeded quota");
    }

    #[test]
    fn a_probe_that_fails_a_few_times_is_no_reason() {
        let probe = |count: i64| {
            json!({
                "type": "Warning", "reason": "Unhealthy", "count": count, "message": "Readiness probe failed",
                "involvedObject": { "kind": "Pod", "name": "qotm-1" },
            })
        };
        assert_eq!(explain(&[], &[probe(2)]), None);
        assert_eq!(explain(&[], &[probe(FAILED_PROBES)]).unwrap(), "Pod qotm-1: Readiness probe failed");
    }
}
