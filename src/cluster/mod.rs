//! The cluster: the only part that holds a Kubernetes client. It has no tables.
//!
//! [`Cluster`] connects with its first call, and again when the kubeconfig appears or is replaced; the client reopens a
//! broken connection by itself. Every call has a time limit, and its [`ClusterError`] tells apart what callers answer
//! differently: unreachable, forbidden, in conflict, invalid.
//!
//! | file | holds |
//! |---|---|
//! | `connection.rs` | the client, made from a kubeconfig or the pod's own `ServiceAccount` |
//! | `names.rs`, `label_selector.rs` | the rules for names of namespaces and Services, and for label selectors |
//! | `objects.rs` | get, list, apply, delete and wait, for objects of any kind as JSON |
//! | `watches.rs`, `object_cache.rs` | one watch of a kind, which follows the kubeconfig, and the objects that some of them keep |
//! | `removal.rs` | finalizers and long grace periods that keep a namespace from being deleted |
//! | `script.rs`, `terminal.rs` | a program run in a container, without and with a terminal |
//! | `services.rs`, `pod_http/`, `body.rs` | the pods behind a Service, HTTP to one of them over a forwarded port, and its answer's body |
//! | `ingress.rs` | the pods of the ingress, and the host names of a namespace there |
//! | `access.rs` | the kubeconfig and the tokens of a learner |
//! | `bootstrap/` | the cluster-scoped objects, and what the objects of a session depend on |
//! | `enforcement/` | whether network policies are enforced |
//! | `parts/` | the ingress, the mesh and the like, where the cluster has them |
//! | `traces/` | the traces of one namespace, asked for of Jaeger |
//! | `health.rs`, `progress.rs` | whether the cluster answers, and how far the local one's start is |
//!
//! # Why no client-side rate limit
//! The API server has priority and fairness of its own; a second limit on this side would only make the requests of one
//! learner wait for those of others.

mod access;
mod body;
mod bootstrap;
mod connection;
mod enforcement;
mod error;
mod health;
mod images;
mod ingress;
mod label_selector;
mod names;
mod object_cache;
mod objects;
mod parts;
mod pod_http;
mod progress;
mod removal;
mod script;
mod services;
mod settings;
mod terminal;
mod traces;
mod watches;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use tokio::runtime::Handle;
use tokio::sync::RwLock;

use crate::clock::Clock;
use connection::{Connection, Source};
use enforcement::Enforcement;
use health::Health;
use parts::Parts;

pub use access::IssuedToken;
pub use body::{BodyError, read_body};
pub use bootstrap::{
    ALLOWED_IMAGES_ANNOTATION, ApiServerAddress, ClusterInfo, DnsPort, DnsService, LAB_DOMAIN_ANNOTATION,
    bootstrap_objects,
};
pub use enforcement::PolicyEnforcement;
pub use error::ClusterError;
pub use images::ImagesSettings;
pub use label_selector::check_label_selector;
pub use names::{MAX_DNS_LABEL, find_service_name, is_dns_label};
pub use object_cache::{CacheRules, CachedKind, NotCached};
pub use objects::ObjectName;
pub use parts::{Part, PartKind, PartState, ServiceAddress};
pub use pod_http::{PodBody, PodHttp, PodHttpError, empty_body, full_body};
pub use progress::ClusterState;
pub use removal::Removal;
pub use script::ScriptOutcome;
pub use services::{NoPods, PodPort, ServiceEndpoints, ServicePort};
pub use settings::ClusterSettings;
pub use terminal::{Terminal, TerminalEnd, TerminalInput, TerminalOutput};
pub use traces::{TraceId, TraceSearch, TracesError, TracesRequest};
pub use watches::{Change, ChangedObject, NamespaceChange, WatchedKind};

/// The name under which the platform owns the fields it applies.
const FIELD_MANAGER: &str = "seaworthy";
/// The label by whose presence the admission policies find the namespaces they bind.
pub const SESSION_LABEL: &str = "seaworthy.dev/session";
/// Selects the cluster-scoped objects that the platform applies.
pub const CLUSTER_OBJECTS_LABEL: &str = "app.kubernetes.io/managed-by=seaworthy";
/// The `ClusterRole` that a learner is bound to in their own namespace.
pub const LEARNER_ROLE: &str = "seaworthy-learner";

/// The cluster that labs run on; clones share one connection.
#[derive(Clone)]
pub struct Cluster {
    settings: Arc<ClusterSettings>,
    source: Arc<Source>,
    clock: Clock,
    connection: Arc<RwLock<Option<Arc<Connection>>>>,
    health: Health,
    enforcement: Enforcement,
    parts: Parts,
    traces: traces::KnownBackend,
    cache: object_cache::ObjectCache,
    runtime: Handle,
}

impl Cluster {
    /// The cluster of `settings`; nothing is connected yet. The runtime it is called on must outlive every clone.
    pub fn new(settings: ClusterSettings, clock: Clock) -> Self {
        let source = Arc::new(Source::find(&settings));
        Self {
            settings: Arc::new(settings),
            source,
            clock,
            connection: Arc::default(),
            health: Health::default(),
            enforcement: Enforcement::default(),
            parts: Parts::default(),
            traces: traces::KnownBackend::default(),
            cache: object_cache::ObjectCache::default(),
            runtime: Handle::current(),
        }
    }

    /// The `[cluster]` section.
    pub fn settings(&self) -> &ClusterSettings {
        &self.settings
    }

    /// The open connection; a new one when the kubeconfig was replaced.
    async fn connection(&self) -> Result<Arc<Connection>, ClusterError> {
        let Some(fingerprint) = self.source.fingerprint() else {
            *self.connection.write().await = None;
            return Err(Self::absent());
        };
        if let Some(open) = self.connection.read().await.as_ref().filter(|open| open.fingerprint == fingerprint) {
            return Ok(Arc::clone(open));
        }
        let mut slot = self.connection.write().await;
        if let Some(open) = slot.as_ref().filter(|open| open.fingerprint == fingerprint) {
            return Ok(Arc::clone(open));
        }
        let fresh = Arc::new(Connection::open(&self.source, fingerprint, &self.runtime).await?);
        tracing::info!(cluster = self.settings.name, server = fresh.server, "cluster connected");
        *slot = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// The error when there is no kubeconfig.
    fn absent() -> ClusterError {
        ClusterError::Absent(
            "Labs need a Kubernetes cluster. Run \"make run\" as root on Linux for a local one, or set KUBECONFIG to a \
             cluster of your own, such as kind or k3s. Lessons and checkpoints work without it."
                .to_owned(),
        )
    }

    async fn client(&self) -> Result<Client, ClusterError> {
        Ok(self.connection().await?.client.clone())
    }

    /// Runs one call within the settings' time limit.
    async fn bounded<T>(&self, call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, ClusterError> {
        let seconds = self.settings.call_timeout_seconds;
        match tokio::time::timeout(Duration::from_secs(seconds), call).await {
            Ok(answer) => Ok(answer?),
            Err(_elapsed) => Err(ClusterError::timed_out(seconds)),
        }
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cluster").field("name", &self.settings.name).finish_non_exhaustive()
    }
}
