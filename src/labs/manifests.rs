//! The manifests of the objects that every session gets. No I/O.

use serde_json::{Value, json};

use super::catalogue::Lab;
use super::model::LabSession;
use super::quota;
use crate::cluster::{
    ALLOWED_IMAGES_ANNOTATION, ClusterInfo, ClusterSettings, DnsPort, LAB_DOMAIN_ANNOTATION, LEARNER_ROLE, PartKind,
    SESSION_LABEL,
};

/// The label that names the installation, so that two of them can share a cluster.
pub(super) const INSTALLATION_LABEL: &str = "seaworthy.dev/installation";
/// The toolbox's pod and its one container.
pub const TOOLBOX: &str = "toolbox";
/// The learner's `ServiceAccount`.
pub(super) const LEARNER_ACCOUNT: &str = "learner";
/// The `ServiceAccount` of a learner's Prometheus, its Role and their binding.
pub(super) const PROMETHEUS: &str = "prometheus";
/// The quota that provisioning waits for.
pub(super) const QUOTA: &str = "lab";

/// The port on which a mesh's proxy tells its metrics.
const PROXY_ADMIN_PORT: u16 = 4191;

/// The namespace; its labels put it under Pod Security and the admission policies, its annotations hold the settings that
/// the policies read.
pub(super) fn namespace(session: &LabSession, installation: &str, settings: &ClusterSettings) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": session.namespace,
            "labels": {
                "app.kubernetes.io/managed-by": "seaworthy",
                INSTALLATION_LABEL: installation,
                SESSION_LABEL: session.id,
                "seaworthy.dev/lab": session.lab,
                "pod-security.kubernetes.io/enforce": "restricted",
                "pod-security.kubernetes.io/enforce-version": "latest",
                "pod-security.kubernetes.io/warn": "restricted",
            },
            "annotations": {
                LAB_DOMAIN_ANNOTATION: settings.lab_domain,
                ALLOWED_IMAGES_ANNOTATION: settings.allowed_images.join(","),
            },
        },
    })
}

/// Who acts in the namespace and what they may do: the learner by the platform's own role, a Prometheus that reads what it
/// finds its targets by, and everything else without a token.
///
/// Learners make no accounts and roles themselves. Kubernetes keeps a new role within its author's rights, but lets it be
/// given to anybody: an account of another namespace would be outside the policies, which know a learner by the namespace.
pub(super) fn access(session: &LabSession) -> Vec<Value> {
    let learner = ("ClusterRole", LEARNER_ROLE);
    vec![
        service_account(session, LEARNER_ACCOUNT, true),
        service_account(session, PROMETHEUS, true),
        service_account(session, "default", false),
        role_binding(session, LEARNER_ACCOUNT, learner),
        discovery_role(session),
        role_binding(session, PROMETHEUS, ("Role", PROMETHEUS)),
    ]
}

fn service_account(session: &LabSession, name: &str, has_token: bool) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "name": name, "namespace": session.namespace },
        "automountServiceAccountToken": has_token,
    })
}

/// What Prometheus lists and watches for its roles pod, service, endpoints and endpointslice.
fn discovery_role(session: &LabSession) -> Value {
    let verbs = ["get", "list", "watch"];
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": { "name": PROMETHEUS, "namespace": session.namespace },
        "rules": [
            { "apiGroups": [""], "resources": ["endpoints", "pods", "services"], "verbs": verbs },
            { "apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": verbs },
        ],
    })
}

/// Binds an account to a role, given as its kind and name.
fn role_binding(session: &LabSession, account: &str, (kind, role): (&str, &str)) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": { "name": account, "namespace": session.namespace },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role },
        "subjects": [{ "kind": "ServiceAccount", "name": account, "namespace": session.namespace }],
    })
}

/// Defaults for containers that set no limits: without them the quota refuses the pod, and a growing file fills the node's
/// disk. No disk is requested, since a node that does not measure its disk cannot allocate any.
pub(super) fn limit_range(session: &LabSession) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": { "name": QUOTA, "namespace": session.namespace },
        "spec": { "limits": [{
            "type": "Container",
            "default": { "cpu": "250m", "memory": "128Mi", "ephemeral-storage": "1Gi" },
            "defaultRequest": { "cpu": "25m", "memory": "32Mi", "ephemeral-storage": "0" },
            "max": { "cpu": "2", "memory": "1Gi", "ephemeral-storage": "2Gi" },
        }] },
    })
}

/// The quota, for every kind that a learner may write.
pub(super) fn resource_quota(session: &LabSession, lab: &Lab, info: &ClusterInfo) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": { "name": QUOTA, "namespace": session.namespace },
        "spec": { "hard": quota::hard(&lab.quota, info) },
    })
}

/// Whether the quota controller has counted everything; before that the quota is not enforced, or refuses everything.
pub(super) fn quota_is_counted(quota: Option<&Value>) -> bool {
    let Some(quota) = quota else { return false };
    let (Some(limits), Some(counted)) = (quota["spec"]["hard"].as_object(), quota["status"]["used"].as_object()) else {
        return false;
    };
    limits.keys().all(|key| counted.contains_key(key))
}

/// Traffic is allowed within the namespace, to DNS, to the API server and with the cluster's parts, and denied otherwise.
pub(super) fn network_policies(session: &LabSession, info: &ClusterInfo) -> Vec<Value> {
    let policy = |name: &str, spec: Value| {
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": { "name": name, "namespace": session.namespace },
            "spec": spec,
        })
    };
    let servers: Vec<Value> = info
        .api_servers
        .iter()
        .map(|server| {
            json!({
                "to": [address_block(&server.ip)],
                "ports": [{ "protocol": "TCP", "port": server.port }],
            })
        })
        .collect();
    let own = json!([{ "podSelector": {} }]);
    let mut policies = vec![
        policy("default-deny", json!({ "podSelector": {}, "policyTypes": ["Ingress", "Egress"] })),
        policy(
            "own-namespace",
            json!({
                "podSelector": {}, "policyTypes": ["Ingress", "Egress"],
                "ingress": [{ "from": own }], "egress": [{ "to": own }],
            }),
        ),
        policy("dns", json!({ "podSelector": {}, "policyTypes": ["Egress"], "egress": dns_egress(info) })),
    ];
    if !servers.is_empty() {
        policies.push(policy("api-server", json!({ "podSelector": {}, "policyTypes": ["Egress"], "egress": servers })));
    }
    if !info.part_namespaces.is_empty() {
        policies.push(policy("cluster-parts", part_policy(&info.part_namespaces)));
    }
    policies
}

/// The ports of a part's pods that a session's pods may reach: those of Emissary's listeners, of Linkerd's control plane
/// (8443 that of its stand-in), of the viz extension's metrics API, and of OTLP.
fn part_ports(kind: PartKind) -> &'static [u16] {
    match kind {
        PartKind::Ingress => &[8080, 8443],
        PartKind::Mesh => &[8080, 8086, 8090, 8443],
        PartKind::Metrics => &[8085],
        PartKind::Traces => &[4317, 4318],
    }
}

/// To each part at the ports that are for everybody; from the ingress at any port, from metrics at that of a proxy.
fn part_policy(parts: &[(PartKind, String)]) -> Value {
    let mut ingress = Vec::new();
    let mut egress = Vec::new();
    for (kind, namespace) in parts {
        let peers = [whole_namespace(namespace)];
        let open = part_ports(*kind).iter().map(|port| json!({ "protocol": "TCP", "port": port }));
        egress.push(json!({ "to": peers, "ports": open.collect::<Vec<_>>() }));
        match kind {
            PartKind::Ingress => ingress.push(json!({ "from": peers })),
            PartKind::Metrics => {
                let port = json!({ "protocol": "TCP", "port": PROXY_ADMIN_PORT });
                ingress.push(json!({ "from": peers, "ports": [port] }));
            }
            PartKind::Mesh | PartKind::Traces => {}
        }
    }
    json!({ "podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": ingress, "egress": egress })
}

/// A peer that is every pod of a namespace.
fn whole_namespace(name: &str) -> Value {
    json!({ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": name } } })
}

/// To the DNS pods at the ports they listen on, for policy engines that check a packet after it is redirected, and to the
/// addresses of the DNS Service, for those that check it before.
fn dns_egress(info: &ClusterInfo) -> Vec<Value> {
    let dns = &info.dns;
    let ports = |ports: &[DnsPort]| -> Vec<Value> {
        ports.iter().map(|port| json!({ "protocol": port.protocol, "port": port.port })).collect()
    };
    let pods = json!({
        "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": dns.namespace } },
        "podSelector": { "matchLabels": dns.selector },
    });
    let mut egress = vec![json!({ "to": [pods], "ports": ports(&dns.pod_ports) })];
    if !dns.addresses.is_empty() {
        let to: Vec<Value> = dns.addresses.iter().map(|ip| address_block(ip)).collect();
        egress.push(json!({ "to": to, "ports": ports(&dns.service_ports) }));
    }
    egress
}

/// A peer that is one address.
fn address_block(ip: &str) -> Value {
    let width = if ip.contains(':') { 128 } else { 32 };
    json!({ "ipBlock": { "cidr": format!("{ip}/{width}") } })
}

/// The pod behind the browser terminal.
pub(super) fn toolbox(session: &LabSession, image: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": TOOLBOX,
            "namespace": session.namespace,
            "labels": { "app.kubernetes.io/name": TOOLBOX, "app.kubernetes.io/managed-by": "seaworthy" },
        },
        "spec": {
            "serviceAccountName": LEARNER_ACCOUNT,
            "terminationGracePeriodSeconds": 1,
            "enableServiceLinks": false,
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000,
                "seccompProfile": { "type": "RuntimeDefault" },
            },
            "containers": [{
                "name": TOOLBOX,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "env": [{ "name": "NAMESPACE", "value": session.namespace }],
                "resources": {
                    "requests": { "cpu": "25m", "memory": "64Mi" },
                    "limits": { "cpu": "1", "memory": "512Mi" },
                },
                "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
            }],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::ApiServerAddress;
    use crate::labs::model::sample_session;

    #[test]
    fn a_namespace_is_restricted_and_does_not_name_the_learner() {
        let session = sample_session();
        let namespace = namespace(&session, "abcd", &ClusterSettings::default());
        assert_eq!(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted");
        assert_eq!(namespace["metadata"]["annotations"][LAB_DOMAIN_ANNOTATION], "labs.localhost");
        assert_eq!(namespace["metadata"]["annotations"][ALLOWED_IMAGES_ANNOTATION], "seaworthy.local/");
        assert!(!namespace.to_string().contains(session.person_id.as_str()));
    }

    #[test]
    fn prometheus_reads_its_targets_and_nothing_that_a_learner_may_not_read() {
        let [_, account, default, learner, role, binding] = &access(&sample_session())[..] else { panic!() };
        assert_eq!(
            (&account["metadata"]["name"], &default["automountServiceAccountToken"]),
            (&json!(PROMETHEUS), &json!(false))
        );
        assert_eq!(learner["roleRef"]["name"], LEARNER_ROLE);
        assert_eq!(
            binding["roleRef"],
            json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": PROMETHEUS })
        );
        assert_eq!(binding["subjects"][0]["name"], PROMETHEUS);
        for rule in role["rules"].as_array().unwrap() {
            assert_eq!(rule["verbs"], json!(["get", "list", "watch"]));
            assert!(!rule["resources"].to_string().contains("secrets"), "{rule}");
        }
    }

    #[test]
    fn a_quota_counts_once_every_limit_has_a_use() {
        let quota =
            |used: Value| json!({ "spec": { "hard": { "pods": "1", "services": "1" } }, "status": { "used": used } });
        assert!(!quota_is_counted(None));
        assert!(!quota_is_counted(Some(&quota(json!({ "pods": "0" })))));
        assert!(quota_is_counted(Some(&quota(json!({ "pods": "0", "services": "0" })))));
    }

    #[test]
    fn policies_deny_first_and_name_single_addresses() {
        let address = |ip: &str| ApiServerAddress { ip: ip.to_owned(), port: 443 };
        let api_servers = vec![address("10.96.0.1"), address("fd00::1")];
        let policies = network_policies(&sample_session(), &ClusterInfo { api_servers, ..ClusterInfo::default() });
        assert_eq!(policies[0]["metadata"]["name"], "default-deny");
        assert_eq!(policies[0]["spec"].get("egress"), None);
        let text = policies[3].to_string();
        assert!(text.contains("10.96.0.1/32") && text.contains("fd00::1/128"), "{text}");
    }

    #[test]
    fn dns_is_reached_at_the_ports_its_pods_listen_on_and_nothing_else_there() {
        let mut info = ClusterInfo::default();
        info.dns.selector.insert("k8s-app".to_owned(), "kube-dns".to_owned());
        info.dns.addresses = vec!["10.96.0.10".to_owned()];
        for port in &mut info.dns.pod_ports {
            port.port = 5353;
        }
        let policies = network_policies(&sample_session(), &info);
        assert_eq!(policies[2]["metadata"]["name"], "dns");
        let [pods, service] = &policies[2]["spec"]["egress"].as_array().unwrap()[..] else { panic!() };
        let both = |port: i64| json!([{ "protocol": "TCP", "port": port }, { "protocol": "UDP", "port": port }]);
        assert_eq!(pods["ports"], both(5353));
        assert_eq!(pods["to"][0]["podSelector"]["matchLabels"], json!({ "k8s-app": "kube-dns" }));
        assert_eq!(service["ports"], both(53));
        assert_eq!(service["to"], json!([{ "ipBlock": { "cidr": "10.96.0.10/32" } }]));
    }

    #[test]
    fn the_clusters_parts_are_reached_at_their_ports_and_reach_no_further_than_they_need() {
        let part_namespaces = vec![(PartKind::Ingress, "emissary".to_owned()), (PartKind::Metrics, "viz".to_owned())];
        let policies = network_policies(&sample_session(), &ClusterInfo { part_namespaces, ..ClusterInfo::default() });
        let policy = policies.last().unwrap();
        assert_eq!(policy["metadata"]["name"], "cluster-parts");
        let peer =
            |name: &str| json!([{ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": name } } }]);
        let port = |port: u16| json!({ "protocol": "TCP", "port": port });
        assert_eq!(
            policy["spec"]["ingress"],
            json!([{ "from": peer("emissary") }, { "from": peer("viz"), "ports": [port(4191)] }])
        );
        assert_eq!(
            policy["spec"]["egress"],
            json!([
                { "to": peer("emissary"), "ports": [port(8080), port(8443)] },
                { "to": peer("viz"), "ports": [port(8085)] },
            ])
        );
    }

    #[test]
    fn a_rule_that_would_allow_everybody_is_never_written() {
        let mesh = vec![(PartKind::Mesh, "linkerd".to_owned())];
        for part_namespaces in [Vec::new(), mesh] {
            let info = ClusterInfo { part_namespaces, ..ClusterInfo::default() };
            for policy in network_policies(&sample_session(), &info) {
                for rule in policy["spec"]["ingress"].as_array().into_iter().flatten() {
                    assert!(rule["from"].as_array().is_some_and(|peers| !peers.is_empty()), "{policy}");
                }
            }
        }
    }
}
