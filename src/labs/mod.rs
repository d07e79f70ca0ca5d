//! Labs: the catalogue, and each learner's running copy of a lab in a namespace of its own.
//!
//! A session goes `queued -> provisioning -> ready -> ending -> ended`, or to `failed` from anywhere, and every change of
//! state is one transaction here. What a state calls for in the cluster is done by one job, [`jobs::Advance`], which may
//! run twice or be taken up by another worker after a crash: every step bears repeating. [`provisioning`] fills the
//! namespace, [`following`] waits for pods and deletions, [`upkeep`] ends what has run out and sweeps what nobody owns.
//!
//! That a person has one live session of a lab is held by the schema; that no more sessions are in the cluster than it
//! has room for, by the lock on the one row of `lab_gate`.
//!
//! Tables: `lab_sessions`, `lab_steps`, `lab_gate`.

mod catalogue;
mod following;
mod jobs;
mod manifests;
mod model;
mod objects;
mod overview;
pub mod pages;
mod parts;
mod provisioning;
mod quota;
mod readiness;
mod refusal;
mod settings;
pub mod store;
mod upkeep;
pub mod view;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::accounts::PersonId;
use crate::cluster::ClusterState;
use crate::db;

pub use catalogue::{Catalogue, Lab, Mutation, Solution, Workload};
pub use jobs::{Advance, Upkeep, register_jobs};
pub use manifests::TOOLBOX;
pub use model::{QueuePlace, Session, SessionId, SessionState, Step, StepRecord};
pub use parts::LabParts;
pub use refusal::{ExtendError, OpenError, StartError, StopError};
pub use settings::LabsSettings;
pub use upkeep::Problem;
pub use view::{LabSummary, SessionView};

/// The labs of the installation and the sessions of its learners.
#[derive(Clone, Debug)]
pub struct Labs {
    parts: LabParts,
    closing: CancellationToken,
}

impl Labs {
    /// The labs of the parts' catalogue, on the parts' cluster.
    pub fn new(parts: LabParts) -> Self {
        Self { parts, closing: CancellationToken::new() }
    }

    /// The labs on offer.
    pub fn catalogue(&self) -> &Catalogue {
        &self.parts.catalogue
    }

    /// Tells every open terminal to close, since the server stops.
    pub fn close_terminals(&self) {
        self.closing.cancel();
    }

    /// Starts a session of a lab, or answers the one that lives already, whichever tab asked for it.
    pub async fn start(&self, person: &PersonId, lab: &str) -> Result<Session, StartError> {
        let lab = self.catalogue().find(lab).ok_or(StartError::UnknownLab)?;
        match self.parts.cluster.state().await {
            ClusterState::Ready { .. } => {}
            ClusterState::Starting { step, .. } => return Err(StartError::ClusterStarting(step)),
            ClusterState::Unreachable { why, advice } => return Err(StartError::NoCluster(format!("{why} {advice}"))),
            ClusterState::Absent { advice } => return Err(StartError::NoCluster(advice)),
        }
        let mut tx = self.parts.db.write().await?;
        let in_cluster = store::lock_gate(&mut tx).await?;
        let now = self.parts.clock.now();
        let has_room =
            in_cluster < self.parts.cluster.settings().capacity && store::list_queued(&mut tx, 1).await?.is_empty();
        let session = self.fresh_session(person, &lab.name, has_room, now);
        if store::add(&mut tx, &session).await? {
            if has_room {
                self.parts.jobs.enqueue(&mut tx, &Advance { session: session.id.clone() }).await?;
            }
            tx.commit().await?;
            tracing::info!(session = %session.id, lab = lab.name, state = session.state.as_str(), "a lab was started");
            return Ok(session);
        }
        let live = store::find_newest(&mut tx, person, &lab.name).await?;
        Ok(live.unwrap_or(session))
    }

    fn fresh_session(&self, person: &PersonId, lab: &str, has_room: bool, now: Timestamp) -> Session {
        let random = &self.parts.random;
        Session {
            id: SessionId::generate(random, now),
            person_id: person.clone(),
            lab: lab.to_owned(),
            namespace: random.hex::<8>(),
            nonce: random.hex::<16>(),
            state: if has_room { SessionState::Provisioning } else { SessionState::Queued },
            reason: None,
            trouble: None,
            extensions: 0,
            created_at: now,
            state_since: now,
            provisioned_at: has_room.then_some(now),
            applied_at: None,
            ready_at: None,
            expires_at: None,
        }
    }

    /// Ends a person's session: its namespace goes, and what was done there with it.
    pub async fn stop(&self, person: &PersonId, lab: &str) -> Result<(), StopError> {
        let session = self.find_session(person, lab).await?.filter(|session| session.state.is_live());
        let session = session.ok_or(StopError::NotRunning)?;
        self.end(&session.id, "You stopped it.").await?;
        Ok(())
    }

    /// Gives a ready session more time, as often as its lab allows.
    pub async fn extend(&self, person: &PersonId, lab: &str) -> Result<Session, ExtendError> {
        let lab = self.catalogue().find(lab).ok_or(ExtendError::NotReady)?;
        let session = self.find_session(person, &lab.name).await?.ok_or(ExtendError::NotReady)?;
        let mut tx = self.parts.db.write().await?;
        let mut session = store::lock(&mut tx, &session.id).await?.ok_or(ExtendError::NotReady)?;
        let now = self.parts.clock.now();
        let expires_at = session.expires_at.filter(|end| session.state == SessionState::Ready && *end > now);
        let expires_at = expires_at.ok_or(ExtendError::NotReady)?;
        if session.extensions >= lab.max_extensions {
            return Err(ExtendError::NoneLeft(lab.max_extensions));
        }
        session.extensions += 1;
        session.expires_at = Some(expires_at + SignedDuration::from_mins(lab.extend_minutes));
        store::update(&mut tx, &session).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// A person's newest session of a lab, live or failed; none when there was none or it ended as it should.
    pub async fn find_session(&self, person: &PersonId, lab: &str) -> db::Result<Option<Session>> {
        let newest = store::find_newest(&mut *self.parts.db.read().await?, person, lab).await?;
        Ok(newest.filter(|session| session.state != SessionState::Ended))
    }

    /// A person's live sessions, the oldest first.
    pub async fn list_live_of_person(&self, person: &PersonId) -> db::Result<Vec<Session>> {
        store::list_live(&mut *self.parts.db.read().await?, Some(person)).await
    }

    /// How long a person's sessions were ready so far.
    pub async fn find_time_used(&self, person: &PersonId) -> db::Result<SignedDuration> {
        let now = self.parts.clock.now();
        let used = store::sum_time_used(&mut *self.parts.db.read().await?, person, now).await?;
        Ok(SignedDuration::from_micros(used))
    }

    /// How many sessions there are in each state that is not over.
    pub async fn count_live(&self) -> db::Result<Vec<(String, i64)>> {
        store::count_live(&mut *self.parts.db.read().await?).await
    }

    /// Sends a live session on its way out.
    async fn end(&self, id: &SessionId, reason: &str) -> db::Result<()> {
        let mut tx = self.parts.db.write().await?;
        let Some(mut session) = store::lock(&mut tx, id).await? else { return Ok(()) };
        // One that waits has nothing in the cluster to delete.
        let target = match session.state {
            SessionState::Queued => SessionState::Ended,
            SessionState::Provisioning | SessionState::Ready => SessionState::Ending,
            SessionState::Ending | SessionState::Ended | SessionState::Failed => return Ok(()),
        };
        session.reason = Some(reason.to_owned());
        session.trouble = None;
        self.enter(&mut tx, &mut session, target).await?;
        tx.commit().await?;
        tracing::info!(session = %id, reason, "a lab is ending");
        Ok(())
    }

    /// Ends a session for good that is still in the state `from`: as it should, or failed for a reason.
    async fn finish(&self, id: &SessionId, from: SessionState, failure: Option<&str>) -> db::Result<()> {
        let mut tx = self.parts.db.write().await?;
        store::lock_gate(&mut tx).await?;
        let Some(mut session) = store::lock(&mut tx, id).await? else { return Ok(()) };
        if session.state != from {
            return Ok(());
        }
        let target = if failure.is_some() { SessionState::Failed } else { SessionState::Ended };
        session.trouble = None;
        session.reason = failure.map(str::to_owned).or(session.reason);
        self.enter(&mut tx, &mut session, target).await?;
        self.admit_queued(&mut tx).await?;
        tx.commit().await?;
        if let Some(reason) = failure {
            tracing::warn!(session = %id, reason, "a lab failed");
        }
        Ok(())
    }

    /// Puts a locked session into another state, and queues what that state calls for.
    async fn enter(&self, conn: &mut db::Conn, session: &mut Session, state: SessionState) -> db::Result<()> {
        session.state = state;
        session.state_since = self.parts.clock.now();
        store::update(conn, session).await?;
        if matches!(state, SessionState::Provisioning | SessionState::Ending | SessionState::Failed) {
            self.parts.jobs.enqueue(conn, &Advance { session: session.id.clone() }).await?;
        }
        Ok(())
    }

    /// Lets in the sessions that have waited the longest while there is room; the caller holds the gate.
    async fn admit_queued(&self, conn: &mut db::Conn) -> db::Result<()> {
        let room = self.parts.cluster.settings().capacity - store::lock_gate(conn).await?;
        for id in store::list_queued(conn, room.max(0)).await? {
            if let Some(mut session) = store::lock(conn, &id).await? {
                session.provisioned_at = Some(self.parts.clock.now());
                self.enter(conn, &mut session, SessionState::Provisioning).await?;
            }
        }
        Ok(())
    }

    async fn open_gate(&self) -> db::Result<()> {
        let mut tx = self.parts.db.write().await?;
        self.admit_queued(&mut tx).await?;
        tx.commit().await
    }

    /// Writes steps of a session that is being provisioned; says whether it still is.
    async fn record_steps(&self, id: &SessionId, records: &[StepRecord]) -> db::Result<bool> {
        let mut tx = self.parts.db.write().await?;
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
    async fn mark_applied(&self, id: &SessionId, at: Timestamp, records: &[StepRecord]) -> db::Result<bool> {
        let mut tx = self.parts.db.write().await?;
        let Some(mut session) = store::lock(&mut tx, id).await? else { return Ok(false) };
        if session.state != SessionState::Provisioning {
            return Ok(false);
        }
        session.applied_at = session.applied_at.or(Some(at));
        session.trouble = None;
        store::update(&mut tx, &session).await?;
        for record in records {
            store::record_step(&mut tx, id, record).await?;
        }
        self.advance_again(&mut tx, id, following::POLL).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Opens a session to its learner, from when its time runs.
    async fn mark_ready(&self, id: &SessionId, lab: &Lab) -> db::Result<()> {
        let mut tx = self.parts.db.write().await?;
        let Some(mut session) = store::lock(&mut tx, id).await? else { return Ok(()) };
        if session.state == SessionState::Provisioning {
            let now = self.parts.clock.now();
            session.ready_at = Some(now);
            session.expires_at = Some(now + SignedDuration::from_mins(lab.time_to_live_minutes));
            session.trouble = None;
            self.enter(&mut tx, &mut session, SessionState::Ready).await?;
            tx.commit().await?;
            tracing::info!(session = %id, "a lab is ready");
        }
        Ok(())
    }

    /// Notes what is in a session's way, and that it is to be looked at again after a pause.
    async fn come_back(&self, session: &Session, trouble: Option<&str>, after: SignedDuration) -> db::Result<()> {
        let mut tx = self.parts.db.write().await?;
        let Some(mut present) = store::lock(&mut tx, &session.id).await? else { return Ok(()) };
        if present.state == session.state {
            if present.trouble.as_deref() != trouble {
                present.trouble = trouble.map(str::to_owned);
                store::update(&mut tx, &present).await?;
            }
            self.advance_again(&mut tx, &session.id, after).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn advance_again(&self, conn: &mut db::Conn, id: &SessionId, after: SignedDuration) -> db::Result<()> {
        let at = self.parts.clock.now() + after;
        self.parts.jobs.enqueue_at(conn, &Advance { session: id.clone() }, at).await
    }
}
