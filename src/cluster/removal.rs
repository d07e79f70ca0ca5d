//! Removes what keeps a namespace from being deleted: finalizers that no controller acts on, and long grace periods of pods.
//!
//! Only objects with a deletion timestamp are changed, the namespace itself among them. The content of a namespace is
//! deleted with it: the API server removes a namespace only once it is empty.
//!
//! The discovery of kinds is not `kube::Discovery`, which fails as a whole when one group has no version, as that of a dead
//! API service may have none.

use futures_util::StreamExt as _;
use futures_util::stream;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, ListParams, PartialObjectMeta, Patch, PatchParams, Preconditions,
};
use kube::core::GroupVersionKind;
use kube::core::discovery::v2::{APIGroupDiscovery, APIResourceDiscovery};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::{Cluster, ClusterError};

/// The annotation of a namespace with the time at which it was last cleared.
const CLEARED_ANNOTATION: &str = "seaworthy.dev/cleared-at";
/// How many kinds are listed at the same time.
const CONCURRENCY: usize = 8;

/// One thing that was done, or tried, so that a namespace can be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// What was done, as a sentence.
    pub what: String,
    /// Why it did not work; none when it did.
    pub fault: Option<String>,
}

impl Cluster {
    /// Clears the finalizers of a terminating namespace and of all terminating objects in it, shortens the grace period of
    /// the pods among them to `grace_seconds`, and triggers the namespace controller; answers what was done.
    pub async fn clear_terminating(&self, namespace: &Value, grace_seconds: u32) -> Result<Vec<Removal>, ClusterError> {
        let name = name_of(namespace);
        let client = self.client().await?;
        let kinds = self.list_namespaced_kinds(&client).await?;
        let cleared = stream::iter(kinds.into_iter().map(|kind| {
            let api: Api<PartialObjectMeta<DynamicObject>> = Api::namespaced_with(client.clone(), name, &kind);
            async move { self.clear_kind(&api, &kind, grace_seconds).await }
        }));
        let cleared: Vec<Vec<Removal>> = cleared.buffer_unordered(CONCURRENCY).collect().await;
        let mut removals: Vec<Removal> = cleared.into_iter().flatten().collect();
        removals.sort_by(|one, other| one.what.cmp(&other.what));
        removals.extend(self.touch_namespace(client, namespace).await?);
        Ok(removals)
    }

    /// Clears the finalizers in a namespace's own metadata, and changes an annotation of it. The namespace controller
    /// requeues one that was not empty after half the longest grace period of its pods, which may be half a day, or as soon
    /// as the namespace changes.
    async fn touch_namespace(&self, client: Client, namespace: &Value) -> Result<Option<Removal>, ClusterError> {
        let name = name_of(namespace);
        let finalizers = namespace["metadata"]["finalizers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut patch = json!({ "metadata": { "annotations": { CLEARED_ANNOTATION: self.clock.now().to_string() } } });
        if !finalizers.is_empty() {
            // Those of its spec, which block the deletion until it is empty, are kept.
            patch["metadata"]["finalizers"] = Value::Null;
        }
        let namespaces: Api<Namespace> = Api::all(client);
        match self.bounded(namespaces.patch_metadata(name, &PatchParams::default(), &Patch::Merge(&patch))).await {
            Err(ClusterError::NotFound(_)) => Ok(None),
            Ok(_) if finalizers.is_empty() => Ok(None),
            Ok(_) => {
                let finalizers = finalizers.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
                Ok(removal(format!("Cleared the finalizers {finalizers} of Namespace {name}."), Ok(())))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Every namespaced kind that the API server serves; a group whose server is dead has none.
    async fn list_namespaced_kinds(&self, client: &Client) -> Result<Vec<ApiResource>, ClusterError> {
        let core = self.bounded(client.list_core_api_versions_aggregated()).await?;
        let groups = self.bounded(client.list_api_groups_aggregated()).await?;
        Ok(core.items.iter().chain(&groups.items).flat_map(list_kinds).collect())
    }

    async fn clear_kind(
        &self,
        api: &Api<PartialObjectMeta<DynamicObject>>,
        kind: &ApiResource,
        grace_seconds: u32,
    ) -> Vec<Removal> {
        let Ok(objects) = self.bounded(api.list(&ListParams::default())).await else {
            // Its server does not answer, which the conditions of the namespace report.
            return Vec::new();
        };
        let mut removals = Vec::new();
        for object in objects.items.iter().filter(|object| object.metadata.deletion_timestamp.is_some()) {
            removals.extend(self.clear_finalizers(api, kind, object).await);
            if kind.kind == "Pod" && kind.group.is_empty() {
                removals.extend(self.shorten_grace(api, object, grace_seconds).await);
            }
        }
        removals
    }

    async fn clear_finalizers(
        &self,
        api: &Api<PartialObjectMeta<DynamicObject>>,
        kind: &ApiResource,
        object: &PartialObjectMeta<DynamicObject>,
    ) -> Option<Removal> {
        let finalizers = object.metadata.finalizers.as_ref().filter(|finalizers| !finalizers.is_empty())?;
        let name = object.metadata.name.as_deref().unwrap_or_default();
        // With its version, so that an object that changed since it was read is left to the next attempt.
        let patch = json!({
            "metadata": { "finalizers": null, "resourceVersion": object.metadata.resource_version },
        });
        let patched = self.bounded(api.patch_metadata(name, &PatchParams::default(), &Patch::Merge(&patch))).await;
        let what = format!("Cleared the finalizers {} of {} {name}.", finalizers.join(", "), kind.kind);
        removal(what, patched.map(drop))
    }

    async fn shorten_grace(
        &self,
        api: &Api<PartialObjectMeta<DynamicObject>>,
        pod: &PartialObjectMeta<DynamicObject>,
        grace_seconds: u32,
    ) -> Option<Removal> {
        let given = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
        if given <= i64::from(grace_seconds) {
            return None;
        }
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let params = DeleteParams {
            grace_period_seconds: Some(grace_seconds),
            preconditions: Some(Preconditions { uid: pod.metadata.uid.clone(), resource_version: None }),
            ..DeleteParams::default()
        };
        let deleted = self.bounded(api.delete(name, &params)).await;
        let what = format!("Gave Pod {name} {grace_seconds} s to stop, in place of {given} s.");
        removal(what, deleted.map(drop))
    }
}

fn name_of(namespace: &Value) -> &str {
    namespace["metadata"]["name"].as_str().unwrap_or_default()
}

/// Nothing is reported for an object that is deleted already.
fn removal(what: String, outcome: Result<(), ClusterError>) -> Option<Removal> {
    match outcome {
        Ok(()) => Some(Removal { what, fault: None }),
        Err(ClusterError::NotFound(_)) => None,
        Err(fault) => Some(Removal { what, fault: Some(fault.to_string()) }),
    }
}

fn list_kinds(group: &APIGroupDiscovery) -> Vec<ApiResource> {
    let name = group.metadata.as_ref().and_then(|metadata| metadata.name.as_deref()).unwrap_or_default();
    // The first version is the preferred one; every version shows the same objects.
    let Some(version) = group.versions.first() else { return Vec::new() };
    let number = version.version.as_deref().unwrap_or_default();
    version.resources.iter().filter_map(|resource| kind_of(name, number, resource)).collect()
}

fn kind_of(group: &str, version: &str, resource: &APIResourceDiscovery) -> Option<ApiResource> {
    let can = |verb: &str| resource.verbs.iter().any(|has| has == verb);
    let is_wanted = resource.scope.as_deref() == Some("Namespaced") && can("list") && can("patch");
    let kind = resource.response_kind.as_ref().and_then(|kind| kind.kind.as_deref()).filter(|_| is_wanted)?;
    let kind = GroupVersionKind::gvk(group, version, kind);
    Some(ApiResource::from_gvk_with_plural(&kind, resource.resource.as_deref()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaced_kinds_that_can_be_patched_are_listed() {
        let group: APIGroupDiscovery = serde_json::from_value(json!({
            "metadata": { "name": "apps" },
            "versions": [
                { "version": "v1", "resources": [
                    { "resource": "deployments", "responseKind": { "kind": "Deployment" }, "scope": "Namespaced", "verbs": ["list", "patch"] },
                    { "resource": "bindings", "responseKind": { "kind": "Binding" }, "scope": "Namespaced", "verbs": ["create"] },
                    { "resource": "nodes", "responseKind": { "kind": "Node" }, "scope": "Cluster", "verbs": ["list", "patch"] },
                ] },
                { "version": "v1beta1", "resources": [
                    { "resource": "deployments", "responseKind": { "kind": "Deployment" }, "scope": "Namespaced", "verbs": ["list", "patch"] },
                ] },
            ],
        }))
        .unwrap();
        let kinds = list_kinds(&group);
        assert_eq!(kinds.len(), 1);
        assert_eq!((kinds[0].api_version.as_str(), kinds[0].plural.as_str()), ("apps/v1", "deployments"));
    }

    #[test]
    fn a_group_whose_server_is_dead_hides_no_other() {
        let dead = json!({ "metadata": { "name": "metrics.k8s.io" }, "versions": [{ "version": "v1", "freshness": "Stale" }] });
        let empty = json!({ "metadata": { "name": "x" } });
        for group in [dead, empty] {
            assert_eq!(list_kinds(&serde_json::from_value(group).unwrap()), []);
        }
    }
}
