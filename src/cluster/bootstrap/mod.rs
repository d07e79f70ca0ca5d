//! The objects that the whole cluster needs once: what a learner may do, and what a learner's objects may say.
//!
//! They are plain manifests beside this file. None holds a setting of the installation: what differs, such as the domain
//! of host names, stands in annotations of each session's namespace, which the policies read, so that two installations
//! can share a cluster. They are written as soon as a connection is there, and again and again while labs run: what was
//! deleted or changed by hand comes back. The policies bind namespaces by label, from a namespace's first moment.
//!
//! # How the policies are written
//! As allow-lists: the fields of each kind that a learner may write are named, every other is refused, and text is matched
//! whole. RBAC says which kinds and verbs a learner has at all, Pod Security what a pod may ask of the node, the quota how
//! many of each kind there may be; the policies hold what none of these three can say.

mod facts;

use futures_util::future::try_join_all;
use futures_util::try_join;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{Cluster, ClusterError, SESSION_LABEL};

pub use facts::{ApiServerAddress, ClusterFacts, DnsPort, DnsService};

/// The annotation of a session's namespace that holds the domain of its host names.
pub const LAB_DOMAIN_ANNOTATION: &str = "seaworthy.dev/lab-domain";
/// The annotation of a session's namespace that holds what images may begin with, separated by commas.
pub const ALLOWED_IMAGES_ANNOTATION: &str = "seaworthy.dev/allowed-images";

/// How long cluster-wide objects are taken to stand as they were written.
const REWRITE_AFTER: SignedDuration = SignedDuration::from_mins(1);

const MANIFESTS: &[&str] = &[
    include_str!("learner-role.yaml"),
    include_str!("policies/containers.yaml"),
    include_str!("policies/deletions.yaml"),
    include_str!("policies/files.yaml"),
    include_str!("policies/images.yaml"),
    include_str!("policies/jobs.yaml"),
    include_str!("policies/mappings.yaml"),
    include_str!("policies/metadata.yaml"),
    include_str!("policies/platform.yaml"),
    include_str!("policies/pods.yaml"),
    include_str!("policies/services.yaml"),
    include_str!("policies/sizes.yaml"),
    include_str!("policies/workloads.yaml"),
];

/// The cluster whose cluster-wide objects were written last, and when.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    cluster_id: String,
    written_at: Timestamp,
}

impl Cluster {
    /// Sees to it that the cluster-wide objects are there, writes them anew once they were written a while ago, and answers
    /// what the objects of a session are made from, read now: the cluster's addresses change.
    pub async fn prepare(&self) -> Result<ClusterFacts, ClusterError> {
        // On the heap, since each holds a client's whole chain of layers many times over.
        let ((), facts) = try_join!(Box::pin(self.write_cluster_objects(REWRITE_AFTER)), Box::pin(self.find_facts()))?;
        Ok(facts)
    }

    /// Writes the cluster-wide objects now, since one of them was changed or is gone.
    pub async fn restore_cluster_objects(&self) -> Result<(), ClusterError> {
        self.write_cluster_objects(SignedDuration::ZERO).await
    }

    /// Writes the cluster-wide objects unless that was done for this cluster less than `after` ago.
    async fn write_cluster_objects(&self, after: SignedDuration) -> Result<(), ClusterError> {
        let connection = self.connection().await?;
        let system = self.find_namespace("kube-system").await?;
        let cluster_id = system
            .as_ref()
            .and_then(|namespace| namespace["metadata"]["uid"].as_str())
            .ok_or_else(|| ClusterError::NotFound("namespace kube-system".to_owned()))?;
        let mut prepared = connection.prepared.lock().await;
        let now = self.clock.now();
        let is_written =
            |known: &Prepared| known.cluster_id == cluster_id && now.duration_since(known.written_at) < after;
        if prepared.as_ref().is_some_and(is_written) {
            return Ok(());
        }
        let objects = bootstrap_objects()?;
        try_join_all(objects.iter().map(|object| self.apply(object))).await?;
        if prepared.as_ref().is_none_or(|known| known.cluster_id != cluster_id) {
            tracing::info!(cluster = self.settings.name, "cluster bootstrap finished");
        }
        *prepared = Some(Prepared { cluster_id: cluster_id.to_owned(), written_at: now });
        Ok(())
    }
}

/// Every cluster-wide object: the learner's role, the policies, and what binds each of them to the sessions' namespaces.
pub fn bootstrap_objects() -> Result<Vec<Value>, ClusterError> {
    let mut objects = Vec::new();
    for manifest in MANIFESTS {
        let mut object = Value::deserialize(serde_yaml_ng::Deserializer::from_str(manifest))
            .map_err(|fault| ClusterError::Other(format!("a manifest of the program cannot be read: {fault}")))?;
        object["metadata"]["labels"] = json!({ "app.kubernetes.io/managed-by": "seaworthy" });
        if object["kind"] == "ValidatingAdmissionPolicy" {
            objects.push(binding(&object));
        }
        objects.push(object);
    }
    Ok(objects)
}

fn binding(policy: &Value) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": policy["metadata"],
        "spec": {
            "policyName": policy["metadata"]["name"],
            "validationActions": ["Deny"],
            "matchResources": { "namespaceSelector": {
                "matchExpressions": [{ "key": SESSION_LABEL, "operator": "Exists" }],
            } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::LEARNER_ROLE;

    fn objects(kind: &str) -> Vec<Value> {
        bootstrap_objects().unwrap().into_iter().filter(|object| object["kind"] == kind).collect()
    }

    #[test]
    fn a_learner_cannot_move_what_isolates_them() {
        let [role] = &objects("ClusterRole")[..] else { panic!("there is one role") };
        assert_eq!(role["metadata"]["name"], LEARNER_ROLE);
        for rule in role["rules"].as_array().unwrap() {
            let writes =
                rule["verbs"].as_array().unwrap().iter().any(|verb| verb != "get" && verb != "list" && verb != "watch");
            for resource in rule["resources"].as_array().unwrap().iter().filter_map(Value::as_str) {
                let is_isolation = [
                    "networkpolicies",
                    "resourcequotas",
                    "limitranges",
                    "endpoints",
                    "endpointslices",
                    "namespaces",
                    "serviceaccounts",
                    "events",
                    "leases",
                    "daemonsets",
                    "pods/binding",
                    "pods/proxy",
                    "services/proxy",
                    "serviceaccounts/token",
                ];
                assert!(!(writes && is_isolation.contains(&resource)), "{resource} can be written");
                let is_status = resource.ends_with("/status") && writes;
                assert!(!is_status && !resource.contains("role") && !resource.contains('*'), "{resource}");
            }
        }
    }

    #[test]
    fn every_policy_is_bound_by_the_session_label_and_fails_closed() {
        let (policies, bindings) = (objects("ValidatingAdmissionPolicy"), objects("ValidatingAdmissionPolicyBinding"));
        assert_eq!(policies.len(), MANIFESTS.len() - 1);
        for (policy, binding) in policies.iter().zip(&bindings) {
            assert_eq!(policy["spec"]["failurePolicy"], "Fail");
            assert_eq!(policy["metadata"]["name"], binding["spec"]["policyName"]);
            assert_eq!(binding["spec"]["validationActions"], json!(["Deny"]));
        }
    }

    #[test]
    fn every_refusal_says_something() {
        for policy in objects("ValidatingAdmissionPolicy") {
            for rule in policy["spec"]["validations"].as_array().unwrap() {
                let says = rule["message"].as_str().or(rule["messageExpression"].as_str());
                assert!(says.is_some_and(|text| !text.contains('\n') && text.len() > 30), "{rule}");
            }
        }
    }
}
