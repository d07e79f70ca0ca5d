//! The namespaces of sessions that are over, each reconciled until it is deleted, so that no session waits for one.
//!
//! A namespace is deleted and waited for. After a bounded time, what blocks its deletion is removed: the finalizers of
//! terminating objects, and the long grace periods of pods. What the platform cannot repair, such as a dead API service, is
//! shown to the admin.
//!
//! Table: `lab_namespaces`.

mod model;
pub(super) mod store;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::manifests::{INSTALLATION_LABEL, LEARNER_ACCOUNT};
use super::model::{LabSession, LingeringNamespace};
use super::{Labs, store as sessions};
use crate::cluster::{ClusterError, ObjectName, Removal};
use crate::db::{self, Conn};
use model::{Action, MAX_ACTIONS, explain, plan, requeue_after};

/// How many namespaces the admin's overview lists.
const MAX_LISTED: i64 = 20;
/// How long after its last reconcile the job of a namespace counts as lost: longer than any time between two reconciles.
const STALE_AFTER: SignedDuration = SignedDuration::from_mins(7);
/// How long the steps of a session and the history of its namespace are kept.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Labs {
    /// Records that the namespace of a session that is over is to be deleted.
    pub(super) async fn release_namespace(
        &self,
        conn: &mut Conn,
        session: &LabSession,
        now: Timestamp,
    ) -> db::Result<()> {
        // One that was never admitted has no namespace.
        if session.provisioned_at.is_none() {
            return Ok(());
        }
        store::release(conn, &session.namespace, Some(&session.id), now).await
    }

    /// Triggers the reconcile of a namespace that is to be deleted, unless it is deleted already.
    pub(super) async fn wake_namespace_of(&self, name: &str) -> db::Result<()> {
        if store::find(&mut *self.core.db.read().await?, name).await?.is_none() {
            return Ok(());
        }
        let mut tx = self.core.db.write().await?;
        self.wake_namespace(&mut tx, name).await?;
        tx.commit().await
    }

    /// Whether the namespace of a session that is over is still being deleted.
    pub async fn is_namespace_terminating(&self, session: &LabSession) -> db::Result<bool> {
        Ok(store::find(&mut *self.core.db.read().await?, &session.namespace).await?.is_some())
    }

    /// The namespaces whose deletion takes longer than it should, the oldest first, and how many there are.
    pub async fn list_lingering(&self) -> db::Result<(Vec<LingeringNamespace>, i64)> {
        let before = self.core.clock.now() - self.clear_after();
        let mut conn = self.core.db.read().await?;
        Ok((store::list(&mut conn, before, MAX_LISTED).await?, store::count(&mut conn, before).await?))
    }

    /// Whether so many namespaces linger that the cluster may be short of the capacity that it is configured with.
    pub fn are_too_many_lingering(&self, count: i64) -> bool {
        count > self.settings.max_lingering_namespaces
    }

    /// How long the deletion of a namespace may take before what blocks it is removed.
    pub(super) fn clear_after(&self) -> SignedDuration {
        SignedDuration::from_secs(self.settings.clear_namespace_after_seconds)
    }

    /// Does what a namespace that is to be deleted requires; answers after which time to requeue it.
    pub(super) async fn reconcile_namespace(&self, name: &str) -> anyhow::Result<Option<SignedDuration>> {
        let Some(namespace) = store::find(&mut *self.core.db.read().await?, name).await? else { return Ok(None) };
        let age = self.core.clock.now().duration_since(namespace.released_at);
        let cluster = &self.cluster;
        let found = match cluster.find_namespace(name).await {
            Ok(found) => found,
            Err(fault) => return self.wait_for_cluster(namespace, age, &fault).await,
        };
        let action = plan(found.as_ref(), &self.installation, age, self.clear_after());
        let done = match (action, &found) {
            (Action::Finish, _) | (_, None) => return self.finish_namespace(name, age).await,
            (Action::Skip, _) => {
                tracing::warn!(namespace = name, "namespace of another installation skipped");
                return self.finish_namespace(name, age).await;
            }
            (Action::Delete, _) => self.delete_namespace(name).await.map(|()| Vec::new()),
            (Action::Wait, _) => Ok(Vec::new()),
            (Action::Clear(grace_seconds), Some(found)) => cluster.clear_terminating(found, grace_seconds).await,
        };
        let removals = match done {
            Ok(removals) => removals,
            Err(fault) => return self.wait_for_cluster(namespace, age, &fault).await,
        };
        let soon = matches!(action, Action::Delete) || removals.iter().any(|removal| removal.fault.is_none());
        self.record_progress(namespace, found.as_ref(), &removals).await?;
        Ok(Some(if soon { SignedDuration::from_secs(1) } else { requeue_after(age, self.clear_after()) }))
    }

    /// Removes the learner's rights first, since the deletion of the namespace may take long.
    async fn delete_namespace(&self, name: &str) -> Result<(), ClusterError> {
        let cluster = &self.cluster;
        let [binding, account] = [("rbac.authorization.k8s.io/v1", "RoleBinding"), ("v1", "ServiceAccount")]
            .map(|(api_version, kind)| ObjectName { api_version, kind, namespace: Some(name), name: LEARNER_ACCOUNT });
        cluster.delete_object(&binding).await?;
        cluster.delete_object(&account).await?;
        cluster.delete_namespace(name).await
    }

    async fn wait_for_cluster(
        &self,
        mut namespace: LingeringNamespace,
        age: SignedDuration,
        fault: &ClusterError,
    ) -> anyhow::Result<Option<SignedDuration>> {
        namespace.reasons = vec![fault.to_string()];
        self.write_progress(&namespace).await?;
        Ok(Some(requeue_after(age, self.clear_after())))
    }

    async fn record_progress(
        &self,
        mut namespace: LingeringNamespace,
        found: Option<&Value>,
        removals: &[Removal],
    ) -> db::Result<()> {
        let reasons = found.map(explain).unwrap_or_default();
        let name = namespace.namespace.as_str();
        if reasons != namespace.reasons && !reasons.is_empty() {
            tracing::warn!(namespace = name, reasons = reasons.join(" "), "namespace stuck terminating");
        }
        for removal in removals {
            let sentence = match &removal.fault {
                None => removal.what.clone(),
                Some(fault) => format!("{} It did not work: {fault}", removal.what),
            };
            tracing::warn!(namespace = name, action = sentence, "namespace cleared");
            if !namespace.actions.contains(&sentence) {
                namespace.actions.push(sentence);
            }
        }
        let excess = namespace.actions.len().saturating_sub(MAX_ACTIONS);
        namespace.actions.drain(..excess);
        namespace.reasons = reasons;
        self.write_progress(&namespace).await
    }

    async fn write_progress(&self, namespace: &LingeringNamespace) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::update(&mut tx, namespace, self.core.clock.now()).await?;
        tx.commit().await
    }

    async fn finish_namespace(&self, name: &str, age: SignedDuration) -> anyhow::Result<Option<SignedDuration>> {
        let mut tx = self.core.db.write().await?;
        store::mark_deleted(&mut tx, name, self.core.clock.now()).await?;
        tx.commit().await?;
        tracing::info!(namespace = name, seconds = age.as_secs(), "namespace deleted");
        Ok(None)
    }

    /// Finds the namespaces of this installation that no live session owns, and has them deleted.
    pub(super) async fn collect_garbage(&self) -> anyhow::Result<()> {
        let selector = format!("{INSTALLATION_LABEL}={}", self.installation);
        let namespaces = match self.cluster.list_namespaces(&selector).await {
            Ok(namespaces) => namespaces,
            Err(ClusterError::Absent(_) | ClusterError::Unreachable(_)) => return Ok(()),
            Err(fault) => return Err(fault.into()),
        };
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        // Read after the namespaces: a session's row is always older than its namespace.
        let live = sessions::list_live(&mut tx, None).await?;
        let owned: BTreeSet<&str> = live.iter().map(|session| session.namespace.as_str()).collect();
        let names = namespaces.iter().filter_map(|namespace| namespace["metadata"]["name"].as_str());
        for name in names.filter(|name| !owned.contains(name)) {
            if store::find(&mut tx, name).await?.is_some() {
                continue;
            }
            tracing::warn!(namespace = name, "orphaned namespace found");
            let session = sessions::find_by_namespace(&mut tx, name).await?;
            let id = session.as_ref().map(|session| &session.id);
            store::release(&mut tx, name, id, now).await?;
            self.wake_namespace(&mut tx, name).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Triggers the reconcile of the namespaces whose job was lost.
    pub(super) async fn wake_stale_namespaces(&self, conn: &mut Conn, now: Timestamp) -> db::Result<()> {
        for namespace in store::list_stale(conn, now - STALE_AFTER).await? {
            self.wake_namespace(conn, &namespace).await?;
        }
        Ok(())
    }

    /// Prunes the steps of old sessions, and the namespaces that were deleted long ago.
    pub(super) async fn prune(&self) -> anyhow::Result<()> {
        let before: Timestamp = self.core.clock.now() - RETENTION;
        let mut tx = self.core.db.write().await?;
        let steps = sessions::prune_steps(&mut tx, before).await?;
        let namespaces = store::prune(&mut tx, before).await?;
        tx.commit().await?;
        tracing::debug!(steps, namespaces, "lab history pruned");
        Ok(())
    }
}
