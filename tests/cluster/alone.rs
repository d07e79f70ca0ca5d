//! What changes the cluster that all sites share, on a real cluster: each of these tests waits until no other runs, and none
//! begins meanwhile. A run of the others skips this module, so that none of them waits.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use kube::api::{DeleteParams, PostParams};
use serde_json::json;

use crate::Site;
use crate::lingering::{api, short_of_room};
use crate::site::{DEAD_API, client, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_api_service_blocks_no_session_and_is_reported() {
    // It blocks the deletion of every namespace.
    let site = Site::spawn_alone_with(short_of_room).await;
    let (ada, client) = (site.learner("ada").await, client(None).await);
    let first = site.start(&ada).await;
    let services = api(&client, ("apiregistration.k8s.io", "APIService"), None);
    let dead = json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": { "name": DEAD_API },
        "spec": {
            "group": "dead.seaworthy.dev", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": { "namespace": "default", "name": "nobody-is-there" },
        },
    });
    services.create(&PostParams::default(), &serde_json::from_value(dead).unwrap()).await.unwrap();
    let outcome = AssertUnwindSafe(async {
        // The controllers discover it after a while.
        eventually("it is not discovered", async || {
            let groups = client.list_api_groups_aggregated().await.unwrap().items;
            groups
                .iter()
                .any(|group| group.metadata.as_ref().and_then(|it| it.name.as_deref()) == Some("dead.seaworthy.dev"))
        })
        .await;
        site.stop_at_once(&ada).await;
        site.start(&ada).await;
        eventually("it is not reported", async || {
            let (lingering, _count) = site.app.labs.list_lingering().await.unwrap();
            let reported = lingering.iter().find(|one| one.namespace == first.namespace);
            reported.is_some_and(|one| one.reasons.iter().any(|reason| reason.contains("kubectl get apiservices")))
        })
        .await;
    })
    .catch_unwind()
    .await;
    services.delete(DEAD_API, &DeleteParams::default()).await.unwrap();
    assert!(outcome.is_ok(), "the dead APIService was in the way");
    site.stop_at_once(&ada).await;
    site.wait_until_deleted(&first).await;
    site.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_deletes_by_mistake_is_restored() {
    // Without its binding, a policy holds nobody's acts back.
    let site = Site::spawn_alone_with(|_config, _folder| {}).await;
    let (ada, client) = (site.learner("ada").await, client(None).await);
    let session = site.start(&ada).await;
    let own = Some(session.namespace.as_str());
    for (kind, namespace, name) in [
        (("networking.k8s.io", "NetworkPolicy"), own, "default-deny"),
        (("rbac.authorization.k8s.io", "RoleBinding"), own, "learner"),
        (("", "ResourceQuota"), own, "lab"),
        (("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"), None, "seaworthy-services"),
    ] {
        let api = api(&client, kind, namespace);
        let before = api.get(name).await.unwrap().metadata.uid;
        api.delete(name, &DeleteParams::default()).await.unwrap();
        eventually(&format!("{} {name} was not restored", kind.1), async || {
            api.get_opt(name).await.unwrap().is_some_and(|object| object.metadata.uid != before)
        })
        .await;
    }
    site.stop(&ada).await;
    site.shut_down().await;
}
