//! The manifests of the probe's own namespace. No I/O.

use serde_json::{Value, json};

use crate::cluster::ClusterSettings;

/// The label of the probe's namespaces, by which those of a process that was killed are found.
pub(super) const PROBE_LABEL: &str = "seaworthy.dev/probe";
/// The value of that label.
pub(super) const PROBE: &str = "network-policies";
/// The pod that is reached for.
pub(super) const SERVER: &str = "server";
/// The pod that reaches for it.
pub(super) const CLIENT: &str = "client";
/// The `ServiceAccount` of both.
const ACCOUNT: &str = "probe";
/// The policy that forbids it.
pub(super) const POLICY: &str = "default-deny";

/// A namespace whose name the API server chooses.
pub(super) fn namespace() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {
            "generateName": "seaworthy-probe-",
            "labels": {
                "app.kubernetes.io/managed-by": "seaworthy", PROBE_LABEL: PROBE,
                "pod-security.kubernetes.io/enforce": "restricted",
            },
        },
    })
}

/// The account without rights, then the two pods that use it.
pub(super) fn objects(namespace: &str, settings: &ClusterSettings) -> [Value; 3] {
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": { "name": ACCOUNT, "namespace": namespace },
        "automountServiceAccountToken": false,
    });
    let images = &settings.images;
    [account, pod(namespace, SERVER, &images.qotm()), pod(namespace, CLIENT, &images.toolbox())]
}

fn pod(namespace: &str, name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "serviceAccountName": ACCOUNT,
            "automountServiceAccountToken": false,
            "terminationGracePeriodSeconds": 1,
            "enableServiceLinks": false,
            "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
            "containers": [{
                "name": name, "image": image, "imagePullPolicy": "IfNotPresent",
                "resources": {
                    "requests": { "cpu": "10m", "memory": "16Mi" }, "limits": { "cpu": "500m", "memory": "128Mi" },
                },
                "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
            }],
        },
    })
}

/// Forbids all traffic of both pods.
pub(super) fn policy(namespace: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": POLICY, "namespace": namespace },
        "spec": { "podSelector": {}, "policyTypes": ["Ingress", "Egress"] },
    })
}

/// Where the demo service of a ready pod answers.
pub(super) fn url(server: &Value) -> Option<String> {
    let ip = server["status"]["podIP"].as_str()?;
    let host = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
    Some(format!("http://{host}:8080/healthz"))
}

/// Whether a pod is ready and has an address.
pub(super) fn is_ready(pod: Option<&Value>) -> bool {
    let Some(pod) = pod else { return false };
    let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    url(pod).is_some() && conditions.any(|one| one["type"] == "Ready" && one["status"] == "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_either_family_makes_a_url() {
        let at = |ip: &str| url(&json!({ "status": { "podIP": ip } })).unwrap();
        assert_eq!(at("10.0.0.9"), "http://10.0.0.9:8080/healthz");
        assert_eq!(at("fd00::9"), "http://[fd00::9]:8080/healthz");
        assert_eq!(url(&json!({ "status": {} })), None);
    }
}
