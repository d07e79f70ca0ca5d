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
    /// What the image of a learner's pod may begin with.
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
        if self.allowed_images.is_empty() || self.allowed_images.iter().any(String::is_empty) {
            faults.push("cluster.allowed_images must list at least one prefix, and no empty one".to_owned());
        }
        for image in [&self.toolbox_image, &self.qotm_image] {
            if !self.allowed_images.iter().any(|prefix| image.starts_with(prefix.as_str())) {
                faults.push(format!("cluster.allowed_images must allow {image}, which labs run"));
            }
        }
        if let Some(server) = self.public_server.as_deref().filter(|server| !server.starts_with("https://")) {
            faults.push(format!("cluster.public_server must start with https://, not {server:?}"));
        }
        faults
    }
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
}
