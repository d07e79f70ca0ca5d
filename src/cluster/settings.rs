//! The `[cluster]` section.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::images::ImagesSettings;
use super::names::{MAX_DNS_LABEL, is_dns_label};
use super::parts::{PartKind, ServiceAddress};
use crate::settings::Faults;

/// Where labs run.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSettings {
    /// What people call the cluster.
    pub name: String,
    /// The kubeconfig; left out, `KUBECONFIG`, then the pod's own `ServiceAccount`, then the local cluster's.
    pub kubeconfig: Option<PathBuf>,
    /// The file in which the local cluster reports its start; its kubeconfig is in the same folder.
    pub status_file: PathBuf,
    /// The images that labs run.
    pub images: ImagesSettings,
    /// Prefixes of the images of a session's pods, those that a mesh adds included: a registry or a folder of one, which
    /// ends in `/`, or a repository.
    pub allowed_images: Vec<String>,
    /// Lab sessions that may live at the same time; more of them queue.
    pub capacity: i64,
    /// The domain under which a namespace's own host names lie: `<namespace>.<lab domain>`.
    pub lab_domain: String,
    /// The API server's address in downloaded kubeconfigs, where it differs from the platform's own.
    pub public_server: Option<String>,
    /// How long one call may take, in seconds.
    pub call_timeout_seconds: u64,
    /// How many minutes lie between two probes of whether network policies are enforced; 0 for no probes.
    pub policy_probe_minutes: u64,
    /// The Service by which the ingress is reached, as `namespace/name`; labs that require it run only where it is.
    pub ingress_service: ServiceAddress,
    /// The Service of the mesh's control plane.
    pub mesh_service: ServiceAddress,
    /// The Service of the Prometheus that has the numbers of the ingress and the mesh.
    pub metrics_service: ServiceAddress,
    /// The Service that answers queries to it about the caller's own namespace.
    pub metrics_gateway_service: ServiceAddress,
    /// The Service of the Jaeger that takes the traces of learners' services.
    pub traces_service: ServiceAddress,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            name: "local".to_owned(),
            kubeconfig: None,
            status_file: PathBuf::from("/var/lib/seaworthy-cluster/status.json"),
            images: ImagesSettings::default(),
            allowed_images: vec!["seaworthy.local/".to_owned()],
            capacity: 40,
            lab_domain: "labs.localhost".to_owned(),
            public_server: None,
            call_timeout_seconds: 10,
            policy_probe_minutes: 15,
            ingress_service: service("emissary", "emissary-ingress"),
            mesh_service: service("linkerd", "linkerd-identity"),
            metrics_service: service("linkerd-viz", "prometheus"),
            metrics_gateway_service: service("linkerd-viz", "metrics-api"),
            traces_service: service("observability", "jaeger"),
        }
    }
}

impl ClusterSettings {
    /// Every fault of the section, as sentences for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("cluster");
        faults.expect(!self.name.trim().is_empty(), "name", "is empty");
        if let Some(kubeconfig) = &self.kubeconfig {
            faults.file("kubeconfig", kubeconfig);
        }
        faults.file("status_file", &self.status_file);
        self.validate_images(&mut faults);
        faults.range("capacity", &self.capacity, &(1..=100_000));
        let fault = format!("must be a domain such as labs.example.org, not {:?}", self.lab_domain);
        faults.expect(is_domain(&self.lab_domain), "lab_domain", fault);
        if let Some(fault) = self.public_server.as_deref().and_then(find_server_fault) {
            faults.add("public_server", fault);
        }
        faults.range("call_timeout_seconds", &self.call_timeout_seconds, &(1..=300));
        faults.range("policy_probe_minutes", &self.policy_probe_minutes, &(0..=10_080));
        faults.into_list()
    }

    fn validate_images(&self, faults: &mut Faults) {
        let registry = &self.images.registry;
        let fault = format!("must be a registry or a folder of one such as example.org/labs/, not {registry:?}");
        faults.expect(registry.ends_with('/') && is_image_prefix(registry), "images.registry", fault);
        for (name, image) in self.images.by_name() {
            let is_named = !image.is_empty() && !image.contains(char::is_whitespace);
            let key = format!("images.{name}");
            faults.expect(is_named, &key, "must be the name of an image, such as example.org/toolbox:1");
            let is_allowed = self.allowed_images.iter().any(|allowed| is_allowed(&image, allowed));
            faults.expect(is_allowed, "allowed_images", format!("must allow {image}, which labs run"));
        }
        faults.expect(!self.allowed_images.is_empty(), "allowed_images", "must list a registry or a repository");
        for allowed in self.allowed_images.iter().filter(|allowed| !is_image_prefix(allowed)) {
            // Without a slash it is the beginning of a host's name, such as that of docker.io.evil.example.
            let expected = "must be a registry such as docker.io/ or a repository such as docker.io/library/nginx, not";
            faults.add("allowed_images", format!("{expected} {allowed:?}"));
        }
    }

    /// The Service by which a part is reached.
    pub(super) fn part_service(&self, kind: PartKind) -> &ServiceAddress {
        match kind {
            PartKind::Ingress => &self.ingress_service,
            PartKind::Mesh => &self.mesh_service,
            PartKind::Metrics => &self.metrics_service,
            PartKind::Traces => &self.traces_service,
        }
    }

    /// How long lies between two probes of network policies; `None` for no probes.
    pub(super) fn policy_probe_interval(&self) -> Option<Duration> {
        (self.policy_probe_minutes > 0).then(|| Duration::from_mins(self.policy_probe_minutes))
    }
}

fn service(namespace: &str, name: &str) -> ServiceAddress {
    ServiceAddress { namespace: namespace.to_owned(), name: name.to_owned() }
}

/// Why a text is not the address of an API server; the text is left out, since it may hold a password.
fn find_server_fault(text: &str) -> Option<&'static str> {
    if !text.starts_with("https://") {
        return Some("must start with https://");
    }
    match Url::parse(text) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => Some("must hold no user name or password"),
        Ok(url) if url.query().is_some() || url.fragment().is_some() => Some("must hold no ? and no #"),
        Ok(_) if !text.contains(char::is_whitespace) => None,
        _ => Some("must be an address such as https://kubernetes.example.org:6443"),
    }
}

/// Whether no other host or repository has a name that begins with it.
fn is_image_prefix(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "./:_-".contains(letter);
    text.contains('/') && !text.starts_with('/') && text.chars().all(is_letter)
}

/// Whether the image lies below what is allowed, judged as the policy judges it.
fn is_allowed(image: &str, allowed: &str) -> bool {
    let rest = image.strip_prefix(allowed);
    rest.is_some_and(|rest| allowed.ends_with('/') || rest.is_empty() || rest.starts_with([':', '@', '/']))
}

/// Whether the text is a domain's name in lower-case letters.
fn is_domain(text: &str) -> bool {
    text.len() <= 200 && text.split('.').all(|label| is_dns_label(label, MAX_DNS_LABEL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(ClusterSettings::default().validate(), Vec::<String>::new());
    }

    #[test]
    fn an_image_that_labs_run_must_be_allowed() {
        let settings = ClusterSettings { allowed_images: vec!["example.org/".into()], ..ClusterSettings::default() };
        assert_eq!(settings.validate().len(), settings.images.by_name().len());
    }

    #[test]
    fn an_allowed_image_ends_where_a_name_ends() {
        for allowed in ["docker.io", "seaworthy", "/evil", "", "a b/"] {
            let settings = ClusterSettings {
                allowed_images: vec!["seaworthy.local/".into(), allowed.into()],
                ..ClusterSettings::default()
            };
            assert!(settings.validate()[0].contains("must be a registry such as docker.io/"), "{allowed:?}");
        }
        let at = |image: &str, allowed| ClusterSettings {
            images: ImagesSettings { toolbox: Some(image.into()), ..ImagesSettings::default() },
            allowed_images: vec![allowed, "seaworthy.local/".to_owned()],
            ..ClusterSettings::default()
        };
        assert_eq!(at("ghcr.io/seaworthy:1", "ghcr.io/seaworthy".into()).validate(), Vec::<String>::new());
        assert_eq!(at("ghcr.io/seaworthy-evil:1", "ghcr.io/seaworthy".into()).validate().len(), 1);
    }

    #[test]
    fn a_registry_ends_where_a_name_ends_and_an_image_has_a_name() {
        let with = |images: ImagesSettings| ClusterSettings { images, ..ClusterSettings::default() }.validate();
        let registry = |registry: &str| ImagesSettings { registry: registry.into(), ..ImagesSettings::default() };
        assert!(with(registry("seaworthy.local"))[0].starts_with("cluster.images.registry must be a registry"));
        assert_eq!(with(registry("seaworthy.local/labs/")), Vec::<String>::new());
        let faults = with(ImagesSettings { store: Some(String::new()), ..ImagesSettings::default() });
        assert!(faults[0].starts_with("cluster.images.store must be the name of an image"), "{faults:?}");
    }

    #[test]
    fn a_lab_domain_is_a_domain() {
        for domain in ["", "labs.example.org:8080", "*.example.org", "a'b", "-a.example", "Labs.example"] {
            let settings = ClusterSettings { lab_domain: domain.into(), ..ClusterSettings::default() };
            assert!(settings.validate()[0].contains("must be a domain"), "{domain:?}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_told_by_their_key() {
        let settings = ClusterSettings { capacity: -1, call_timeout_seconds: 0, ..ClusterSettings::default() };
        assert_eq!(
            settings.validate(),
            [
                "cluster.capacity must be from 1 to 100000, not -1",
                "cluster.call_timeout_seconds must be from 1 to 300, not 0"
            ]
        );
    }

    #[test]
    fn a_wrong_address_of_the_api_server_is_refused_without_being_repeated() {
        assert_eq!(find_server_fault("https://k8s.example.org:6443"), None);
        assert_eq!(find_server_fault("https://rancher.example.org/k8s/clusters/local"), None);
        for url in ["", "http://x", "https://", "https://ada:s3cr@x", "https://x?s3cr", "https://x y", "https://x "] {
            assert!(find_server_fault(url).is_some_and(|fault| !fault.contains("s3cr")), "{url:?}");
        }
    }
}
