//! One watch of a kind for the whole process, which survives a broken connection and a replaced kubeconfig.
//!
//! Only metadata is watched: an event says that an object changed, and its receiver reads the object.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, PartialObjectMeta};
use kube::core::GroupVersionKind;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::Cluster;
use super::connection::Connection;

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

impl Cluster {
    /// Sends `changes` the events of `kind` until `stop`, or until the receiver is dropped.
    pub async fn watch(&self, kind: &WatchedKind, changes: &Sender<Change>, stop: &CancellationToken) {
        while !stop.is_cancelled() && !changes.is_closed() {
            match self.connection().await {
                Ok(connection) => self.watch_through(&connection, kind, changes, stop).await,
                Err(_unreachable) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(CONFIG_CHECK_INTERVAL) => {}
                    }
                }
            }
        }
    }

    /// Watches until the connection is outdated.
    async fn watch_through(
        &self,
        connection: &Connection,
        kind: &WatchedKind,
        changes: &Sender<Change>,
        stop: &CancellationToken,
    ) {
        let (group, version) = kind.api_version.rsplit_once('/').unwrap_or(("", &kind.api_version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &kind.kind));
        let api: Api<PartialObjectMeta<DynamicObject>> = Api::all_with(connection.client.clone(), &resource);
        let config = watcher::Config::default().labels(&kind.labels);
        let mut events = pin!(watcher(api, config).default_backoff());
        let mut config_check = tokio::time::interval(CONFIG_CHECK_INTERVAL);
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return,
                () = changes.closed() => return,
                _ = config_check.tick() => {
                    if self.source.fingerprint() != Some(connection.fingerprint) {
                        return;
                    }
                    continue;
                }
                event = events.next() => event,
            };
            match event {
                Some(Ok(event)) => {
                    if let Some(change) = change_of(kind, event)
                        && changes.send(change).await.is_err()
                    {
                        return;
                    }
                }
                // The stream retries by itself, with backoff.
                Some(Err(fault)) => tracing::debug!(kind = kind.kind, error = %fault, "watch interrupted"),
                None => return,
            }
        }
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
