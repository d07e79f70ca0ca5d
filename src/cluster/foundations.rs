//! The objects that the whole cluster needs once: what a learner may do, and what no learner's object may be.
//!
//! They are written as soon as a connection is there, and again and again while labs run: what was deleted or changed by
//! hand comes back. The policies bind namespaces by label, so that a session's namespace is bound from its first moment.

use futures_util::future::try_join_all;
use futures_util::try_join;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Cluster, ClusterError, ClusterSettings, LEARNER_ROLE, SESSION_LABEL};

/// How long cluster-wide objects are taken to stand as they were written.
const REWRITE_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// The address and port of an API server as pods reach it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiServerAddress {
    /// The IP address.
    pub ip: String,
    /// The TCP port.
    pub port: i64,
}

/// What the objects of a session are made from that only its cluster knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterFacts {
    /// Where pods reach the API server.
    pub api_servers: Vec<ApiServerAddress>,
}

/// The cluster whose cluster-wide objects were written last, and when.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    cluster_id: String,
    written_at: Timestamp,
}

impl Cluster {
    /// Sees to it that the cluster-wide objects are there, writes them anew once they were written a while ago, and answers
    /// what the objects of a session are made from, read now: the cluster's addresses change.
    pub async fn prepare(&self) -> Result<ClusterFacts, ClusterError> {
        // On the heap, since each holds a client's whole chain of layers many times over.
        let ((), facts) = try_join!(Box::pin(self.write_cluster_objects(REWRITE_AFTER)), Box::pin(self.find_facts()))?;
        Ok(facts)
    }

    /// Writes the cluster-wide objects now, since one of them was changed or is gone.
    pub async fn restore_cluster_objects(&self) -> Result<(), ClusterError> {
        self.write_cluster_objects(SignedDuration::ZERO).await
    }

    /// Writes the cluster-wide objects unless that was done for this cluster less than `after` ago.
    async fn write_cluster_objects(&self, after: SignedDuration) -> Result<(), ClusterError> {
        let connection = self.connection().await?;
        let system = self.find_namespace("kube-system").await?;
        let cluster_id = system
            .as_ref()
            .and_then(|namespace| namespace["metadata"]["uid"].as_str())
            .ok_or_else(|| ClusterError::NotFound("namespace kube-system".to_owned()))?;
        let mut prepared = connection.prepared.lock().await;
        let now = self.clock.now();
        let is_written =
            |known: &Prepared| known.cluster_id == cluster_id && now.duration_since(known.written_at) < after;
        if prepared.as_ref().is_some_and(is_written) {
            return Ok(());
        }
        let objects = objects(&self.settings);
        try_join_all(objects.iter().map(|object| self.apply(object))).await?;
        if prepared.as_ref().is_none_or(|known| known.cluster_id != cluster_id) {
            tracing::info!(cluster = self.settings.name, "cluster bootstrap finished");
        }
        *prepared = Some(Prepared { cluster_id: cluster_id.to_owned(), written_at: now });
        Ok(())
    }

    async fn find_facts(&self) -> Result<ClusterFacts, ClusterError> {
        let mut api_servers = self.find_api_servers().await?;
        // In an order of their own, so that the same addresses are the same facts.
        api_servers.sort();
        Ok(ClusterFacts { api_servers })
    }

    /// The Service in front of the API servers and the endpoints behind it: a policy engine may look at either.
    async fn find_api_servers(&self) -> Result<Vec<ApiServerAddress>, ClusterError> {
        let mut found = Vec::new();
        if let Some(service) = self.get_object("v1", "Service", "default", "kubernetes").await? {
            let ip = service["spec"]["clusterIP"].as_str().unwrap_or_default();
            for port in service["spec"]["ports"].as_array().into_iter().flatten() {
                add(&mut found, ip, &port["port"]);
            }
        }
        let of_kubernetes = Some("kubernetes.io/service-name=kubernetes");
        for slice in self.list_objects("discovery.k8s.io/v1", "EndpointSlice", "default", of_kubernetes).await? {
            for endpoint in slice["endpoints"].as_array().into_iter().flatten() {
                for ip in endpoint["addresses"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    for port in slice["ports"].as_array().into_iter().flatten() {
                        add(&mut found, ip, &port["port"]);
                    }
                }
            }
        }
        Ok(found)
    }
}

fn add(found: &mut Vec<ApiServerAddress>, ip: &str, port: &Value) {
    if let Some(port) = port.as_i64().filter(|_| !ip.is_empty()) {
        let address = ApiServerAddress { ip: ip.to_owned(), port };
        if !found.contains(&address) {
            found.push(address);
        }
    }
}

fn objects(settings: &ClusterSettings) -> Vec<Value> {
    let policies = [services_policy(), images_policy(&settings.allowed_images), mappings_policy(&settings.lab_domain)];
    let bindings = policies.iter().map(binding).collect::<Vec<_>>();
    std::iter::once(learner_role()).chain(policies).chain(bindings).collect()
}

/// What a learner may do in their namespace: everything that labs teach, and nothing that would move the walls. Endpoints
/// and `EndpointSlices` stay read-only, since writing them sends traffic to other people's pods (CVE-2021-25740).
fn learner_role() -> Value {
    let all = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
    let read = ["get", "list", "watch"];
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": { "name": LEARNER_ROLE },
        "rules": [
            { "apiGroups": [""], "verbs": all, "resources": [
                "configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "secrets", "services",
            ] },
            { "apiGroups": [""], "verbs": ["create", "get"], "resources": ["pods/attach", "pods/exec", "pods/portforward"] },
            { "apiGroups": [""], "verbs": ["create"], "resources": ["pods/eviction"] },
            { "apiGroups": ["apps"], "verbs": all, "resources": [
                "daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets",
                "statefulsets/scale",
            ] },
            { "apiGroups": ["autoscaling"], "verbs": all, "resources": ["horizontalpodautoscalers"] },
            { "apiGroups": ["batch"], "verbs": all, "resources": ["cronjobs", "jobs"] },
            { "apiGroups": ["policy"], "verbs": all, "resources": ["poddisruptionbudgets"] },
            { "apiGroups": ["getambassador.io"], "verbs": all, "resources": ["mappings"] },
            { "apiGroups": [""], "verbs": read, "resources": [
                "endpoints", "events", "limitranges", "namespaces", "pods/log", "pods/status", "resourcequotas",
                "serviceaccounts",
            ] },
            { "apiGroups": ["discovery.k8s.io"], "verbs": read, "resources": ["endpointslices"] },
            { "apiGroups": ["events.k8s.io"], "verbs": read, "resources": ["events"] },
            { "apiGroups": ["networking.k8s.io"], "verbs": read, "resources": ["networkpolicies"] },
            { "apiGroups": ["metrics.k8s.io"], "verbs": read, "resources": ["pods"] },
        ],
    })
}

fn services_policy() -> Value {
    policy(
        "seaworthy-services",
        (json!([""]), json!(["v1"]), json!(["services"])),
        &json!([]),
        &json!([
            { "expression": "!has(object.spec.type) || object.spec.type == 'ClusterIP'",
              "message": "In a lab a Service is of type ClusterIP: other types reach beyond the namespace." },
            { "expression": "!has(object.spec.externalIPs) || object.spec.externalIPs.size() == 0",
              "message": "In a lab a Service has no externalIPs: they would take over other people's traffic." },
        ]),
    )
}

fn images_policy(allowed: &[String]) -> Value {
    let prefixes = json!(allowed).to_string();
    let expression = |list: &str| {
        format!(
            "!has(object.spec.{list}) || object.spec.{list}.all(c, has(c.image) && {prefixes}.exists(p, c.image.startsWith(p)))"
        )
    };
    let message = format!("In a lab an image begins with one of: {}.", allowed.join(", "));
    policy(
        "seaworthy-images",
        (json!([""]), json!(["v1"]), json!(["pods", "pods/ephemeralcontainers"])),
        &json!([]),
        &["containers", "initContainers", "ephemeralContainers"]
            .map(|list| json!({ "expression": expression(list), "message": message }))
            .as_slice()
            .into(),
    )
}

/// Emissary is one router for everybody: a Mapping may only claim its own namespace's host names and lead to its own
/// namespace's services.
fn mappings_policy(lab_domain: &str) -> Value {
    policy(
        "seaworthy-mappings",
        (json!(["getambassador.io"]), json!(["*"]), json!(["mappings"])),
        &json!([
            { "name": "domain", "expression": format!("request.namespace + '.{lab_domain}'") },
            { "name": "host", "expression": "has(object.spec.hostname) ? object.spec.hostname : ''" },
            { "name": "service",
              "expression": "has(object.spec.service) ? object.spec.service.replace('http://', '').replace('https://', '').split(':')[0] : ''" },
        ]),
        &json!([
            { "expression": "variables.host == variables.domain || variables.host.endsWith('.' + variables.domain) || variables.host.endsWith('--' + variables.domain)",
              "messageExpression": "'A Mapping\\'s hostname is ' + variables.domain + ', or ends in .' + variables.domain" },
            { "expression": "!has(object.spec.host) && !(has(object.spec.host_regex) && object.spec.host_regex)",
              "message": "A Mapping names its host by hostname alone." },
            { "expression": "!variables.service.contains('.') || variables.service.split('.')[1] == request.namespace",
              "message": "A Mapping leads to a service of its own namespace." },
        ]),
    )
}

fn policy(name: &str, (groups, versions, resources): (Value, Value, Value), variables: &Value, rules: &Value) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": { "name": name },
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": { "resourceRules": [{
                "apiGroups": groups, "apiVersions": versions, "resources": resources,
                "operations": ["CREATE", "UPDATE"],
            }] },
            "variables": variables,
            "validations": rules,
        },
    })
}

fn binding(policy: &Value) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": { "name": policy["metadata"]["name"] },
        "spec": {
            "policyName": policy["metadata"]["name"],
            "validationActions": ["Deny"],
            "matchResources": { "namespaceSelector": {
                "matchExpressions": [{ "key": SESSION_LABEL, "operator": "Exists" }],
            } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learner_cannot_move_the_walls() {
        let role = learner_role();
        for rule in role["rules"].as_array().unwrap() {
            let writes =
                rule["verbs"].as_array().unwrap().iter().any(|verb| verb != "get" && verb != "list" && verb != "watch");
            for resource in rule["resources"].as_array().unwrap().iter().filter_map(Value::as_str) {
                let is_wall = [
                    "networkpolicies",
                    "resourcequotas",
                    "limitranges",
                    "endpoints",
                    "endpointslices",
                    "namespaces",
                    "serviceaccounts",
                ];
                assert!(!(writes && is_wall.contains(&resource)), "{resource} can be written");
                assert!(!resource.contains("role") && resource != "serviceaccounts/token", "{resource}");
            }
        }
    }

    #[test]
    fn every_policy_is_bound_by_the_session_label() {
        let objects = objects(&ClusterSettings::default());
        let names = |kind: &str| -> Vec<String> {
            objects
                .iter()
                .filter(|object| object["kind"] == kind)
                .map(|object| object["metadata"]["name"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(names("ValidatingAdmissionPolicy"), names("ValidatingAdmissionPolicyBinding"));
        assert_eq!(names("ValidatingAdmissionPolicy").len(), 3);
    }
}
