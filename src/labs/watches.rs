//! One watch for each kind of object that concerns sessions, for the whole process. An event only triggers a reconcile, which
//! decides what to do, so that the resync makes up for an event that no watch delivered.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Labs;
use super::manifests::{INSTALLATION_LABEL, TOOLBOX};
use crate::cluster::{CLUSTER_OBJECTS_LABEL, Change, ChangedObject, WatchedKind};
use crate::db;

/// How many events are buffered before the watches wait.
const MAX_BUFFERED: usize = 256;
/// The objects that isolate a session's namespace.
const ISOLATION: [(&str, &str); 5] = [
    ("v1", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("v1", "LimitRange"),
    ("v1", "ResourceQuota"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
];
/// The cluster-scoped objects that all sessions share.
const CLUSTER_OBJECTS: [(&str, &str); 3] = [
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"),
];
/// The addresses of the API servers and of the cluster's DNS.
const ADDRESSES: (&str, &str) = ("discovery.k8s.io/v1", "EndpointSlice");
const ADDRESSES_LABELS: &str = "kubernetes.io/service-name in (kubernetes,kube-dns,dns-default)";

impl Labs {
    /// Watches the cluster until `stop`, and triggers the reconciles that an event concerns.
    pub async fn watch(&self, stop: CancellationToken) {
        let (changes, mut received) = mpsc::channel(MAX_BUFFERED);
        let kinds = self.list_watched();
        let watches = join_all(kinds.iter().map(|kind| self.cluster.watch(kind, &changes, &stop)));
        let dispatch = async {
            while let Some(change) = received.recv().await {
                if let Err(fault) = self.dispatch(change).await {
                    tracing::warn!(error = %fault, "cluster event dispatch failed");
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = dispatch => {}
            _ended = watches => {}
        }
    }

    fn list_watched(&self) -> Vec<WatchedKind> {
        let watched = |(api_version, kind): (&str, &str), labels: &str| WatchedKind {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            labels: labels.to_owned(),
        };
        let own = format!("{INSTALLATION_LABEL}={}", self.installation);
        let workloads = self.catalogue().list().iter().flat_map(|lab| &lab.ready);
        let mut of_sessions: BTreeSet<(&str, &str)> =
            workloads.map(|workload| (workload.api_version(), workload.kind.as_str())).collect();
        of_sessions.extend([("v1", "Namespace"), ("v1", "Pod")]);
        of_sessions.extend(ISOLATION);
        let of_sessions = of_sessions.into_iter().map(|kind| watched(kind, &own));
        let of_cluster = CLUSTER_OBJECTS.map(|kind| watched(kind, CLUSTER_OBJECTS_LABEL));
        of_sessions.chain(of_cluster).chain([watched(ADDRESSES, ADDRESSES_LABELS)]).collect()
    }

    async fn dispatch(&self, change: Change) -> db::Result<()> {
        match change {
            // For one kind, since all kinds are listed again together.
            Change::Listed(kind) if kind == "Namespace" => self.resync().await,
            Change::Listed(_) => Ok(()),
            Change::Applied(object) | Change::Deleted(object) if object.kind == ADDRESSES.1 => {
                tracing::debug!(name = object.name, "cluster addresses changed");
                self.resync().await
            }
            // One that was changed is reapplied later: two installations of different versions must not overwrite each
            // other in a loop.
            Change::Applied(object) if is_of(&CLUSTER_OBJECTS, &object) => Ok(()),
            Change::Deleted(object) if is_of(&CLUSTER_OBJECTS, &object) => {
                self.restore_cluster_objects(&object).await;
                Ok(())
            }
            Change::Applied(object) if object.kind == "Namespace" => {
                if object.is_being_deleted {
                    self.wake_session_of(&object.name).await
                } else {
                    Ok(())
                }
            }
            Change::Deleted(object) if object.kind == "Namespace" => {
                self.wake_session_of(&object.name).await?;
                self.wake_namespace_of(&object.name).await
            }
            Change::Applied(object) if is_of(&ISOLATION, &object) => Ok(()),
            Change::Deleted(object) if is_of(&ISOLATION, &object) => {
                self.restore_isolation(object.namespace.as_deref().unwrap_or_default()).await
            }
            Change::Deleted(object) if object.kind == "Pod" && object.name == TOOLBOX => {
                self.wake_session_of(object.namespace.as_deref().unwrap_or_default()).await
            }
            Change::Applied(object) | Change::Deleted(object) => {
                self.wake_provisioning(object.namespace.as_deref().unwrap_or_default()).await
            }
        }
    }

    /// Restores the objects that all sessions share.
    async fn restore_cluster_objects(&self, object: &ChangedObject) {
        tracing::warn!(kind = object.kind, name = object.name, "cluster object deleted");
        if let Err(fault) = Box::pin(self.cluster.restore_cluster_objects()).await {
            tracing::warn!(error = %fault, "cluster objects restore failed");
        }
    }
}

fn is_of(kinds: &[(&str, &str)], object: &ChangedObject) -> bool {
    kinds.iter().any(|(_, kind)| *kind == object.kind)
}
