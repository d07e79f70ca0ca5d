//! A web page of a lab on the real cluster: opened through the platform, refused to others, and followed to a new pod.

use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::Api;
use kube::api::{DeleteParams, ListParams, PostParams};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::Site;
use crate::page_browser::PageBrowser;
use crate::site::{PATIENCE, client, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_opens_the_service_of_the_lab_and_nobody_else_does() {
    let site = Site::spawn().await;
    let (ada, ben) = (site.learner("ada").await, site.learner("ben").await);
    let (own, _) = (site.start(&ada).await, site.start(&ben).await);
    let (of_ada, of_ben) = (PageBrowser::of(&site, &ada), PageBrowser::of(&site, &ben));
    let host = of_ada.host("quote", &own);
    let access = of_ada.open("quote").await.unwrap();
    wait_for_page(&of_ada, &host, &access).await;
    let (status, body, ..) = of_ada.ask(&host, "/", &access).await;
    assert!(status == 200 && body.contains("\"quote\":"), "{status} {body}");
    eventually("the lab's page does not say that it is ready", async || {
        ada.get(crate::PAGE).await.expect(200).text("[data-page=quote] .pill") == "Ready"
    })
    .await;

    assert_eq!(of_ben.ask(&host, "/", "").await.0, 403);
    let access_of_ben = of_ben.open("quote").await.unwrap();
    assert_eq!(of_ben.ask(&host, "/", &access_of_ben).await.0, 403, "his is for his own session");
    let link = format!("/labs/web/quote--{}?entry={}", own.namespace, "0".repeat(64));
    let (status, ..) = of_ben.ask(of_ben.platform(), &link, &format!("session={}", of_ben.session)).await;
    assert_eq!(status, 404);
    site.app.accounts.sign_out(&of_ada.session).await.unwrap();
    assert_eq!(of_ada.ask(&host, "/", &access).await.0, 403, "signing out ends it");
    site.abandon(&[&ada, &ben]).await;
}

/// Waits until the page of the session answers 200; answers how long that took.
async fn wait_for_page(browser: &PageBrowser, host: &str, access: &str) -> Duration {
    let begun = Instant::now();
    loop {
        let (status, body, ..) = browser.ask(host, "/", access).await;
        match status {
            200 => return begun.elapsed(),
            502 | 503 => {}
            _ => panic!("{status}: {body}"),
        }
        assert!(begun.elapsed() < PATIENCE, "{status}: {body}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "how long it took is worth reading")]
async fn a_page_is_back_once_its_pod_is_and_says_meanwhile_what_is_missing() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let own = site.start(&ada).await;
    let browser = PageBrowser::of(&site, &ada);
    let (host, access) = (browser.host("quote", &own), browser.open("quote").await.unwrap());
    wait_for_page(&browser, &host, &access).await;
    let pods: Api<Pod> = Api::namespaced(client(None).await, &own.namespace);
    let of_qotm = ListParams::default().labels("app.kubernetes.io/name=qotm");
    let pod = pods.list(&of_qotm).await.unwrap().items.remove(0).metadata.name.unwrap();
    pods.delete(&pod, &DeleteParams::default()).await.unwrap();
    eventually("the pod is not deleted", async || pods.get_opt(&pod).await.unwrap().is_none()).await;
    println!("the page was back {:?} after its pod was gone", wait_for_page(&browser, &host, &access).await);

    let scale = "kubectl scale deployment qotm --replicas=0 && kubectl wait --for=delete pod -l app.kubernetes.io/name=qotm --timeout=4m";
    let command = ["bash", "-c", scale];
    assert!(site.app.cluster.run_in_pod(&own.namespace, "toolbox", "toolbox", &command).await.unwrap().is_success);
    eventually("the page does not say what is missing", async || {
        let (status, body, ..) = browser.ask(&host, "/", &access).await;
        status == 503 && body.contains("The Service qotm selects no pod.")
    })
    .await;
    site.stop(&ada).await;
    site.shut_down().await;
}

/// A pod that sends back what it is sent over websockets, and its Service.
fn echo_objects() -> (Pod, Service) {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "echo", "labels": { "app": "echo" } },
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "securityContext": { "runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": { "type": "RuntimeDefault" } },
            "containers": [{
                "name": "echo", "image": "seaworthy.local/toolbox:1", "command": ["perl", "-e", include_str!("echo.pl")],
                "readinessProbe": { "tcpSocket": { "port": 8080 }, "periodSeconds": 1, "timeoutSeconds": 10 },
                "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
            }],
        },
    });
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "echo" },
        "spec": { "selector": { "app": "echo" }, "ports": [{ "port": 8080 }] },
    });
    (serde_json::from_value(pod).unwrap(), serde_json::from_value(service).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_of_a_learners_own_service_passes_both_ways_and_ends_with_the_lab() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let own = site.start(&ada).await;
    let (pod, service) = echo_objects();
    let admin = client(None).await;
    Api::<Pod>::namespaced(admin.clone(), &own.namespace).create(&PostParams::default(), &pod).await.unwrap();
    Api::<Service>::namespaced(admin, &own.namespace).create(&PostParams::default(), &service).await.unwrap();
    eventually("the page is not ready", async || {
        !ada.get(crate::PAGE).await.expect(200).texts("[data-page=echo][data-state=ready]").is_empty()
    })
    .await;
    let browser = PageBrowser::of(&site, &ada);
    let (host, access) = (browser.host("echo", &own), browser.open("echo").await.unwrap());
    let mut request = format!("ws://{host}/").into_client_request().unwrap();
    request.headers_mut().insert("origin", format!("http://{host}").parse().unwrap());
    request.headers_mut().insert("cookie", access.parse().unwrap());
    let stream = tokio::net::TcpStream::connect(browser.platform()).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    for number in 0..20 {
        socket.send(Message::text(format!("message {number}"))).await.unwrap();
        let back = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(back, Message::text(format!("message {number}")));
    }
    site.stop_at_once(&ada).await;
    let end = tokio::time::timeout(PATIENCE, socket.next()).await.expect("it goes on");
    assert!(!matches!(end, Some(Ok(Message::Text(_)))), "{end:?}");
    site.wait_until_deleted(&own).await;
    site.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_leads_to_pods_of_its_own_namespace_alone() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let own = site.start(&ada).await;
    let browser = PageBrowser::of(&site, &ada);
    let (host, access) = (browser.host("quote", &own), browser.open("quote").await.unwrap());
    wait_for_page(&browser, &host, &access).await;
    let services: Api<Service> = Api::namespaced(client(None).await, &own.namespace);
    services.delete("qotm", &DeleteParams::default()).await.unwrap();
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "qotm" },
        "spec": { "ports": [{ "name": "http", "port": 80 }] },
    });
    services.create(&PostParams::default(), &serde_json::from_value(service).unwrap()).await.unwrap();
    let slices: Api<EndpointSlice> = Api::namespaced(client(None).await, &own.namespace);
    let of_qotm = ListParams::default().labels("kubernetes.io/service-name=qotm");
    eventually("the old Service's slices stay", async || slices.list(&of_qotm).await.unwrap().items.is_empty()).await;
    eventually("the page does not say that no pod is behind it", async || {
        let (status, body, ..) = browser.ask(&host, "/", &access).await;
        status == 503 && body.contains("selects no pod")
    })
    .await;
    let dns: Api<Pod> = Api::namespaced(client(None).await, "kube-system");
    let dns = dns.list(&ListParams::default().labels("k8s-app=kube-dns")).await.unwrap().items.remove(0);
    // As an admin, since learners may not write slices.
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": { "name": "forged", "labels": { "kubernetes.io/service-name": "qotm" } },
        "endpoints": [{
            "addresses": [dns.status.unwrap().pod_ip.unwrap()], "conditions": { "ready": true },
            "targetRef": { "kind": "Pod", "namespace": "kube-system", "name": dns.metadata.name.unwrap() },
        }],
        "ports": [{ "name": "http", "port": 8181 }],
    });
    slices.create(&PostParams::default(), &serde_json::from_value(slice).unwrap()).await.unwrap();
    // Where no pod is known, each request looks again.
    for _ in 0..3 {
        let (status, body, ..) = browser.ask(&host, "/", &access).await;
        assert!(status == 503 && body.contains("selects no pod"), "{status} {body}");
    }
    site.stop(&ada).await;
    site.shut_down().await;
}
