//! One connection to the API server, built from one version of a kubeconfig.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::{ClusterError, ClusterSettings};

/// Where the credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A kubeconfig.
    File(PathBuf),
    /// The `ServiceAccount` of the pod that the platform runs in.
    Pod,
}

impl Source {
    /// The settings' kubeconfig, else the environment's, else the pod's own, else the local cluster's.
    pub(super) fn find(settings: &ClusterSettings) -> Self {
        // Of several files, the first: merging them is for people who switch between clusters.
        let from_environment = || std::env::split_paths(&std::env::var_os("KUBECONFIG")?).next();
        let given = settings.kubeconfig.clone().or_else(from_environment);
        if let Some(path) = given.filter(|path| !path.as_os_str().is_empty()) {
            return Self::File(path);
        }
        if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
            return Self::Pod;
        }
        Self::File(local_folder(settings).join("kubeconfig"))
    }

    /// Whether this is the local cluster, whose start the status file describes.
    pub(super) fn is_local(&self, settings: &ClusterSettings) -> bool {
        matches!(self, Self::File(path) if path.parent() == Some(local_folder(settings)))
    }

    /// A value that changes when the kubeconfig is replaced; `None` when it is missing.
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        match self {
            Self::File(path) => {
                let metadata = std::fs::metadata(path).ok()?;
                Some(Fingerprint { modified: metadata.modified().ok(), length: metadata.len() })
            }
            Self::Pod => Some(Fingerprint { modified: None, length: 0 }),
        }
    }
}

pub(super) fn local_folder(settings: &ClusterSettings) -> &Path {
    settings.status_file.parent().unwrap_or(Path::new("."))
}

/// A kubeconfig's state on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    modified: Option<SystemTime>,
    length: u64,
}

impl Fingerprint {
    /// That of a kubeconfig without a date or content.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { modified: None, length: 0 }
    }
}

/// A client and what it was made from.
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) fingerprint: Fingerprint,
    /// The API server's address.
    pub(super) server: String,
    /// Its certificate authority, as PEM.
    pub(super) authority: Option<String>,
    /// The cluster whose cluster-scoped objects were applied through this connection, by the id of `kube-system`.
    pub(super) bootstrapped: Mutex<Option<super::bootstrap::Bootstrapped>>,
}

impl Connection {
    /// Whether the cluster-scoped objects were applied, or are being applied now.
    pub(super) fn is_bootstrapped(&self) -> bool {
        self.bootstrapped.try_lock().map_or(true, |bootstrapped| bootstrapped.is_some())
    }

    /// Reads `source` and builds a client; nothing is sent yet.
    ///
    /// The client's task is spawned on `runtime`: on a web worker's runtime it would end with the worker, while the jobs of
    /// a stopping server still need the connection.
    pub(super) async fn open(
        source: &Source,
        fingerprint: Fingerprint,
        runtime: &Handle,
    ) -> Result<Self, ClusterError> {
        let mut config = match source {
            Source::File(path) => {
                let unusable = |fault: kube::config::KubeconfigError| {
                    ClusterError::Absent(format!("The kubeconfig {} cannot be used ({fault}).", path.display()))
                };
                let kubeconfig = Kubeconfig::read_from(path).map_err(unusable)?;
                Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(unusable)?
            }
            Source::Pod => Config::incluster().map_err(|fault| {
                ClusterError::Absent(format!("The pod's own ServiceAccount cannot be used ({fault})."))
            })?,
        };
        config.connect_timeout = Some(Duration::from_secs(3));
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let authority = config.root_cert.as_ref().map(|certificates| encode_certificates(certificates));
        let client = {
            let _entered = runtime.enter();
            Client::try_from(config)?
        };
        Ok(Self { client, fingerprint, server, authority, bootstrapped: Mutex::new(None) })
    }
}

fn encode_certificates(certificates: &[Vec<u8>]) -> String {
    let blocks: Vec<_> = certificates.iter().map(|bytes| pem::Pem::new("CERTIFICATE", bytes.as_slice())).collect();
    pem::encode_many_config(&blocks, pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF))
}
