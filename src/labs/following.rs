//! What happens to a session after somebody asked for it: built, waited for, deleted, in whichever order its state says.
//!
//! The job is what lasts through a crash, and looks again every few seconds; beside it a watch in this process sees a pod
//! become ready or a namespace go at once, so that nobody waits for the next look.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::Value;

use super::model::{Session, SessionId, SessionState, Step, StepRecord, retry_pause};
use super::provisioning::BuildError;
use super::readiness::{explain, is_ready, worded};
use super::{Lab, Labs, Workload, manifests, store};
use crate::cluster::{ClusterError, ObjectName};

/// How often the job looks at a session on its way.
pub(super) const POLL: SignedDuration = SignedDuration::from_secs(2);
/// How long a watch beside the job lasts.
const WATCH: Duration = Duration::from_mins(1);

/// Who looks at a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// The job, which sees to it that there is a next look.
    Job,
    /// A watch beside the job, which leaves that to the job.
    Watch,
}

impl Labs {
    /// Does in the cluster what the session's state calls for.
    pub(super) async fn advance(&self, id: &SessionId) -> anyhow::Result<()> {
        self.look_at(id, Look::Job).await
    }

    async fn look_at(&self, id: &SessionId, look: Look) -> anyhow::Result<()> {
        let Some(session) = store::find(&mut *self.parts.db.read().await?, id).await? else { return Ok(()) };
        match session.state {
            SessionState::Provisioning => self.provision(&session, look).await,
            SessionState::Ending => self.delete(&session, look).await,
            SessionState::Failed => Ok(self.parts.cluster.delete_namespace(&session.namespace).await?),
            SessionState::Queued | SessionState::Ready | SessionState::Ended => Ok(()),
        }
    }

    async fn provision(&self, session: &Session, look: Look) -> anyhow::Result<()> {
        let Some(lab) = self.catalogue().find(&session.lab) else {
            let reason = "This lab is no longer on offer.";
            return Ok(self.finish(&session.id, SessionState::Provisioning, Some(reason)).await?);
        };
        if session.applied_at.is_some() {
            return self.check_readiness(session, lab, look).await;
        }
        match self.build(session, lab).await {
            Ok(()) => {
                self.watch_readiness(session, lab);
                Ok(())
            }
            Err(BuildError::Stopped) => Ok(()),
            Err(BuildError::Database(fault)) => Err(fault.into()),
            Err(BuildError::Lab(fault)) => {
                tracing::error!(lab = lab.name, error = %format!("{fault:#}"), "a lab's objects cannot be made");
                let reason = "The lab itself has a fault, which the people who run this site were told of.";
                Ok(self.finish(&session.id, SessionState::Provisioning, Some(reason)).await?)
            }
            Err(BuildError::Cluster(fault)) => self.try_later(session, &fault).await,
        }
    }

    /// Tries again after a pause while that can help and the time for it has not run out; else fails with the reason.
    async fn try_later(&self, session: &Session, fault: &ClusterError) -> anyhow::Result<()> {
        let since = session.provisioned_at.unwrap_or(session.state_since);
        let tried = self.parts.clock.now().duration_since(since);
        let has_time = tried.as_secs() < self.parts.settings.give_up_seconds;
        // Something that went missing half-way comes back with the next try, which begins with the namespace.
        let may_pass = fault.is_passing() || matches!(fault, ClusterError::NotFound(_));
        tracing::warn!(session = %session.id, error = %fault, "a step of provisioning failed");
        if may_pass && has_time {
            let trouble = format!("{fault} It is tried again by itself.");
            return Ok(self.come_back(session, Some(&trouble), retry_pause(tried)).await?);
        }
        let reason =
            if may_pass { format!("{fault} It was tried for {} s.", tried.as_secs()) } else { fault.to_string() };
        Ok(self.finish(&session.id, SessionState::Provisioning, Some(&reason)).await?)
    }

    async fn check_readiness(&self, session: &Session, lab: &Lab, look: Look) -> anyhow::Result<()> {
        let ready = match self.find_ready(session, lab).await {
            Ok(ready) => ready,
            Err(_) if look == Look::Watch => return Ok(()),
            Err(fault) => return self.try_later(session, &fault).await,
        };
        let now = self.parts.clock.now();
        let records: Vec<StepRecord> = ready
            .iter()
            .filter(|(_, is_ready)| *is_ready)
            .map(|(step, _)| StepRecord { step: *step, started_at: now, ended_at: Some(now) })
            .collect();
        if !self.record_steps(&session.id, &records).await? {
            return Ok(());
        }
        if ready.iter().all(|(_, is_ready)| *is_ready) {
            return Ok(self.mark_ready(&session.id, lab).await?);
        }
        if look == Look::Watch {
            return Ok(());
        }
        let applied = session.applied_at.unwrap_or(session.state_since);
        let why = self.explain(session).await;
        if now.duration_since(applied).as_secs() < self.parts.settings.ready_within_seconds {
            return Ok(self.come_back(session, why.as_deref(), POLL).await?);
        }
        let seconds = self.parts.settings.ready_within_seconds;
        let why = why.unwrap_or_else(|| "The cluster gives no reason.".to_owned());
        let reason = format!("Its pods were not ready within {seconds} s. {why}");
        Ok(self.finish(&session.id, SessionState::Provisioning, Some(&reason)).await?)
    }

    async fn find_ready(&self, session: &Session, lab: &Lab) -> Result<Vec<(Step, bool)>, ClusterError> {
        let find = async |api_version: &str, kind: &str, name: &str| {
            self.parts.cluster.get_object(api_version, kind, &session.namespace, name).await
        };
        let toolbox = find("v1", "Pod", manifests::TOOLBOX).await?;
        if toolbox.is_none() {
            // Whoever deleted it, the session is of no use without it.
            self.parts.cluster.apply(&self.toolbox_of(session)).await?;
        }
        let mut workloads_ready = true;
        for workload in &lab.ready {
            workloads_ready &= is_ready(find(workload.api_version(), &workload.kind, &workload.name).await?.as_ref());
        }
        Ok(vec![(Step::Workload, workloads_ready), (Step::Toolbox, is_ready(toolbox.as_ref()))])
    }

    async fn explain(&self, session: &Session) -> Option<String> {
        let pods = self.parts.cluster.list_objects("v1", "Pod", &session.namespace, None).await.ok()?;
        let events = self.parts.cluster.list_objects("v1", "Event", &session.namespace, None).await.unwrap_or_default();
        explain(&pods, &events)
    }

    /// Watches the pods beside the job, and looks as soon as they are ready.
    fn watch_readiness(&self, session: &Session, lab: &Lab) {
        let (labs, session, workloads) = (self.clone(), session.clone(), lab.ready.clone());
        tokio::spawn(async move {
            let toolbox = Workload { kind: "Pod".to_owned(), name: manifests::TOOLBOX.to_owned() };
            tokio::join!(
                labs.watch_step(&session, Step::Workload, &workloads),
                labs.watch_step(&session, Step::Toolbox, std::slice::from_ref(&toolbox)),
            );
            if let Err(fault) = labs.look_at(&session.id, Look::Watch).await {
                tracing::warn!(session = %session.id, error = %format!("{fault:#}"), "a session was not looked at");
            }
        });
    }

    async fn watch_step(&self, session: &Session, step: Step, workloads: &[Workload]) {
        let watches = join_all(workloads.iter().map(async |workload| {
            let name = ObjectName {
                api_version: workload.api_version(),
                kind: &workload.kind,
                namespace: Some(&session.namespace),
                name: &workload.name,
            };
            let seen = self.parts.cluster.wait_until(&name, WATCH, is_ready).await;
            if !matches!(seen, Ok(Some(_))) {
                tracing::debug!(session = %session.id, workload = worded(workload), "not seen to be ready");
            }
            matches!(seen, Ok(Some(_)))
        }));
        if watches.await.into_iter().all(|seen| seen) {
            let now = self.parts.clock.now();
            let record = StepRecord { step, started_at: now, ended_at: Some(now) };
            // The job writes it down too, should this fail.
            self.record_steps(&session.id, &[record]).await.ok();
        }
    }

    async fn delete(&self, session: &Session, look: Look) -> anyhow::Result<()> {
        let gone = async {
            self.parts.cluster.delete_namespace(&session.namespace).await?;
            Ok::<bool, ClusterError>(self.parts.cluster.find_namespace(&session.namespace).await?.is_none())
        };
        let waited = self.parts.clock.now().duration_since(session.state_since);
        let trouble = match gone.await {
            Ok(true) => return Ok(self.finish(&session.id, SessionState::Ending, None).await?),
            _ if look == Look::Watch => return Ok(()),
            Ok(false) => {
                if waited < POLL {
                    self.watch_deletion(session);
                }
                None
            }
            Err(fault) => {
                if waited.as_secs() >= self.parts.settings.give_up_seconds {
                    // The sweep deletes the namespace once the cluster is back.
                    return Ok(self.finish(&session.id, SessionState::Ending, None).await?);
                }
                Some(format!("{fault} The namespace is deleted as soon as that is possible."))
            }
        };
        Ok(self.come_back(session, trouble.as_deref(), POLL).await?)
    }

    /// Watches the namespace beside the job, and looks as soon as it is gone.
    fn watch_deletion(&self, session: &Session) {
        let (labs, session) = (self.clone(), session.clone());
        tokio::spawn(async move {
            let name = ObjectName { api_version: "v1", kind: "Namespace", namespace: None, name: &session.namespace };
            let is_gone = |namespace: Option<&Value>| namespace.is_none();
            let seen = labs.parts.cluster.wait_until(&name, WATCH, is_gone).await;
            // Gone is an answer without an object, and so is a watch that ran out: the look tells them apart.
            if seen.is_ok()
                && let Err(fault) = labs.look_at(&session.id, Look::Watch).await
            {
                tracing::warn!(session = %session.id, error = %format!("{fault:#}"), "a session was not looked at");
            }
        });
    }

    pub(super) fn toolbox_of(&self, session: &Session) -> Value {
        manifests::toolbox(session, &self.parts.cluster.settings().toolbox_image)
    }
}
