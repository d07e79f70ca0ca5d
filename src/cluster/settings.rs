//! The `[cluster]` section.

use std::path::PathBuf;

use serde::Deserialize;

/// Where labs run.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSettings {
    /// What people call the cluster.
    pub name: String,
    /// The kubeconfig; left out, `KUBECONFIG`, then the pod's own `ServiceAccount`, then the local cluster's.
    pub kubeconfig: Option<PathBuf>,
    /// Where the local cluster writes how far its start is; its kubeconfig lies beside it.
    pub status_file: PathBuf,
    /// The image behind the browser terminal.
    pub toolbox_image: String,
    /// The image of the demo service that labs deploy.
    pub qotm_image: String,
    /// What the image of a learner's pod may begin with: a registry or a folder of one, which ends in `/`, or a repository.
    pub allowed_images: Vec<String>,
    /// Lab sessions that may live at the same time; more of them queue.
    pub capacity: i64,
    /// The domain under which a namespace's own host names lie: `<namespace>.<lab domain>`.
    pub lab_domain: String,
    /// The API server's address in downloaded kubeconfigs, where it differs from the platform's own.
    pub public_server: Option<String>,
    /// How long one call may take, in seconds.
    pub call_timeout_seconds: u64,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            name: "local".to_owned(),
            kubeconfig: None,
            status_file: PathBuf::from("/var/lib/seaworthy-cluster/status.json"),
            toolbox_image: "seaworthy.local/toolbox:1".to_owned(),
            qotm_image: "seaworthy.local/qotm:1".to_owned(),
            allowed_images: vec!["seaworthy.local/".to_owned()],
            capacity: 40,
            lab_domain: "labs.localhost".to_owned(),
            public_server: None,
            call_timeout_seconds: 10,
        }
    }
}

impl ClusterSettings {
    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.capacity < 1 {
            faults.push("cluster.capacity must be 1 or more".to_owned());
        }
        if self.call_timeout_seconds == 0 {
            faults.push("cluster.call_timeout_seconds must be 1 or more".to_owned());
        }
        if self.allowed_images.is_empty() {
            faults.push("cluster.allowed_images must list at least one registry or repository".to_owned());
        }
        for allowed in self.allowed_images.iter().filter(|allowed| !is_image_prefix(allowed)) {
            // Without a slash it is the beginning of a host's name, such as that of docker.io.evil.example.
            faults.push(format!(
                "cluster.allowed_images: {allowed:?} must be a registry such as docker.io/ or a repository such as \
                 docker.io/library/nginx"
            ));
        }
        if !is_domain(&self.lab_domain) {
            faults.push(format!(
                "cluster.lab_domain must be a domain such as labs.example.org, not {:?}",
                self.lab_domain
            ));
        }
        for image in [&self.toolbox_image, &self.qotm_image] {
            if !self.allowed_images.iter().any(|allowed| is_allowed(image, allowed)) {
                faults.push(format!("cluster.allowed_images must allow {image}, which labs run"));
            }
        }
        if let Some(server) = self.public_server.as_deref().filter(|server| !server.starts_with("https://")) {
            faults.push(format!("cluster.public_server must start with https://, not {server:?}"));
        }
        faults
    }
}

/// Whether images below it can be told from those of a host or repository whose name only begins like it.
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
    let is_label = |label: &str| {
        let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 200 && text.split('.').all(is_label)
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
        assert_eq!(settings.validate().len(), 2);
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
            toolbox_image: image.into(),
            allowed_images: vec![allowed, "seaworthy.local/".to_owned()],
            ..ClusterSettings::default()
        };
        assert_eq!(at("ghcr.io/seaworthy:1", "ghcr.io/seaworthy".into()).validate(), Vec::<String>::new());
        assert_eq!(at("ghcr.io/seaworthy-evil:1", "ghcr.io/seaworthy".into()).validate().len(), 1);
    }

    #[test]
    fn a_lab_domain_is_a_domain() {
        for domain in ["", "labs.example.org:8080", "*.example.org", "a'b", "-a.example", "Labs.example"] {
            let settings = ClusterSettings { lab_domain: domain.into(), ..ClusterSettings::default() };
            assert!(settings.validate()[0].contains("must be a domain"), "{domain:?}");
        }
    }
}
