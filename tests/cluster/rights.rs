//! What a learner can do with their own credentials, and what the walls keep them from.

use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::Site;
use crate::site::client;

fn api(client: &Client, group: &str, kind: &str, namespace: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
    Api::namespaced_with(client.clone(), namespace, &resource)
}

async fn create(client: &Client, group: &str, kind: &str, namespace: &str, spec: Value) -> Result<(), String> {
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let object = json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": "try" }, "spec": spec });
    let object: DynamicObject = serde_json::from_value(object).unwrap();
    match api(client, group, kind, namespace).create(&PostParams::default(), &object).await {
        Ok(_) => Ok(()),
        Err(fault) => Err(fault.to_string()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_can_work_and_cannot_move_the_walls() {
    let site = Site::spawn().await;
    let (ada, ben) = (site.learner("ada").await, site.learner("ben").await);
    let (own, other) = (site.start(&ada).await, site.start(&ben).await);
    let text = ada.get("/labs/service-annotations/kubeconfig").await.expect(200).body;
    let learner = client(Some(&text)).await;
    let namespace = own.namespace.as_str();

    let annotate = json!({ "metadata": { "annotations": { "a8r.io/owner": "ada" } } });
    let services = api(&learner, "", "Service", namespace);
    services.patch("qotm", &PatchParams::default(), &Patch::Merge(&annotate)).await.unwrap();

    assert!(api(&learner, "", "Service", &other.namespace).get("qotm").await.is_err(), "another's namespace is closed");
    let walls = [("networking.k8s.io", "NetworkPolicy"), ("", "ResourceQuota"), ("", "LimitRange")];
    for (group, kind) in walls {
        let refused = create(&learner, group, kind, namespace, json!({})).await.unwrap_err();
        assert!(refused.contains("forbidden"), "{kind}: {refused}");
    }
    let exposed = json!({ "type": "NodePort", "ports": [{ "port": 80 }] });
    let refused = create(&learner, "", "Service", namespace, exposed).await.unwrap_err();
    assert!(refused.contains("ClusterIP"), "{refused}");
    let taken = json!({ "externalIPs": ["192.0.2.1"], "ports": [{ "port": 80 }] });
    let refused = create(&learner, "", "Service", namespace, taken).await.unwrap_err();
    assert!(refused.contains("externalIPs"), "{refused}");

    let pod = |image: &str, privileged: bool| {
        json!({
            "securityContext": { "runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": { "type": "RuntimeDefault" } },
            "containers": [{
                "name": "try", "image": image,
                "securityContext": {
                    "privileged": privileged, "allowPrivilegeEscalation": privileged,
                    "capabilities": { "drop": ["ALL"] },
                },
            }],
        })
    };
    let refused = create(&learner, "", "Pod", namespace, pod("example.org/miner:1", false)).await.unwrap_err();
    assert!(refused.contains("An image here begins with"), "{refused}");
    let refused = create(&learner, "", "Pod", namespace, pod("seaworthy.local/qotm:1", true)).await.unwrap_err();
    assert!(refused.contains("PodSecurity") || refused.contains("restricted"), "{refused}");
    create(&learner, "", "Pod", namespace, pod("seaworthy.local/qotm:1", false)).await.unwrap();

    site.stop(&ada).await;
    site.stop(&ben).await;
    site.shut_down().await;
}
