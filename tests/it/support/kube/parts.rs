//! The parts of a cluster that labs require, with a server of the test behind them.

use serde_json::json;

use super::MockCluster;

impl MockCluster {
    /// A part of the cluster: a Service, a Deployment, and a pod whose port is the test's server.
    pub(crate) fn put_part(&self, (namespace, name): (&str, &str), port: u16) {
        let metadata = json!({ "name": name, "namespace": namespace });
        self.put(&json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": { "selector": { "app": name }, "ports": [{ "name": "http", "port": 80 }, { "name": "query", "port": 16686 }] },
        }));
        self.put(&json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": { "template": { "metadata": { "labels": { "app": name } }, "spec": { "containers": [{ "name": "a", "image": "a:1" }] } } },
        }));
        self.put(&json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": format!("{name}-1"), "namespace": namespace } }));
        self.put(&json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": { "name": name, "namespace": namespace, "labels": { "kubernetes.io/service-name": name } },
            "endpoints": [{
                "addresses": ["10.244.0.9"], "conditions": { "ready": true },
                "targetRef": { "kind": "Pod", "name": format!("{name}-1"), "namespace": namespace, "uid": name },
            }],
            "ports": [{ "name": "http", "port": 8080, "protocol": "TCP" }],
        }));
        self.lead_port((namespace, &format!("{name}-1"), 8080), port);
    }
}
