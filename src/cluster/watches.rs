//! One watch of a kind for the whole process, which survives a broken connection and a replaced kubeconfig.
//!
//! Most watches are of metadata: an event says that an object changed, and its receiver reads the object. The objects that
//! the checks of labs read are kept whole.

use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use kube::api::{ApiResource, DynamicObject, PartialObjectMeta};
use kube::core::GroupVersionKind;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::Cluster;
use super::connection::Connection;
use super::object_cache::{CacheRules, CachedKind, KindCache};

/// How often a watch checks whether the kubeconfig was created or replaced.
const CONFIG_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// What is watched: the objects of a kind in all namespaces that have some labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedKind {
    /// The kind's API version, such as `apps/v1`.
    pub api_version: String,
    /// The kind, such as `Deployment`.
    pub kind: String,
    /// A label selector.
    pub labels: String,
}

/// An event of a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// All objects of this kind were listed again: earlier changes were not delivered one by one.
    Listed(String),
    /// An object was created or changed.
    Applied(ChangedObject),
    /// An object was deleted.
    Deleted(ChangedObject),
}

/// The object that a [`Change`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedObject {
    /// Its kind.
    pub kind: String,
    /// Its namespace; none for what belongs to the whole cluster.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Whether it is being deleted.
    pub is_being_deleted: bool,
}

/// Some objects of a kind changed in a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceChange {
    /// The namespace.
    pub namespace: String,
    /// The kind.
    pub kind: CachedKind,
}

/// What becomes of the events of a watch.
trait Receiver<K>: Send {
    /// The objects may from now on be those of another cluster.
    fn begin(&mut self) {}

    /// The watch broke, and is opened again.
    fn interrupt(&mut self) {}

    /// Takes an event; `false` when nobody wants any more of them.
    fn take(&mut self, event: Event<K>) -> impl Future<Output = bool> + Send;
}

impl Cluster {
    /// Sends `changes` the events of `kind` until `stop`, or until the receiver is dropped.
    pub async fn watch(&self, kind: &WatchedKind, changes: &Sender<Change>, stop: &CancellationToken) {
        let config = watcher::Config::default().labels(&kind.labels);
        let names = (kind.api_version.as_str(), kind.kind.as_str());
        let receiver = Changes { kind, changes };
        self.follow::<PartialObjectMeta<DynamicObject>>(names, &config, receiver, stop).await;
    }

    /// Keeps the objects of `kind` for [`Cluster::find_cached`] until `stop`, and sends `changes` each namespace in which
    /// some changed, after they are kept.
    ///
    /// The objects of a learner carry no label of the platform's, so the watch is one of all namespaces: one for each
    /// session would be a connection for each session and kind. What `rules` do not keep is dropped as it arrives.
    pub async fn cache_objects(
        &self,
        kind: &CachedKind,
        rules: CacheRules,
        changes: &Sender<NamespaceChange>,
        stop: &CancellationToken,
    ) {
        let receiver = Kept { kind, rules, cache: self.cache.open(kind), changes };
        let names = (kind.api_version.as_str(), kind.kind.as_str());
        self.follow::<DynamicObject>(names, &watcher::Config::default(), receiver, stop).await;
    }

    async fn follow<K>(
        &self,
        names: (&str, &str),
        config: &watcher::Config,
        mut receiver: impl Receiver<K>,
        stop: &CancellationToken,
    ) where
        K: Resource<DynamicType = ApiResource> + Clone + DeserializeOwned + Debug + Send + 'static,
    {
        let mut is_wanted = true;
        while is_wanted && !stop.is_cancelled() {
            receiver.begin();
            match self.connection().await {
                Ok(connection) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        still = self.follow_through(&connection, names, config, &mut receiver) => is_wanted = still,
                    }
                }
                Err(_unreachable) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(CONFIG_CHECK_INTERVAL) => {}
                    }
                }
            }
        }
    }

    /// Watches until the connection is outdated; answers whether the events are still wanted.
    async fn follow_through<K>(
        &self,
        connection: &Connection,
        (api_version, kind): (&str, &str),
        config: &watcher::Config,
        receiver: &mut impl Receiver<K>,
    ) -> bool
    where
        K: Resource<DynamicType = ApiResource> + Clone + DeserializeOwned + Debug + Send + 'static,
    {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        let api: Api<K> = Api::all_with(connection.client.clone(), &resource);
        let mut events = pin!(watcher(api, config.clone()).default_backoff());
        let mut config_check = tokio::time::interval(CONFIG_CHECK_INTERVAL);
        loop {
            let event = tokio::select! {
                _ = config_check.tick() => {
                    if self.source.fingerprint() != Some(connection.fingerprint) {
                        return true;
                    }
                    continue;
                }
                event = events.next() => event,
            };
            match event {
                Some(Ok(event)) => {
                    if !receiver.take(event).await {
                        return false;
                    }
                }
                // The stream retries by itself, with backoff.
                Some(Err(fault)) => {
                    tracing::debug!(kind, error = %fault, "watch interrupted");
                    receiver.interrupt();
                }
                None => return true,
            }
        }
    }
}

/// Passes events on.
struct Changes<'a> {
    kind: &'a WatchedKind,
    changes: &'a Sender<Change>,
}

impl Receiver<PartialObjectMeta<DynamicObject>> for Changes<'_> {
    async fn take(&mut self, event: Event<PartialObjectMeta<DynamicObject>>) -> bool {
        match change_of(self.kind, event) {
            Some(change) => self.changes.send(change).await.is_ok(),
            None => true,
        }
    }
}

/// Keeps the objects.
struct Kept<'a> {
    kind: &'a CachedKind,
    rules: CacheRules,
    cache: Arc<KindCache>,
    changes: &'a Sender<NamespaceChange>,
}

impl Drop for Kept<'_> {
    /// What nobody watches any more is not known.
    fn drop(&mut self) {
        self.cache.clear();
    }
}

impl Receiver<DynamicObject> for Kept<'_> {
    fn begin(&mut self) {
        self.cache.clear();
    }

    fn interrupt(&mut self) {
        self.cache.interrupt();
    }

    async fn take(&mut self, event: Event<DynamicObject>) -> bool {
        for namespace in self.cache.take(self.kind, self.rules, event) {
            let change = NamespaceChange { namespace, kind: self.kind.clone() };
            if self.changes.send(change).await.is_err() {
                return false;
            }
        }
        true
    }
}

fn change_of(kind: &WatchedKind, event: Event<PartialObjectMeta<DynamicObject>>) -> Option<Change> {
    let about = |object: PartialObjectMeta<DynamicObject>| ChangedObject {
        kind: kind.kind.clone(),
        is_being_deleted: object.metadata.deletion_timestamp.is_some(),
        namespace: object.metadata.namespace,
        name: object.metadata.name.unwrap_or_default(),
    };
    match event {
        Event::Init | Event::InitApply(_) => None,
        Event::InitDone => Some(Change::Listed(kind.kind.clone())),
        Event::Apply(object) => Some(Change::Applied(about(object))),
        Event::Delete(object) => Some(Change::Deleted(about(object))),
    }
}
