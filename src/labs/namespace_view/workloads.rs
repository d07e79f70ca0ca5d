//! Pods and Deployments as rows of tables, in the words of `kubectl`. No I/O.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::fields::{list, name, number, text, time};

/// How a row stands out: as it should be, on its way, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It needs somebody.
    Bad,
    /// It is on its way.
    Info,
    /// It is as it should be.
    Good,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PodRow {
    /// Its name.
    pub name: String,
    /// What `kubectl get pods` calls its status.
    pub status: String,
    /// How many of its containers are ready.
    pub ready: usize,
    /// How many it has.
    pub containers: usize,
    /// How often they were restarted.
    pub restarts: i64,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// What its status means, and where to look.
    pub meaning: Option<&'static str>,
    /// Why it does not run, as the cluster says.
    pub reason: Option<String>,
    /// How it is.
    pub health: Health,
}

/// A Deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentRow {
    /// Its name.
    pub name: String,
    /// How many pods it should have.
    pub wanted: i64,
    /// How many of them are ready.
    pub ready: i64,
    /// How many are of its newest template.
    pub updated: i64,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Why it is not as it should be, as the cluster says.
    pub reason: Option<String>,
    /// How it is.
    pub health: Health,
}

impl PodRow {
    pub(super) fn of(pod: &Value) -> Self {
        let statuses = list(pod, "/status/containerStatuses");
        let init = list(pod, "/status/initContainerStatuses");
        // A container that is begun first and runs beside the others counts as one of them, such as the proxy of a mesh.
        let beside = list(pod, "/spec/initContainers").iter().filter(|one| one["restartPolicy"] == "Always");
        let beside: Vec<&Value> = beside.map(|one| &one["name"]).collect();
        let running = statuses.iter().chain(init.iter().filter(|status| beside.contains(&&status["name"])));
        let ready = running.clone().filter(|status| status["ready"] == true).count();
        let containers = list(pod, "/spec/containers").len() + beside.len();
        let phase = text(pod, "/status/phase");
        let (mut status, mut reason) = match init.iter().chain(statuses).find_map(find_trouble) {
            Some((status, reason)) => (status, reason),
            None => (if phase.is_empty() { "Pending" } else { phase }.to_owned(), find_condition(pod)),
        };
        if pod.pointer("/metadata/deletionTimestamp").is_some() {
            (status, reason) = ("Terminating".to_owned(), None);
        }
        let health = match status.as_str() {
            "Running" if ready == containers => Health::Good,
            "Succeeded" | "Completed" => Health::Good,
            "Running" | "Pending" | "ContainerCreating" | "PodInitializing" | "Terminating" => Health::Info,
            _ => Health::Bad,
        };
        Self {
            name: name(pod),
            ready,
            containers,
            restarts: running.map(|status| number(status, "/restartCount")).sum(),
            created_at: time(pod, "/metadata/creationTimestamp"),
            meaning: explain(&status),
            // What runs as it should needs no reason.
            reason: reason.filter(|_| health != Health::Good),
            status,
            health,
        }
    }
}

/// What a status means to somebody who sees it for the first time, and where to look.
fn explain(status: &str) -> Option<&'static str> {
    Some(match status {
        "CrashLoopBackOff" => "Its program ends soon after each start. kubectl logs --previous shows its last words.",
        "Error" => "Its program ended with an error. kubectl logs shows what it said.",
        "OOMKilled" => "Its program wanted more memory than its limit, and was ended.",
        "ErrImagePull" | "ImagePullBackOff" => "Its image could not be had. Compare the name with one that works.",
        "InvalidImageName" => "The name of its image is no name of an image.",
        "CreateContainerConfigError" => "Something that its container is made with is missing, such as a ConfigMap.",
        "ContainerCreating" => "Its node gets its image and its volumes.",
        "Pending" => "No node has taken it yet, or its node has just begun.",
        "Terminating" => "It was deleted, and has until its grace period ends.",
        _ => return None,
    })
}

/// Why a container does not run: the reason in one word, and what is said of it.
fn find_trouble(status: &Value) -> Option<(String, Option<String>)> {
    let of = |state: &str| {
        let reason = text(status, &format!("/state/{state}/reason"));
        let message = text(status, &format!("/state/{state}/message"));
        (!reason.is_empty()).then(|| (reason.to_owned(), (!message.is_empty()).then(|| message.to_owned())))
    };
    of("waiting").or_else(|| of("terminated").filter(|(reason, _)| reason != "Completed"))
}

/// Why the pod is not ready or not scheduled.
fn find_condition(pod: &Value) -> Option<String> {
    let conditions = list(pod, "/status/conditions").iter().filter(|condition| condition["status"] == "False");
    conditions.map(|condition| text(condition, "/message")).find(|message| !message.is_empty()).map(str::to_owned)
}

impl DeploymentRow {
    pub(super) fn of(deployment: &Value) -> Self {
        let wanted = deployment.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
        let (ready, updated) =
            (number(deployment, "/status/readyReplicas"), number(deployment, "/status/updatedReplicas"));
        let failed = list(deployment, "/status/conditions").iter().find(|condition| {
            let is_failure = condition["type"] == "ReplicaFailure" && condition["status"] == "True";
            is_failure || condition["type"] == "Progressing" && condition["status"] == "False"
        });
        let is_settled = ready == wanted && updated == wanted && number(deployment, "/status/replicas") == wanted;
        let health = match failed {
            Some(_) => Health::Bad,
            None if is_settled => Health::Good,
            None => Health::Info,
        };
        Self {
            name: name(deployment),
            wanted,
            ready,
            updated,
            created_at: time(deployment, "/metadata/creationTimestamp"),
            reason: failed.map(|condition| text(condition, "/message").to_owned()),
            health,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_is_told_as_kubectl_tells_it() {
        let pod =
            |status: Value| json!({ "metadata": { "name": "a" }, "spec": { "containers": [{}] }, "status": status });
        let running = pod(json!({ "phase": "Running", "containerStatuses": [{ "ready": true, "restartCount": 2 }] }));
        let row = PodRow::of(&running);
        assert_eq!((row.status.as_str(), row.ready, row.containers, row.restarts), ("Running", 1, 1, 2));
        assert_eq!((row.health, row.meaning, row.reason), (Health::Good, None, None));
        let waiting = json!({ "waiting": { "reason": "ErrImagePull", "message": "no such image" } });
        let row = PodRow::of(&pod(
            json!({ "phase": "Pending", "containerStatuses": [{ "ready": false, "state": waiting }] }),
        ));
        assert_eq!((row.status.as_str(), row.reason.as_deref()), ("ErrImagePull", Some("no such image")));
        assert!(row.health == Health::Bad && row.meaning.is_some());
        let condition = json!({ "type": "PodScheduled", "status": "False", "message": "0/1 nodes are available" });
        let row = PodRow::of(&pod(json!({ "phase": "Pending", "conditions": [condition] })));
        assert_eq!((row.status.as_str(), row.reason.as_deref()), ("Pending", Some("0/1 nodes are available")));
        assert_eq!(PodRow::of(&pod(json!({}))).status, "Pending");
        let proxied = json!({
            "spec": { "containers": [{}], "initContainers": [{ "name": "proxy", "restartPolicy": "Always" }, { "name": "once" }] },
            "status": { "phase": "Running", "containerStatuses": [{ "ready": true }], "initContainerStatuses": [
                { "name": "proxy", "ready": true }, { "name": "once", "ready": true },
            ] },
        });
        assert_eq!((PodRow::of(&proxied).ready, PodRow::of(&proxied).containers), (2, 2));
        let mut ending = running;
        ending["metadata"]["deletionTimestamp"] = "2026-03-04T12:00:00Z".into();
        assert_eq!(PodRow::of(&ending).status, "Terminating");
    }

    #[test]
    fn a_deployment_is_settled_on_its_way_or_stuck() {
        let row = |ready: i64, conditions: Value| {
            DeploymentRow::of(&json!({ "metadata": { "name": "a" }, "spec": { "replicas": 2 }, "status": {
                "replicas": 2, "readyReplicas": ready, "updatedReplicas": 2, "conditions": conditions,
            } }))
        };
        assert_eq!(row(2, json!([])).health, Health::Good);
        assert_eq!(row(1, json!([])).health, Health::Info);
        let stuck = row(1, json!([{ "type": "Progressing", "status": "False", "message": "timed out progressing" }]));
        assert_eq!((stuck.health, stuck.reason.as_deref()), (Health::Bad, Some("timed out progressing")));
    }
}
