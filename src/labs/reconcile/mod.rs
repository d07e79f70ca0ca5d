//! One session brought to where it should be: [`Labs::reconcile`] looks at its row and its namespace and does what is
//! missing. It may run at any moment, twice, or after a crash half-way.
//!
//! The verbs, the shared watches and the resync wake it; a session that waits for something asks to be looked at again.

mod plan;
mod provision;
mod readiness;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::model::{LabSession, SessionId, SessionState, Step, StepRecord};
use super::{Lab, Labs, manifests, store};
use crate::cluster::{ClusterError, ClusterFacts};
use crate::db;
use plan::{Action, AfterFault, POLL, after_fault, is_late, needs_isolation, plan};
use provision::ProvisionError;
use readiness::{explain, is_ready};

/// How long a session is left alone whose cluster does not answer.
const UNREACHABLE_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// What a session's namespace is like.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Standing,
    Gone,
}

impl Labs {
    /// Does what a session's state calls for; answers after which time it is to be looked at again.
    pub(super) async fn reconcile(&self, id: &SessionId) -> anyhow::Result<Option<SignedDuration>> {
        let Some(session) = store::find(&mut *self.core.db.read().await?, id).await? else { return Ok(None) };
        let now = self.core.clock.now();
        match plan(&session, now) {
            Action::Wait => Ok(None),
            Action::Expire => {
                self.finish(id, SessionState::Ended, "Its time was up.").await?;
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
            Ok(()) => Ok(Some(POLL)),
            Err(ProvisionError::Stopped) => Ok(None),
            Err(ProvisionError::Database(fault)) => Err(fault.into()),
            Err(ProvisionError::Lab(fault)) => {
                tracing::error!(lab = lab.name, error = %format!("{fault:#}"), "lab objects not made");
                let reason = "The lab itself has a fault, which the people who run this site were told of.";
                self.fail(session, reason).await?;
                Ok(None)
            }
            Err(ProvisionError::Cluster(fault)) => self.try_again(session, &fault).await,
        }
    }

    /// Tries again after a pause while that can help and the time for it has not run out; else fails with the reason.
    async fn try_again(&self, session: &LabSession, fault: &ClusterError) -> anyhow::Result<Option<SignedDuration>> {
        tracing::warn!(session = %session.id, error = %fault, "lab provisioning failed");
        // Something that went missing half-way comes back with the next try, which begins with the namespace.
        let may_pass = fault.is_passing() || matches!(fault, ClusterError::NotFound(_));
        let reason = match after_fault(session, &self.settings, self.core.clock.now()) {
            _ if !may_pass => fault.to_string(),
            AfterFault::TryAgain(pause) => {
                self.set_status(session, Some(&format!("{fault} It is tried again by itself."))).await?;
                return Ok(Some(pause));
            }
            AfterFault::GiveUp(tried) => format!("{fault} It was tried for {} s.", tried.as_secs()),
        };
        self.fail(session, &reason).await?;
        Ok(None)
    }

    async fn await_readiness(&self, session: &LabSession, lab: &Lab) -> anyhow::Result<Option<SignedDuration>> {
        let ready = match self.find_ready(session, lab).await {
            Ok(ready) => ready,
            Err(fault) => return self.try_again(session, &fault).await,
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
        if now.duration_since(session.applied_at.unwrap_or(now)) < POLL {
            return Ok(Some(POLL));
        }
        let why = self.explain(session).await;
        if is_late(session, &self.settings, now) {
            let seconds = self.settings.ready_within_seconds;
            let why = why.unwrap_or_else(|| "The cluster gives no reason.".to_owned());
            self.fail(session, &format!("Its pods were not ready within {seconds} s. {why}")).await?;
            return Ok(None);
        }
        self.set_status(session, why.as_deref()).await?;
        Ok(Some(POLL))
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

    /// Sees to it that a running session's namespace is there, with the rights, limits, policies and toolbox it should have.
    async fn maintain(
        &self,
        session: &LabSession,
        lab: &Lab,
        left: SignedDuration,
    ) -> anyhow::Result<Option<SignedDuration>> {
        if !self.cluster.known_state().is_ready() {
            return Ok(Some(left.min(UNREACHABLE_PAUSE)));
        }
        match self.maintain_namespace(session, lab).await {
            Ok(Found::Standing) => Ok(Some(left)),
            Ok(Found::Gone) => {
                let reason = "Its namespace is gone: the cluster was made anew, or somebody deleted it. What was graded \
                              stays; what was only in the namespace is lost.";
                self.fail(session, reason).await?;
                Ok(None)
            }
            Err(ProvisionError::Database(fault)) => Err(fault.into()),
            // The session goes on as it is; the learner can do nothing about it.
            Err(fault) => {
                tracing::warn!(session = %session.id, error = %fault, "lab isolation not restored");
                Ok(Some(left.min(UNREACHABLE_PAUSE)))
            }
        }
    }

    async fn maintain_namespace(&self, session: &LabSession, lab: &Lab) -> Result<Found, ProvisionError> {
        let cluster = &self.cluster;
        let found = cluster.find_namespace(&session.namespace).await?;
        if found.is_none_or(|namespace| namespace["metadata"]["deletionTimestamp"].is_string()) {
            return Ok(Found::Gone);
        }
        let facts = cluster.prepare().await?;
        let hash = isolation_hash(session, lab, &facts);
        let now = self.core.clock.now();
        if needs_isolation(session, &hash, now) {
            self.apply_all(&isolation_objects(session, lab, &facts)).await?;
            self.mark_isolated(&session.id, &hash, now).await?;
            tracing::info!(session = %session.id, "lab isolation applied");
        }
        self.find_toolbox(session).await?;
        Ok(Found::Standing)
    }

    /// The pod behind the terminal. One that is gone is put back, whoever deleted it: the session is of no use without it.
    pub(super) async fn find_toolbox(&self, session: &LabSession) -> Result<Option<Value>, ClusterError> {
        let cluster = &self.cluster;
        let found = cluster.get_object("v1", "Pod", &session.namespace, manifests::TOOLBOX).await?;
        if found.is_none() {
            let toolbox = manifests::toolbox(session, &cluster.settings().toolbox_image);
            cluster.apply(&self.marked(toolbox)).await?;
            tracing::info!(session = %session.id, "toolbox restored");
        }
        Ok(found)
    }

    async fn fail(&self, session: &LabSession, reason: &str) -> db::Result<()> {
        tracing::warn!(session = %session.id, reason, "lab session failed");
        self.finish(&session.id, SessionState::Failed, reason).await
    }

    /// Writes steps of a session that is being provisioned; says whether it still is.
    async fn record_steps(&self, id: &SessionId, records: &[StepRecord]) -> db::Result<bool> {
        let mut tx = self.core.db.write().await?;
        let session = store::find(&mut tx, id).await?;
        let goes_on = session.is_some_and(|session| session.state == SessionState::Provisioning);
        if goes_on {
            for record in records {
                store::record_step(&mut tx, id, record).await?;
            }
        }
        tx.commit().await?;
        Ok(goes_on)
    }

    /// Notes that every object is applied; says whether the session is still being provisioned.
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

    /// Opens a session to its learner, from when its time runs.
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

    /// Notes what is in a session's way at the moment, while it is in the state in which that was found.
    async fn set_status(&self, session: &LabSession, message: Option<&str>) -> db::Result<()> {
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

/// Everything that keeps a namespace to itself: rights, limits and network policies.
fn isolation_objects(session: &LabSession, lab: &Lab, facts: &ClusterFacts) -> Vec<Value> {
    let [learner, default] = manifests::service_accounts(session);
    let access = [learner, default, manifests::role_binding(session)];
    let limits = [manifests::limit_range(session), manifests::resource_quota(session, lab, facts)];
    access.into_iter().chain(limits).chain(manifests::network_policies(session, facts)).collect()
}

fn isolation_hash(session: &LabSession, lab: &Lab, facts: &ClusterFacts) -> String {
    crate::id::hash_token(&Value::Array(isolation_objects(session, lab, facts)).to_string())
}
