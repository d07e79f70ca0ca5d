//! One watch for each kind of object that tells something about a session, for the whole process. A watch only wakes: what
//! is to be done is decided by whoever looks, so that a change that no watch saw is found by the resync.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Labs;
use super::manifests::{INSTALLATION_LABEL, TOOLBOX};
use crate::cluster::{CLUSTER_OBJECTS_LABEL, Change, ChangedObject, WatchedKind};
use crate::db;

/// Changes that may wait for being looked at; more of them keep the watches waiting.
const MAX_WAITING: usize = 256;
/// What keeps a session's namespace to itself.
const ISOLATION: [(&str, &str); 5] = [
    ("v1", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("v1", "LimitRange"),
    ("v1", "ResourceQuota"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
];
/// What all sessions of a cluster share.
const CLUSTER_OBJECTS: [(&str, &str); 3] = [
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"),
];
/// Where the API servers and the cluster's DNS are.
const ADDRESSES: (&str, &str) = ("discovery.k8s.io/v1", "EndpointSlice");
const ADDRESSES_LABELS: &str = "kubernetes.io/service-name in (kubernetes,kube-dns,dns-default)";

impl Labs {
    /// Watches the cluster until `stop`, and wakes what a change concerns.
    pub async fn watch(&self, stop: CancellationToken) {
        let (changes, mut seen) = mpsc::channel(MAX_WAITING);
        let kinds = self.list_watched();
        let watches = join_all(kinds.iter().map(|kind| self.cluster.watch(kind, &changes, &stop)));
        let look = async {
            while let Some(change) = seen.recv().await {
                if let Err(fault) = self.heed(change).await {
                    tracing::warn!(error = %fault, "cluster change not heeded");
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = look => {}
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

    async fn heed(&self, change: Change) -> db::Result<()> {
        match change {
            // Of one kind, since all kinds are listed anew together.
            Change::Listed(kind) if kind == "Namespace" => self.resync().await,
            Change::Listed(_) => Ok(()),
            Change::Applied(object) | Change::Deleted(object) if object.kind == ADDRESSES.1 => {
                tracing::debug!(name = object.name, "cluster addresses changed");
                self.resync().await
            }
            // One that was changed is written anew by and by: two installations that want different ones must not go
            // back and forth as fast as they can.
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
                self.note_isolation_lost(object.namespace.as_deref().unwrap_or_default()).await
            }
            Change::Deleted(object) if object.kind == "Pod" && object.name == TOOLBOX => {
                self.wake_session_of(object.namespace.as_deref().unwrap_or_default()).await
            }
            Change::Applied(object) | Change::Deleted(object) => {
                self.wake_provisioning(object.namespace.as_deref().unwrap_or_default()).await
            }
        }
    }

    /// Puts back what all sessions share; what stands as it should is not touched.
    async fn restore_cluster_objects(&self, object: &ChangedObject) {
        tracing::warn!(kind = object.kind, name = object.name, "cluster object deleted");
        if let Err(fault) = Box::pin(self.cluster.restore_cluster_objects()).await {
            tracing::warn!(error = %fault, "cluster objects not restored");
        }
    }
}

fn is_of(kinds: &[(&str, &str)], object: &ChangedObject) -> bool {
    kinds.iter().any(|(_, kind)| *kind == object.kind)
}
