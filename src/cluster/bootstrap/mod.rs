//! The cluster-scoped objects that every session relies on: the learner's role, and the admission policies.
//!
//! They are plain manifests beside this file. None holds a setting of the installation: what differs, such as the domain
//! of host names, is an annotation of each session's namespace, which the policies read, so that two installations can
//! share a cluster. They are applied once a connection is open and reapplied while labs run, so that an object that was
//! deleted or changed by hand is restored. The policies bind namespaces by a label that is set when they are created.
//!
//! # How the policies are written
//! As allow-lists: the fields of each kind that a learner may write are named, every other is refused, and text is matched
//! whole. RBAC grants kinds and verbs, Pod Security restricts what a pod may use of the node, the quota limits how many
//! objects of a kind there are; the policies hold what none of these three can express.

mod info;

use futures_util::future::try_join_all;
use futures_util::try_join;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Cluster, ClusterError, SESSION_LABEL};
use crate::yaml;

pub use info::{ApiServerAddress, ClusterInfo, DnsPort, DnsService};

/// The annotation of a session's namespace that holds the domain of its host names.
pub const LAB_DOMAIN_ANNOTATION: &str = "seaworthy.dev/lab-domain";
/// The annotation of a session's namespace that holds what images may begin with, separated by commas.
pub const ALLOWED_IMAGES_ANNOTATION: &str = "seaworthy.dev/allowed-images";

/// How long applied objects are not checked again.
const REAPPLY_AFTER: SignedDuration = SignedDuration::from_mins(1);

const MANIFESTS: &[&str] = &[
    include_str!("learner-role.yaml"),
    include_str!("policies/containers.yaml"),
    include_str!("policies/deletions.yaml"),
    include_str!("policies/files.yaml"),
    include_str!("policies/images.yaml"),
    include_str!("policies/jobs.yaml"),
    include_str!("policies/mappings.yaml"),
    include_str!("policies/mesh.yaml"),
    include_str!("policies/metadata.yaml"),
    include_str!("policies/platform.yaml"),
    include_str!("policies/pods.yaml"),
    include_str!("policies/services.yaml"),
    include_str!("policies/sizes.yaml"),
    include_str!("policies/workloads.yaml"),
];

/// The cluster whose cluster-scoped objects were applied last, and when.
#[derive(Clone, Debug)]
pub(super) struct Bootstrapped {
    cluster_id: String,
    applied_at: Timestamp,
}

impl Cluster {
    /// Applies the cluster-scoped objects unless that was done a moment ago, and reads what the objects of a session depend
    /// on, which may have changed since the last time.
    pub async fn bootstrap(&self) -> Result<ClusterInfo, ClusterError> {
        // On the heap, since each holds a client's whole chain of layers many times over.
        let ((), info) = try_join!(Box::pin(self.apply_cluster_objects(REAPPLY_AFTER)), Box::pin(self.find_info()))?;
        Ok(info)
    }

    /// Applies the cluster-scoped objects now, since one of them was deleted.
    pub async fn restore_cluster_objects(&self) -> Result<(), ClusterError> {
        self.apply_cluster_objects(SignedDuration::ZERO).await
    }

    /// Applies the cluster-scoped objects unless that was done for this cluster less than `after` ago.
    async fn apply_cluster_objects(&self, after: SignedDuration) -> Result<(), ClusterError> {
        let connection = self.connection().await?;
        let system = self.find_namespace("kube-system").await?;
        let cluster_id = system
            .as_ref()
            .and_then(|namespace| namespace["metadata"]["uid"].as_str())
            .ok_or_else(|| ClusterError::NotFound("namespace kube-system".to_owned()))?;
        let mut bootstrapped = connection.bootstrapped.lock().await;
        let now = self.clock.now();
        let is_applied =
            |last: &Bootstrapped| last.cluster_id == cluster_id && now.duration_since(last.applied_at) < after;
        if bootstrapped.as_ref().is_some_and(is_applied) {
            return Ok(());
        }
        let objects = bootstrap_objects()?;
        try_join_all(objects.iter().map(|object| self.apply(object))).await?;
        if bootstrapped.as_ref().is_none_or(|last| last.cluster_id != cluster_id) {
            tracing::info!(cluster = self.settings.name, "cluster bootstrap finished");
        }
        *bootstrapped = Some(Bootstrapped { cluster_id: cluster_id.to_owned(), applied_at: now });
        Ok(())
    }
}

/// Every cluster-scoped object: the learner's role, the policies, and the binding of each to the sessions' namespaces.
pub fn bootstrap_objects() -> Result<Vec<Value>, ClusterError> {
    let mut objects = Vec::new();
    for manifest in MANIFESTS {
        let mut object = yaml::read::<Value>(manifest)
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
    fn a_learner_cannot_change_what_isolates_them() {
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
                    "roles",
                    "rolebindings",
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
                assert!(!is_status && !resource.contains("clusterrole") && !resource.contains('*'), "{resource}");
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
    fn every_refusal_has_a_message() {
        for policy in objects("ValidatingAdmissionPolicy") {
            for rule in policy["spec"]["validations"].as_array().unwrap() {
                let says = rule["message"].as_str().or(rule["messageExpression"].as_str());
                assert!(says.is_some_and(|text| !text.contains('\n') && text.len() > 30), "{rule}");
            }
        }
    }
}
