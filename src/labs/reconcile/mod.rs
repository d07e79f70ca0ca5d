//! The reconcile of a session: [`Labs::reconcile`] compares its row with its namespace and does what is missing. It may run
//! at any moment, twice, or after a crash.
//!
//! The verbs, the watches and the resync trigger it; a session that waits for something is requeued.

mod isolation;
mod plan;
mod provision;
mod readiness;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::catalogue::Lab;
use super::model::{LabSession, SessionId, SessionState, Step, StepRecord};
use super::{Labs, manifests, store};
use crate::cluster::ClusterError;
use crate::db;
use isolation::{isolation_hash, isolation_objects};
use plan::{Action, POLL_INTERVAL, Retry, is_late, needs_isolation, plan, retry_after_fault};
use provision::ProvisionError;
use readiness::{explain, is_ready};

/// After which time a session is requeued whose cluster does not answer.
const UNREACHABLE_REQUEUE: SignedDuration = SignedDuration::from_secs(30);

/// Whether the namespace of a running session exists.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NamespaceState {
    Active,
    Deleted,
}

impl Labs {
    /// Does what a session's state requires; answers after which time to requeue it.
    pub(super) async fn reconcile(&self, id: &SessionId) -> anyhow::Result<Option<SignedDuration>> {
        let Some(session) = store::find(&mut *self.core.db.read().await?, id).await? else { return Ok(None) };
        let now = self.core.clock.now();
        match plan(&session, now) {
            Action::Wait => Ok(None),
            Action::Expire => {
                self.finish(id, SessionState::Ended, "Its time was up.", now).await?;
                Ok(None)
            }
            Action::Release => {
                self.wake_namespace_of(&session.namespace).await?;
                Ok(None)
            }
            action => {
                let Some(lab) = self.catalogue().find(&session.lab) else {
                    self.fail(&session, "This lab is no longer on offer.").await?;
                    return Ok(None);
                };
                match action {
                    Action::Provision => self.provision(&session, lab).await,
                    Action::Maintain(left) => self.maintain(&session, lab, left).await,
                    _ => self.await_readiness(&session, lab).await,
                }
            }
        }
    }

    async fn provision(&self, session: &LabSession, lab: &Lab) -> anyhow::Result<Option<SignedDuration>> {
        match self.fill_namespace(session, lab).await {
            Ok(()) => Ok(Some(POLL_INTERVAL)),
            Err(ProvisionError::Stopped) => Ok(None),
            Err(ProvisionError::Database(fault)) => Err(fault.into()),
            Err(ProvisionError::Lab(fault)) => {
                tracing::error!(lab = lab.name, error = %format!("{fault:#}"), "lab objects rendering failed");
                let reason = "The lab itself has a fault, which the people who run this site were told of.";
                self.fail(session, reason).await?;
                Ok(None)
            }
            Err(ProvisionError::Cluster(fault)) => self.retry(session, &fault).await,
        }
    }

    /// Requeues the session while a retry can help and its time is not over; else fails it with the reason.
    async fn retry(&self, session: &LabSession, fault: &ClusterError) -> anyhow::Result<Option<SignedDuration>> {
        tracing::warn!(session = %session.id, error = %fault, "lab provisioning failed");
        // An object that disappeared is created again by the next attempt, which starts with the namespace.
        let may_succeed = fault.is_transient() || matches!(fault, ClusterError::NotFound(_));
        let reason = match retry_after_fault(session, &self.settings, self.core.clock.now()) {
            _ if !may_succeed => fault.to_string(),
            Retry::After(requeue_after) => {
                self.set_status_message(session, Some(&format!("{fault} It is tried again by itself."))).await?;
                return Ok(Some(requeue_after));
            }
            Retry::GiveUp(tried) => format!("{fault} It was tried for {} s.", tried.as_secs()),
        };
        self.fail(session, &reason).await?;
        Ok(None)
    }

    async fn await_readiness(&self, session: &LabSession, lab: &Lab) -> anyhow::Result<Option<SignedDuration>> {
        let ready = match self.find_ready(session, lab).await {
            Ok(ready) => ready,
            Err(fault) => return self.retry(session, &fault).await,
        };
        let now = self.core.clock.now();
        let done = ready.iter().filter(|(_, is_ready)| *is_ready);
        let records: Vec<StepRecord> =
            done.map(|(step, _)| StepRecord { step: *step, started_at: now, ended_at: Some(now) }).collect();
        if !self.record_steps(&session.id, &records).await? {
            return Ok(None);
        }
        if ready.iter().all(|(_, is_ready)| *is_ready) {
            self.mark_ready(&session.id, lab).await?;
            return Ok(Some(SignedDuration::from_mins(lab.time_to_live_minutes)));
        }
        if now.duration_since(session.applied_at.unwrap_or(now)) < POLL_INTERVAL {
            return Ok(Some(POLL_INTERVAL));
        }
        let why = self.explain(session).await;
        if is_late(session, &self.settings, now) {
            let seconds = self.settings.ready_within_seconds;
            let why = why.unwrap_or_else(|| "The cluster gives no reason.".to_owned());
            self.fail(session, &format!("Its pods were not ready within {seconds} s. {why}")).await?;
            return Ok(None);
        }
        self.set_status_message(session, why.as_deref()).await?;
        Ok(Some(POLL_INTERVAL))
    }

    async fn find_ready(&self, session: &LabSession, lab: &Lab) -> Result<Vec<(Step, bool)>, ClusterError> {
        let find = async |api_version: &str, kind: &str, name: &str| {
            self.cluster.get_object(api_version, kind, &session.namespace, name).await
        };
        let toolbox = self.find_toolbox(session).await?;
        let mut workloads_ready = true;
        for workload in &lab.ready {
            workloads_ready &= is_ready(find(workload.api_version(), &workload.kind, &workload.name).await?.as_ref());
        }
        Ok(vec![(Step::Workload, workloads_ready), (Step::Toolbox, is_ready(toolbox.as_ref()))])
    }

    async fn explain(&self, session: &LabSession) -> Option<String> {
        let pods = self.cluster.list_objects("v1", "Pod", &session.namespace, None).await.ok()?;
        let events = self.cluster.list_objects("v1", "Event", &session.namespace, None).await.unwrap_or_default();
        explain(&pods, &events)
    }

    /// Restores the rights, limits, policies and toolbox of a running session, or fails it when its namespace was deleted.
    async fn maintain(
        &self,
        session: &LabSession,
        lab: &Lab,
        left: SignedDuration,
    ) -> anyhow::Result<Option<SignedDuration>> {
        if !self.cluster.last_known_state().is_ready() {
            return Ok(Some(left.min(UNREACHABLE_REQUEUE)));
        }
        match self.maintain_namespace(session, lab).await {
            Ok(NamespaceState::Active) => Ok(Some(left)),
            Ok(NamespaceState::Deleted) => {
                let reason = "Its namespace is gone: the cluster was made anew, or somebody deleted it. What was graded \
                              stays; what was only in the namespace is lost.";
                self.fail(session, reason).await?;
                Ok(None)
            }
            Err(ProvisionError::Database(fault)) => Err(fault.into()),
            // The session continues as it is: the learner cannot do anything about it.
            Err(fault) => {
                tracing::warn!(session = %session.id, error = %fault, "lab isolation restore failed");
                Ok(Some(left.min(UNREACHABLE_REQUEUE)))
            }
        }
    }

    async fn maintain_namespace(&self, session: &LabSession, lab: &Lab) -> Result<NamespaceState, ProvisionError> {
        let cluster = &self.cluster;
        let found = cluster.find_namespace(&session.namespace).await?;
        if found.is_none_or(|namespace| namespace["metadata"]["deletionTimestamp"].is_string()) {
            return Ok(NamespaceState::Deleted);
        }
        let info = cluster.bootstrap().await?;
        let hash = isolation_hash(session, lab, &info);
        let now = self.core.clock.now();
        if needs_isolation(session, &hash, now) {
            self.apply_all(&isolation_objects(session, lab, &info)).await?;
            self.mark_isolated(&session.id, &hash, now).await?;
            tracing::info!(session = %session.id, "lab isolation applied");
        }
        self.find_toolbox(session).await?;
        Ok(NamespaceState::Active)
    }

    /// The pod behind the terminal; one that was deleted is created again.
    pub(super) async fn find_toolbox(&self, session: &LabSession) -> Result<Option<Value>, ClusterError> {
        let cluster = &self.cluster;
        let found = cluster.get_object("v1", "Pod", &session.namespace, manifests::TOOLBOX).await?;
        if found.is_none() {
            let toolbox = manifests::toolbox(session, &cluster.settings().images.toolbox());
            cluster.apply(&self.label_object(toolbox)).await?;
            tracing::info!(session = %session.id, "toolbox restored");
        }
        Ok(found)
    }

    async fn fail(&self, session: &LabSession, reason: &str) -> db::Result<()> {
        tracing::warn!(session = %session.id, reason, "lab session failed");
        self.finish(&session.id, SessionState::Failed, reason, self.core.clock.now()).await
    }

    /// Records steps of a session that is being provisioned; answers whether it still is.
    async fn record_steps(&self, id: &SessionId, records: &[StepRecord]) -> db::Result<bool> {
        let mut tx = self.core.db.write().await?;
        let session = store::find(&mut tx, id).await?;
        let is_provisioning = session.is_some_and(|session| session.state == SessionState::Provisioning);
        if is_provisioning {
            for record in records {
                store::record_step(&mut tx, id, record).await?;
            }
        }
        tx.commit().await?;
        Ok(is_provisioning)
    }

    /// Records that every object is applied; answers whether the session is still being provisioned.
    async fn mark_applied(
        &self,
        id: &SessionId,
        isolation: (&str, Timestamp),
        records: &[StepRecord],
    ) -> db::Result<bool> {
        let mut tx = self.core.db.write().await?;
        let Some(mut session) = store::lock(&mut tx, id).await? else { return Ok(false) };
        if session.state != SessionState::Provisioning {
            return Ok(false);
        }
        session.applied_at = session.applied_at.or(Some(self.core.clock.now()));
        session.isolation_hash = Some(isolation.0.to_owned());
        session.isolated_at = Some(isolation.1);
        session.status_message = None;
        store::update(&mut tx, &session).await?;
        for record in records {
            store::record_step(&mut tx, id, record).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Makes a session ready, and sets when it expires.
    async fn mark_ready(&self, id: &SessionId, lab: &Lab) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        let Some(mut session) = store::lock(&mut tx, id).await? else { return Ok(()) };
        if session.state != SessionState::Provisioning {
            return Ok(());
        }
        let now = self.core.clock.now();
        session.ready_at = Some(now);
        session.expires_at = Some(now + SignedDuration::from_mins(lab.time_to_live_minutes));
        session.status_message = None;
        session.enter(SessionState::Ready, now);
        store::update(&mut tx, &session).await?;
        tx.commit().await?;
        tracing::info!(session = %id, "lab session ready");
        Ok(())
    }

    async fn mark_isolated(&self, id: &SessionId, hash: &str, at: Timestamp) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        let Some(mut session) = store::lock(&mut tx, id).await? else { return Ok(()) };
        session.isolation_hash = Some(hash.to_owned());
        session.isolated_at = Some(at);
        store::update(&mut tx, &session).await?;
        tx.commit().await
    }

    /// Sets the status message of a session, unless its state has changed.
    async fn set_status_message(&self, session: &LabSession, message: Option<&str>) -> db::Result<()> {
        if session.status_message.as_deref() == message {
            return Ok(());
        }
        let mut tx = self.core.db.write().await?;
        let Some(mut current) = store::lock(&mut tx, &session.id).await? else { return Ok(()) };
        if current.state == session.state {
            current.status_message = message.map(str::to_owned);
            store::update(&mut tx, &current).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
