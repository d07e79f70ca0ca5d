//! What a learner's pods reach: by trying it where a policy engine runs, by reading the policies everywhere.

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::ListParams;
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::Site;
use crate::site::client;

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

/// Whether something in the cluster enforces network policies.
async fn is_enforced(client: &Client) -> bool {
    let engines = ["kube-router", "calico", "cilium", "antrea", "weave", "kube-network-policies"];
    let pods: Api<Pod> = Api::all(client.clone());
    let pods = pods.list(&ListParams::default()).await.unwrap().items;
    let has_pod = pods
        .iter()
        .filter_map(|pod| pod.metadata.name.as_ref())
        .any(|name| engines.iter().any(|engine| name.contains(engine)));
    // The local cluster's runs beside the kubelet, as a process of the machine.
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("cmdline")).ok());
    has_pod || processes.into_iter().any(|line| line.split('\0').take(2).any(|word| word.ends_with("kube-router")))
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_open_dns_the_api_server_and_the_own_namespace_and_another_learner_is_refused_if_an_engine_runs() {
    let site = Site::spawn().await;
    let (ada, ben) = (site.learner("ada").await, site.learner("ben").await);
    let (own, other) = (site.start(&ada).await, site.start(&ben).await);
    let admin = client(None).await;

    let policies = read_policies(&admin, &own.namespace).await;
    let names: Vec<&str> = policies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["api-server", "default-deny", "dns", "own-namespace"]);
    let [api_server, deny, dns, own_namespace] = [0, 1, 2, 3].map(|index| &policies[index].1);
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

    if is_enforced(&admin).await {
        let services: Api<Service> = Api::namespaced(admin.clone(), &other.namespace);
        let service = services.get("qotm").await.unwrap().spec.unwrap().cluster_ip.unwrap();
        let pods: Api<Pod> = Api::namespaced(admin.clone(), &other.namespace);
        let pod =
            pods.list(&ListParams::default().labels("app.kubernetes.io/name=qotm")).await.unwrap().items.remove(0);
        let pod = pod.status.unwrap().pod_ip.unwrap();
        for (url, expected) in [
            ("http://qotm/healthz".to_owned(), true),
            (format!("http://qotm.{}/healthz", other.namespace), false),
            (format!("http://{service}/healthz"), false),
            (format!("http://{pod}:8080/healthz"), false),
        ] {
            let command = ["curl", "--silent", "--max-time", "3", "--output", "/dev/null", &url];
            let outcome = site.app.cluster.run_in_pod(&own.namespace, "toolbox", "toolbox", &command).await.unwrap();
            assert_eq!(outcome.is_success, expected, "{url}: {}", outcome.output);
        }
    }
    site.stop(&ada).await;
    site.stop(&ben).await;
    site.shut_down().await;
}
