//! Labs: the catalogue, and each learner's running copy of a lab in a namespace of its own.
//!
//! A session goes `queued -> provisioning -> ready -> ended`, or to `failed` from anywhere, and every change of state is
//! one transaction. What a state calls for in the cluster is done by one job of the session, [`jobs::Reconcile`], which
//! may run at any time, twice, or after a crash half-way: [`reconcile`] looks at what is there and does what is missing.
//! The verbs wake it, [`watches`] wake it, and it says itself when it is to run next.
//!
//! A session that is over has freed its place and its person; its namespace is followed to its end apart from it
//! ([`namespaces`]).
//!
//! That a person has one live session of a lab is held by the schema; that no more sessions are in the cluster than it
//! has room for, by a lock in `lab_locks` that is taken before a session's own row.
//!
//! Tables: `lab_sessions`, `lab_steps`, `lab_namespaces`, `lab_locks`.

mod catalogue;
mod jobs;
mod manifests;
mod model;
mod namespaces;
mod objects;
mod overview;
pub mod pages;
mod quota;
mod reconcile;
mod refusal;
mod settings;
mod store;
pub mod view;
mod watches;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::accounts::{Accounts, PersonId};
use crate::cluster::{Cluster, ClusterState};
use crate::core::Core;
use crate::db::{self, Conn};

pub use catalogue::{Catalogue, Lab, Mutation, Solution, Workload};
pub use jobs::{CollectGarbage, Prune, Reconcile, ReconcileNamespace, Resync, register_jobs};
pub use manifests::TOOLBOX;
pub use model::{LabSession, QueuePlace, SessionId, SessionState, Step, StepRecord};
pub use namespaces::LingeringNamespace;
pub use refusal::{ExtendError, OpenError, StartError, StopError};
pub use settings::LabsSettings;
pub use view::{LabSummary, SessionView};

/// The labs of the installation and the sessions of its learners.
#[derive(Clone, Debug)]
pub struct Labs {
    core: Core,
    cluster: Cluster,
    accounts: Accounts,
    catalogue: Catalogue,
    settings: LabsSettings,
    /// Names this installation in a cluster that several share.
    installation: String,
    closing: CancellationToken,
}

impl Labs {
    /// The labs of `catalogue`, which run on `cluster`.
    pub fn new(
        core: &Core,
        (accounts, cluster): (&Accounts, &Cluster),
        catalogue: Catalogue,
        settings: &LabsSettings,
    ) -> Self {
        Self {
            cluster: cluster.clone(),
            accounts: accounts.clone(),
            catalogue,
            settings: settings.clone(),
            installation: hex::encode(&core.secret.derive("installation")[..8]),
            closing: CancellationToken::new(),
            core: core.clone(),
        }
    }

    /// The labs on offer.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Tells every open terminal to close, since the server stops.
    pub fn close_terminals(&self) {
        self.closing.cancel();
    }

    /// Starts a session of a lab, or answers the one that lives already, whichever tab asked for it.
    pub async fn start(&self, person: &PersonId, lab: &str) -> Result<LabSession, StartError> {
        let lab = self.catalogue().find(lab).ok_or(StartError::UnknownLab)?;
        match self.cluster.state().await {
            ClusterState::Ready { .. } => {}
            ClusterState::Starting { step, .. } => return Err(StartError::ClusterStarting(step)),
            ClusterState::Unreachable { why, advice } => return Err(StartError::NoCluster(format!("{why} {advice}"))),
            ClusterState::Absent { advice } => return Err(StartError::NoCluster(advice)),
        }
        let mut tx = self.core.db.write().await?;
        let taken = store::lock_places(&mut tx).await?;
        let now = self.core.clock.now();
        let has_room = taken < self.cluster.settings().capacity && store::list_queued(&mut tx, 1).await?.is_empty();
        let session = self.fresh_session(person, &lab.name, has_room, now);
        if store::add(&mut tx, &session).await? {
            self.wake(&mut tx, &session.id).await?;
            tx.commit().await?;
            tracing::info!(session = %session.id, lab = lab.name, state = session.state.as_str(), "lab session started");
            return Ok(session);
        }
        let live = store::find_newest(&mut tx, person, &lab.name).await?;
        Ok(live.unwrap_or(session))
    }

    fn fresh_session(&self, person: &PersonId, lab: &str, has_room: bool, now: Timestamp) -> LabSession {
        let random = &self.core.random;
        LabSession {
            id: SessionId::generate(random, now),
            person_id: person.clone(),
            lab: lab.to_owned(),
            namespace: random.hex::<8>(),
            nonce: random.hex::<16>(),
            state: if has_room { SessionState::Provisioning } else { SessionState::Queued },
            reason: None,
            status_message: None,
            extensions: 0,
            created_at: now,
            state_since: now,
            provisioned_at: has_room.then_some(now),
            applied_at: None,
            ready_at: None,
            expires_at: None,
            isolation_hash: None,
            isolated_at: None,
            isolation_lost_at: None,
        }
    }

    /// Ends a person's session: they can start anew at once, while its namespace goes with what was done there.
    pub async fn stop(&self, person: &PersonId, lab: &str) -> Result<(), StopError> {
        let session = self.find_session(person, lab).await?.filter(|session| session.state.is_live());
        let session = session.ok_or(StopError::NotRunning)?;
        self.finish(&session.id, SessionState::Ended, "You stopped it.").await?;
        Ok(())
    }

    /// Ends every session of a person whose account was closed.
    pub(crate) async fn stop_all(&self, person: &PersonId) -> anyhow::Result<()> {
        for session in self.list_live_of_person(person).await? {
            self.finish(&session.id, SessionState::Ended, "The account was closed.").await?;
        }
        Ok(())
    }

    /// Gives a ready session more time, as often as its lab allows.
    pub async fn extend(&self, person: &PersonId, lab: &str) -> Result<LabSession, ExtendError> {
        let lab = self.catalogue().find(lab).ok_or(ExtendError::NotReady)?;
        let session = self.find_session(person, &lab.name).await?.ok_or(ExtendError::NotReady)?;
        let mut tx = self.core.db.write().await?;
        let mut session = store::lock(&mut tx, &session.id).await?.ok_or(ExtendError::NotReady)?;
        let now = self.core.clock.now();
        let expires_at = session.expires_at.filter(|end| session.state == SessionState::Ready && *end > now);
        let expires_at = expires_at.ok_or(ExtendError::NotReady)?;
        if session.extensions >= lab.max_extensions {
            return Err(ExtendError::NoneLeft(lab.max_extensions));
        }
        session.extensions += 1;
        session.expires_at = Some(expires_at + SignedDuration::from_mins(lab.extend_minutes));
        store::update(&mut tx, &session).await?;
        self.wake(&mut tx, &session.id).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// A person's newest session of a lab, live or failed; none when there was none or it ended as it should.
    pub async fn find_session(&self, person: &PersonId, lab: &str) -> db::Result<Option<LabSession>> {
        let newest = store::find_newest(&mut *self.core.db.read().await?, person, lab).await?;
        Ok(newest.filter(|session| session.state != SessionState::Ended))
    }

    /// A person's live sessions, the oldest first.
    pub async fn list_live_of_person(&self, person: &PersonId) -> db::Result<Vec<LabSession>> {
        store::list_live(&mut *self.core.db.read().await?, Some(person)).await
    }

    /// How long a person's sessions were ready so far.
    pub async fn find_time_used(&self, person: &PersonId) -> db::Result<SignedDuration> {
        let now = self.core.clock.now();
        let used = store::sum_time_used(&mut *self.core.db.read().await?, person, now).await?;
        Ok(SignedDuration::from_micros(used))
    }

    /// How many sessions there are in each state that is not over.
    pub async fn count_live(&self) -> db::Result<Vec<(String, i64)>> {
        store::count_live(&mut *self.core.db.read().await?).await
    }

    /// Ends a live session: its place is free and its person may start anew from here on, its namespace goes by itself.
    async fn finish(&self, id: &SessionId, state: SessionState, reason: &str) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::lock_places(&mut tx).await?;
        let session = store::lock(&mut tx, id).await?.filter(|session| session.state.is_live());
        let Some(mut session) = session else { return Ok(()) };
        session.reason = Some(reason.to_owned());
        session.status_message = None;
        session.enter(state, self.core.clock.now());
        store::update(&mut tx, &session).await?;
        self.release(&mut tx, &session).await?;
        self.wake(&mut tx, id).await?;
        self.admit_queued(&mut tx).await?;
        tx.commit().await?;
        tracing::info!(session = %id, state = state.as_str(), reason, "lab session finished");
        Ok(())
    }

    /// Lets in the sessions that have waited the longest while there is room.
    async fn admit_queued(&self, conn: &mut Conn) -> db::Result<()> {
        let room = self.cluster.settings().capacity - store::lock_places(conn).await?;
        for id in store::list_queued(conn, room.max(0)).await? {
            // One that was stopped since it was listed stays so.
            let session = store::lock(conn, &id).await?.filter(|session| session.state == SessionState::Queued);
            let Some(mut session) = session else { continue };
            let now = self.core.clock.now();
            session.provisioned_at = Some(now);
            session.enter(SessionState::Provisioning, now);
            store::update(conn, &session).await?;
            self.wake(conn, &id).await?;
        }
        Ok(())
    }

    /// Has a session looked at now.
    async fn wake(&self, conn: &mut Conn, id: &SessionId) -> db::Result<()> {
        let job = Reconcile { session: id.clone() };
        self.core.jobs.wake(conn, &job, &job.key()).await
    }

    /// Has every live session looked at, lets in who waits while there is room, and sees to it that namespaces are
    /// followed: whatever was missed is found here.
    pub async fn resync(&self) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        self.admit_queued(&mut tx).await?;
        for session in store::list_live(&mut tx, None).await? {
            if session.state != SessionState::Queued {
                self.wake(&mut tx, &session.id).await?;
            }
        }
        self.follow_forgotten(&mut tx).await?;
        tx.commit().await
    }

    /// Has the live session of a namespace looked at that was, or is being, deleted.
    async fn wake_session_of(&self, namespace: &str) -> db::Result<()> {
        let session = store::find_by_namespace(&mut *self.core.db.read().await?, namespace).await?;
        let Some(session) = session.filter(|session| session.state.is_live()) else { return Ok(()) };
        let mut tx = self.core.db.write().await?;
        self.wake(&mut tx, &session.id).await?;
        tx.commit().await
    }

    /// Has the session of a namespace looked at whose pods are awaited.
    async fn wake_provisioning(&self, namespace: &str) -> db::Result<()> {
        let session = store::find_by_namespace(&mut *self.core.db.read().await?, namespace).await?;
        let awaits_pods =
            |session: &LabSession| session.state == SessionState::Provisioning && session.applied_at.is_some();
        let Some(session) = session.filter(awaits_pods) else { return Ok(()) };
        let mut tx = self.core.db.write().await?;
        self.wake(&mut tx, &session.id).await?;
        tx.commit().await
    }

    /// Has rights, limits and network policies of a running session put back.
    async fn note_isolation_lost(&self, namespace: &str) -> db::Result<()> {
        let session = store::find_by_namespace(&mut *self.core.db.read().await?, namespace).await?;
        let Some(session) = session.filter(|session| session.state == SessionState::Ready) else { return Ok(()) };
        tracing::warn!(session = %session.id, "lab isolation lost");
        let mut tx = self.core.db.write().await?;
        store::record_isolation_lost(&mut tx, &session.id, self.core.clock.now()).await?;
        self.wake(&mut tx, &session.id).await?;
        tx.commit().await
    }
}
