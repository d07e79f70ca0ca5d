//! What a learner's pods reach, by trying it, and the policies that say so.

use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::{ListParams, LogParams, PostParams};
use kube::{Api, Client};
use seaworthy::cluster::PolicyEnforcement;
use serde_json::{Value, json};

use crate::Site;
use crate::site::{client, eventually};

/// The policies of a session, by name, as JSON.
async fn read_policies(client: &Client, namespace: &str) -> Vec<(String, Value)> {
    let policies: Api<NetworkPolicy> = Api::namespaced(client.clone(), namespace);
    let found = policies.list(&ListParams::default()).await.unwrap().items;
    found
        .into_iter()
        .map(|policy| (policy.metadata.name.unwrap(), serde_json::to_value(policy.spec.unwrap()).unwrap()))
        .collect()
}

/// The ports that DNS's pods listen on, as its endpoints say.
async fn read_dns_ports(client: &Client) -> Vec<Value> {
    let slices: Api<EndpointSlice> = Api::namespaced(client.clone(), "kube-system");
    let of_dns = ListParams::default().labels("k8s-app=kube-dns");
    let found = slices.list(&of_dns).await.unwrap().items;
    let ports = found.iter().flat_map(|slice| slice.ports.iter().flatten());
    let mut ports: Vec<Value> =
        ports.map(|port| json!({ "protocol": port.protocol.clone().unwrap(), "port": port.port.unwrap() })).collect();
    ports.sort_by_key(Value::to_string);
    ports.dedup();
    ports
}

/// The address of the lab's service of a session, and that of its pod.
async fn read_addresses(client: &Client, namespace: &str) -> (String, String) {
    let services: Api<Service> = Api::namespaced(client.clone(), namespace);
    let service = services.get("qotm").await.unwrap().spec.unwrap().cluster_ip.unwrap();
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let of_qotm = ListParams::default().labels("app.kubernetes.io/name=qotm");
    let pod = pods.list(&of_qotm).await.unwrap().items.remove(0);
    (service, pod.status.unwrap().pod_ip.unwrap())
}

/// Where the kubelet of some node listens.
async fn read_kubelet(client: &Client) -> String {
    let nodes: Api<Node> = Api::all(client.clone());
    let status = nodes.list(&ListParams::default()).await.unwrap().items.remove(0).status.unwrap();
    let addresses = status.addresses.unwrap();
    let address = addresses.iter().find(|address| address.type_ == "InternalIP").unwrap();
    format!("{}:{}", address.address, status.daemon_endpoints.unwrap().kubelet_endpoint.unwrap().port)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policies_of_a_session_open_its_namespace_dns_and_the_api_server() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let own = site.start(&ada).await;
    let admin = client(None).await;
    let policies = read_policies(&admin, &own.namespace).await;
    let names: Vec<&str> = policies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["api-server", "cluster-parts", "default-deny", "dns", "own-namespace"]);
    let [api_server, deny, dns, own_namespace] = [0, 2, 3, 4].map(|index| &policies[index].1);
    assert_eq!(*deny, json!({ "podSelector": {}, "policyTypes": ["Ingress", "Egress"] }));
    let mut opened: Vec<Value> = dns["egress"][0]["ports"].as_array().unwrap().clone();
    opened.sort_by_key(Value::to_string);
    assert_eq!(opened, read_dns_ports(&admin).await, "DNS is reached at the ports of its endpoints");
    assert_eq!(dns["egress"][0]["to"][0]["podSelector"]["matchLabels"], json!({ "k8s-app": "kube-dns" }));
    assert_eq!(own_namespace["egress"], json!([{ "to": [{ "podSelector": {} }] }]));
    assert_eq!(own_namespace["ingress"], json!([{ "from": [{ "podSelector": {} }] }]));
    let cidrs =
        api_server["egress"].as_array().unwrap().iter().map(|rule| rule["to"][0]["ipBlock"]["cidr"].as_str().unwrap());
    assert!(cidrs.clone().all(|cidr| cidr.ends_with("/32") || cidr.ends_with("/128")), "{api_server}");
    site.stop(&ada).await;
    site.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_reaches_their_own_service_and_the_clusters_open_ports_and_nothing_of_another_or_of_the_node() {
    let site = Site::spawn().await;
    // A busy cluster may not have the pods of a probe ready in time, which is no answer.
    let mut found = PolicyEnforcement::Unchecked;
    eventually("no probe tells", async || {
        found = site.app.cluster.probe_policies().await;
        !matches!(found, PolicyEnforcement::Unknown { .. })
    })
    .await;
    assert_eq!(found, PolicyEnforcement::Enforced);
    let (ada, ben) = (site.learner("ada").await, site.learner("ben").await);
    let (own, other) = (site.start(&ada).await, site.start(&ben).await);
    let admin = client(None).await;
    let (service, pod) = read_addresses(&admin, &other.namespace).await;
    let kubelet = read_kubelet(&admin).await;
    let run = async |command: &[&str]| {
        site.app.cluster.run_in_pod(&own.namespace, "toolbox", "toolbox", command).await.unwrap().is_success
    };
    for (url, is_open) in [
        ("http://qotm/healthz".to_owned(), true),
        ("https://kubernetes.default.svc/version".to_owned(), true),
        ("http://emissary-ingress.emissary/".to_owned(), true),
        ("http://emissary-ingress-admin.emissary:8877/ambassador/v0/diag/".to_owned(), false),
        ("http://metrics-api.linkerd-viz:8085/healthz".to_owned(), true),
        ("http://prometheus.linkerd-viz:9090/-/healthy".to_owned(), false),
        ("http://jaeger.observability:4318/v1/traces".to_owned(), true),
        ("http://jaeger.observability:16686/api/v3/services".to_owned(), false),
        (format!("http://qotm.{}/healthz", other.namespace), false),
        (format!("http://{service}/healthz"), false),
        (format!("http://{pod}:8080/healthz"), false),
        (format!("https://{kubelet}/healthz"), false),
    ] {
        let ask =
            async || run(&["curl", "--silent", "--insecure", "--max-time", "3", "--output", "/dev/null", &url]).await;
        if is_open {
            // A new pod is closed to the others for a moment, until its policies are in force.
            eventually(&format!("{url} is not reached"), ask).await;
        } else {
            assert!(!ask().await, "{url} is reached");
        }
    }
    for name in ["kubernetes.default.svc.cluster.local", "qotm"] {
        eventually(&format!("{name} is not resolved"), async || run(&["getent", "hosts", name]).await).await;
    }
    site.stop(&ada).await;
    site.stop(&ben).await;
    site.shut_down().await;
}

/// A pod that from its first moment on tries another learner's pod and its own Service, and ends once the latter answers.
fn eager_pod(own: &str, other: &str) -> Pod {
    let script = format!(
        "begun=$(date +%s%3N); for try in $(seq 600); do \
           curl -s -m 0.2 -o /dev/null http://{other}:8080/healthz && echo reached another; \
           curl -s -m 0.2 -o /dev/null http://{own}/healthz && break; \
         done; echo $(($(date +%s%3N) - begun)) ms until its own Service; \
         for try in $(seq 20); do curl -s -m 0.2 -o /dev/null http://{other}:8080/healthz && echo reached another; done; \
         echo end"
    );
    serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "eager" },
        "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
            "securityContext": { "runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": { "type": "RuntimeDefault" } },
            "containers": [{
                "name": "eager", "image": "seaworthy.local/toolbox:1", "command": ["bash", "-c", script],
                "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
            }],
        },
    }))
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "how long its policies took is worth reading")]
async fn a_new_pod_never_reaches_another_learner_not_even_before_its_policies_are_in_force() {
    let site = Site::spawn().await;
    let (ada, ben) = (site.learner("ada").await, site.learner("ben").await);
    let (own, other) = (site.start(&ada).await, site.start(&ben).await);
    let admin = client(None).await;
    let (service, _) = read_addresses(&admin, &own.namespace).await;
    let (_, another) = read_addresses(&admin, &other.namespace).await;
    let pods: Api<Pod> = Api::namespaced(admin.clone(), &own.namespace);
    pods.create(&PostParams::default(), &eager_pod(&service, &another)).await.unwrap();
    let mut said = String::new();
    eventually("the pod does not end", async || {
        said = pods.logs("eager", &LogParams::default()).await.unwrap_or_default();
        said.ends_with("end\n")
    })
    .await;
    println!("a new pod took {}", said.replace('\n', ", "));
    assert!(!said.contains("reached another"), "{said}");
    site.stop(&ada).await;
    site.stop(&ben).await;
    site.shut_down().await;
}
