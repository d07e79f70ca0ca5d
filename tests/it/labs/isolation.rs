//! Rights, limits and network policies of a running session are kept up to date.

use jiff::SignedDuration;
use seaworthy::labs::SessionState;
use serde_json::{Value, json};

use super::{resync, start_until_ready, state};
use crate::support::TestApp;

#[tokio::test]
async fn when_the_api_servers_get_other_addresses_running_sessions_reach_them() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    let policy = || -> Value { kube.object("NetworkPolicy", &session.namespace, "api-server").unwrap() };
    assert!(!policy().to_string().contains("192.0.2.7/32"));
    kube.put(&json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes", "namespace": "default", "labels": { "kubernetes.io/service-name": "kubernetes" },
        },
        "endpoints": [{ "addresses": ["192.0.2.7"] }], "ports": [{ "port": 6443 }],
    }));
    resync(&app).await;
    assert!(policy().to_string().contains("192.0.2.7/32"), "{}", policy());
    assert_eq!(state(&app, &ada).await, Some(SessionState::Ready));
}

#[tokio::test]
async fn when_dns_gets_other_ports_running_sessions_reach_it_there() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    let pod_ports = || -> Value {
        let policy = kube.object("NetworkPolicy", &session.namespace, "dns").unwrap();
        policy["spec"]["egress"][0]["ports"].clone()
    };
    let both = |port: i64| json!([{ "protocol": "TCP", "port": port }, { "protocol": "UDP", "port": port }]);
    assert_eq!(pod_ports(), both(53));
    kube.put(&json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": "kube-dns", "namespace": "kube-system", "labels": { "k8s-app": "kube-dns" } },
        "spec": { "clusterIPs": ["10.96.0.10"], "selector": { "k8s-app": "kube-dns" }, "ports": both(53) },
    }));
    kube.put(&json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": "kube-dns", "namespace": "kube-system", "labels": { "kubernetes.io/service-name": "kube-dns" },
        },
        "endpoints": [{ "addresses": ["10.244.0.2"] }], "ports": both(5353),
    }));
    resync(&app).await;
    assert_eq!(pod_ports(), both(5353), "policies are compared with packets after a Service's port is translated");
}

#[tokio::test]
async fn what_was_deleted_or_changed_is_restored() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    let own = [
        ("RoleBinding", "learner"),
        ("ServiceAccount", "learner"),
        ("ServiceAccount", "prometheus"),
        ("Role", "prometheus"),
        ("RoleBinding", "prometheus"),
        ("LimitRange", "lab"),
        ("ResourceQuota", "lab"),
        ("NetworkPolicy", "default-deny"),
        ("NetworkPolicy", "dns"),
    ];
    for (kind, name) in own {
        kube.delete(kind, &session.namespace, name);
    }
    kube.delete("ClusterRole", "", "seaworthy-learner");
    kube.delete("ValidatingAdmissionPolicyBinding", "", "seaworthy-services");
    let changed = [
        ("ValidatingAdmissionPolicyBinding", "", "seaworthy-pods", "/spec/validationActions"),
        ("ValidatingAdmissionPolicyBinding", "", "seaworthy-mappings", "/metadata/labels"),
        ("ValidatingAdmissionPolicy", "", "seaworthy-metadata", "/spec/failurePolicy"),
        ("NetworkPolicy", session.namespace.as_str(), "own-namespace", "/spec/egress"),
    ];
    let changed = changed.map(|(kind, namespace, name, field)| {
        let mut object = kube.object(kind, namespace, name).unwrap();
        let before = object.pointer_mut(field).unwrap().take();
        kube.put(&object);
        (kind, namespace, name, field, before)
    });
    app.advance(SignedDuration::from_mins(5));
    resync(&app).await;
    for (kind, name) in own {
        assert!(kube.object(kind, &session.namespace, name).is_some(), "{kind} {name}");
    }
    for (kind, namespace, name, field, before) in changed {
        assert_eq!(kube.object(kind, namespace, name).unwrap().pointer(field), Some(&before), "{kind} {name}");
    }
    assert!(kube.object("ClusterRole", "", "seaworthy-learner").is_some());
    assert!(kube.object("ValidatingAdmissionPolicyBinding", "", "seaworthy-services").is_some());
}

#[tokio::test]
async fn an_unchanged_session_is_not_written_to() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    let before = kube.writes().len();
    for _ in 0..4 {
        resync(&app).await;
    }
    assert_eq!(kube.writes().len(), before);
}

#[tokio::test]
async fn the_toolbox_of_a_running_session_is_restored() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    kube.delete("Pod", &session.namespace, "toolbox");
    resync(&app).await;
    assert!(kube.object("Pod", &session.namespace, "toolbox").is_some());
    assert_eq!(state(&app, &ada).await, Some(SessionState::Ready));
}
