//! The search for one part: its Service, the Deployments behind it, and what the local cluster says of one on its way.

use serde_json::{Map, Value};

use super::model::{Part, PartKind, PartState, ServiceAddress};
use super::remedy::{find_remedy, read_replacement};
use crate::cluster::progress::Progress;
use crate::cluster::{Cluster, ClusterError, ClusterState};

/// The label of what stands in for a product.
const STAND_IN_LABEL: &str = "seaworthy.dev/stands-in-for";
/// The label in which most charts say the version of what they install.
const VERSION_LABEL: &str = "app.kubernetes.io/version";
/// The label of Linkerd's extensions, which say Linkerd's version and not that of the Prometheus they bring.
const EXTENSION_LABEL: &str = "linkerd.io/extension";
/// The container that the mesh adds to a pod.
const PROXY_CONTAINER: &str = "linkerd-proxy";

impl Cluster {
    pub(super) async fn find_part(&self, kind: PartKind) -> Result<Part, ClusterError> {
        let address = self.settings.part_service(kind);
        let service = self.get_object("v1", "Service", &address.namespace, &address.name).await?;
        let Some(service) = service else {
            return Ok(self.with_remedy(Part::new(kind, self.explain_absence(kind, address))));
        };
        let deployments = self.list_objects("apps/v1", "Deployment", &address.namespace, None).await?;
        let mut part = read_part(kind, address, &service, &deployments);
        if let (PartState::NotReady { .. }, Some(step)) = (&part.state, self.find_step(kind)) {
            part.state = PartState::Starting { step };
        }
        Ok(self.with_remedy(part))
    }

    /// The part with the command that mends it, unless it works or is on its way.
    fn with_remedy(&self, part: Part) -> Part {
        let remedy = match part.state {
            PartState::Ready | PartState::Starting { .. } => None,
            PartState::NotReady { .. } | PartState::Absent { .. } => {
                Some(find_remedy(&self.source, &self.settings, part.kind))
            }
        };
        Part { remedy, ..part }
    }

    /// What the local cluster is doing about the part.
    fn find_step(&self, kind: PartKind) -> Option<String> {
        match self.find_progress(kind)?.state(self.clock.now())? {
            ClusterState::Starting { step, .. } => Some(step),
            _ => None,
        }
    }

    fn find_progress(&self, kind: PartKind) -> Option<Progress> {
        let folder = self.settings.status_file.parent().filter(|_| self.source.is_local(&self.settings))?;
        Progress::read(&folder.join("parts").join(format!("{}.status.json", kind.as_str())))
    }

    fn explain_absence(&self, kind: PartKind, address: &ServiceAddress) -> PartState {
        if let Some(step) = self.find_step(kind) {
            return PartState::Starting { step };
        }
        let is_local = self.source.is_local(&self.settings);
        let progress = self.find_progress(kind);
        let way = match progress.as_ref().and_then(Progress::failure) {
            Some(why) => format!("The local cluster could not add it: {why}"),
            None if is_local && read_replacement(&self.settings, kind).is_some() => {
                format!("{} itself took the place of its stand-in, and is not there any more.", kind.product())
            }
            None if is_local => {
                "\"make run\" adds it to the local cluster once the parts before it are there.".to_owned()
            }
            None => format!("Install {}, or say with cluster.{} where it is.", kind.product(), settings_key(kind)),
        };
        PartState::Absent { advice: format!("The cluster has no Service {address}. {way}") }
    }
}

/// The key of the `[cluster]` section that names a part's Service.
pub(in crate::cluster) fn settings_key(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Ingress => "ingress_service",
        PartKind::Mesh => "mesh_service",
        PartKind::Metrics => "metrics_service",
        PartKind::Traces => "traces_service",
    }
}

fn read_part(kind: PartKind, address: &ServiceAddress, service: &Value, deployments: &[Value]) -> Part {
    let selector = service["spec"]["selector"].as_object().cloned().unwrap_or_default();
    let behind: Vec<&Value> = deployments.iter().filter(|one| is_selected(one, &selector)).collect();
    let Some(first) = behind.first() else {
        let why = format!("No Deployment is behind the Service {address}.");
        return Part::new(kind, PartState::NotReady { why });
    };
    let is_ready = |one: &&Value| one["status"]["readyReplicas"].as_i64().unwrap_or(0) > 0;
    let state = if behind.iter().any(is_ready) {
        PartState::Ready
    } else {
        PartState::NotReady { why: format!("None of the pods behind the Service {address} is ready.") }
    };
    Part {
        version: find_version(first),
        is_stand_in: behind.iter().any(|one| one["metadata"]["labels"][STAND_IN_LABEL].is_string()),
        ..Part::new(kind, state)
    }
}

fn is_selected(deployment: &Value, selector: &Map<String, Value>) -> bool {
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    !selector.is_empty() && selector.iter().all(|(key, value)| &labels[key] == value)
}

fn find_version(deployment: &Value) -> Option<String> {
    let labels = &deployment["metadata"]["labels"];
    if let Some(version) = labels[VERSION_LABEL].as_str().filter(|_| !labels[EXTENSION_LABEL].is_string()) {
        return Some(version.to_owned());
    }
    let containers = deployment["spec"]["template"]["spec"]["containers"].as_array()?;
    let own = containers.iter().find(|one| one["name"] != PROXY_CONTAINER)?;
    let image = own["image"].as_str()?;
    let (_, tag) = image.rsplit('/').next()?.split('@').next()?.split_once(':')?;
    Some(tag.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(labels: &Value, image: &str, ready: i64) -> Value {
        json!({
            "metadata": { "labels": labels },
            "spec": { "template": {
                "metadata": { "labels": { "app": "ingress", "extra": "1" } },
                "spec": { "containers": [{ "image": image }] },
            } },
            "status": { "readyReplicas": ready },
        })
    }

    fn read(selector: &Value, deployments: &[Value]) -> Part {
        let address = ServiceAddress::parse("emissary/emissary-ingress").unwrap();
        read_part(PartKind::Ingress, &address, &json!({ "spec": { "selector": selector } }), deployments)
    }

    #[test]
    fn a_part_is_ready_with_a_ready_pod_and_says_its_version() {
        let chart = deployment(&json!({ VERSION_LABEL: "3.9.1" }), "x/emissary:3.9.0", 1);
        let part = read(&json!({ "app": "ingress" }), &[chart]);
        assert_eq!((part.state, part.version.as_deref(), part.is_stand_in), (PartState::Ready, Some("3.9.1"), false));
    }

    #[test]
    fn what_stands_in_says_so_and_a_tag_is_a_version() {
        let labels = json!({ STAND_IN_LABEL: "emissary-ingress" });
        for (image, version) in [
            ("seaworthy.local/emissary-standin:1", Some("1")),
            ("host:5000/a/b", None),
            ("host:5000/a/b:2@sha256:0123", Some("2")),
        ] {
            let part = read(&json!({ "app": "ingress" }), &[deployment(&labels, image, 1)]);
            assert_eq!((part.is_stand_in, part.version.as_deref()), (true, version), "{image}");
        }
    }

    #[test]
    fn an_extension_of_linkerd_says_the_version_of_what_it_brings() {
        let labels = json!({ VERSION_LABEL: "edge-26.9.1", EXTENSION_LABEL: "viz" });
        let mut extension = deployment(&labels, "prom/prometheus:v3.9.0", 1);
        let proxy = json!({ "name": PROXY_CONTAINER, "image": "l5d/proxy:edge-26.9.1" });
        extension["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().insert(0, proxy);
        assert_eq!(read(&json!({ "app": "ingress" }), &[extension]).version.as_deref(), Some("v3.9.0"));
    }

    #[test]
    fn a_part_without_ready_pods_is_not_ready() {
        let part = read(&json!({ "app": "ingress" }), &[deployment(&json!({}), "x:1", 0)]);
        assert!(matches!(&part.state, PartState::NotReady { why } if why.contains("None of the pods")), "{part:?}");
    }

    #[test]
    fn a_deployment_that_the_service_does_not_select_is_not_behind_it() {
        for selector in [json!({ "app": "other" }), json!({}), Value::Null] {
            let part = read(&selector, &[deployment(&json!({}), "x:1", 1)]);
            assert!(matches!(&part.state, PartState::NotReady { why } if why.contains("No Deployment")), "{part:?}");
        }
    }
}
