//! Objects that one learner copies from another, as they would from a file that the other wrote by `kubectl get`.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::grading::grade::NONCE_ANNOTATION;
use crate::labs::CopiedObject;

/// What the cluster gave an object, and what another cannot be made from.
const OWN_METADATA: [&str; 7] =
    ["namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "ownerReferences"];

/// Reads `objects` of a namespace as one list, without what the cluster gave them.
pub(super) async fn read(cluster: &Cluster, objects: &[CopiedObject], namespace: &str) -> anyhow::Result<Value> {
    let mut items = Vec::new();
    for CopiedObject { api_version, kind, name } in objects {
        let found = cluster.get_object(api_version, kind, namespace, name).await?;
        items.push(without_own(found.with_context(|| format!("the other learner has no {kind} called {name}"))?));
    }
    Ok(json!({ "apiVersion": "v1", "kind": "List", "items": items }))
}

/// Whether one of a list's objects is marked as some session's.
pub(super) fn has_nonce(list: &Value) -> bool {
    let mut items = list["items"].as_array().into_iter().flatten();
    items.any(|item| item["metadata"]["annotations"].get(NONCE_ANNOTATION).is_some())
}

fn without_own(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in OWN_METADATA {
            metadata.remove(key);
        }
    }
    if object["kind"] == "Service"
        && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
    {
        for key in ["clusterIP", "clusterIPs"] {
            spec.remove(key);
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_the_other_learner_wrote_and_the_nonce() {
        let annotations = json!({ NONCE_ANNOTATION: "ab", "a8r.io/owner": "Bea" });
        let copy = without_own(json!({
            "kind": "Service",
            "metadata": { "name": "qotm", "namespace": "n", "uid": "u", "resourceVersion": "7", "annotations": annotations },
            "spec": { "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": [{ "port": 80 }] },
            "status": { "loadBalancer": {} },
        }));
        let expected = json!({
            "kind": "Service",
            "metadata": { "name": "qotm", "annotations": annotations },
            "spec": { "ports": [{ "port": 80 }] },
        });
        assert_eq!(copy, expected);
        assert!(has_nonce(&json!({ "items": [copy] })));
        assert!(!has_nonce(&json!({ "items": [{ "metadata": { "annotations": { "a": "b" } } }, {}] })));
    }
}
