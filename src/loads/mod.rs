//! Loads: requests that the platform sends to a learner's running lab, so many in each second, and what became of them.
//!
//! A load goes through the cluster's ingress to the host name of the session's own namespace, as any visitor's request does.
//! The ingress's pods are found by its Service and reached over forwarded ports; no address of a load, and no answer, leads
//! anywhere else, and a redirect is counted and not followed.
//!
//! # Who sends
//! A load is one row, and each of its seconds another. A worker adds the row of a second in the transaction in which it
//! reads whether the load still runs, and then sends the requests of that second; a row that is there already is another
//! worker's, who sends them. So two replicas never send a request twice, however a lease ends. A second belongs to a time
//! of the clock: one in which nobody worked is left out, and is not caught up later.
//!
//! A load ends with its plan, when somebody stops it, and when its session is over, within a second. One that a stopping
//! process gives back is gone on with by another at once, and one of a process that died after the lease of its job.
//!
//! The schema ensures that a session has one load at a time. Loads are pruned after [`RETENTION`].
//!
//! Tables: `loads`, `load_seconds`.
//!
//! | file | holds |
//! |---|---|
//! | `model.rs` | a load, its seconds, and what became of its requests |
//! | `run.rs`, `sender.rs` | a load that is applied: its seconds, and their requests |
//! | `view.rs` | the loads of a lab as its page shows them |

pub mod jobs;
mod model;
pub mod pages;
mod run;
mod sender;
mod store;
mod view;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::accounts::PersonId;
use crate::cluster::{Cluster, PodHttp};
use crate::core::Core;
use crate::db::{self, Conn};
use crate::labs::{Lab, LabSession, Labs, LoadPlan, SessionId, SessionState};

pub use model::{Load, LoadCounts, LoadId, LoadSecond, LoadState, LoadSummary};
pub use view::{LoadView, LoadsView};

/// How long a load is kept that has ended.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many loads may begin in a session within [`START_WINDOW`].
const MAX_STARTS: i64 = 30;
/// The time in which they are counted.
const START_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The loads of lab sessions.
#[derive(Clone, Debug)]
pub struct Loads {
    core: Core,
    labs: Labs,
    cluster: Cluster,
    http: PodHttp,
    closing: CancellationToken,
}

/// Why a load did not begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no such lab, or it has no such load.
    #[error("no such load")]
    Unknown,
    /// There is nothing to send requests to.
    #[error("the lab is not running")]
    NotRunning,
    /// The session has one already.
    #[error("a load is running already")]
    Running(Box<Load>),
    /// Too many began of late.
    #[error("too many loads of late")]
    TooMany {
        /// How long until the next one may begin.
        wait: SignedDuration,
    },
    /// It is no plan that may be sent.
    #[error("{0}")]
    Plan(String),
    /// A fault of the database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Loads {
    /// The loads of the sessions of `labs`.
    pub fn new(core: &Core, labs: &Labs, cluster: &Cluster) -> Self {
        Self {
            core: core.clone(),
            labs: labs.clone(),
            cluster: cluster.clone(),
            http: PodHttp::new(cluster),
            closing: CancellationToken::new(),
        }
    }

    /// Gives every load of this process back, since it stops.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Begins the load of that id of a person's running lab.
    pub async fn start_of_lab(&self, person: &PersonId, (lab, id): (&str, &str)) -> Result<Load, StartError> {
        let load = self.labs.catalogue().find(lab).and_then(|lab| lab.loads.iter().find(|load| load.id == id));
        let load = load.ok_or(StartError::Unknown)?;
        let session = self.labs.find_session(person, lab).await?.ok_or(StartError::NotRunning)?;
        self.start(&session, &load.id, &load.plan).await
    }

    /// Begins a load of a session, called `name`; at most one runs in a session.
    pub async fn start(&self, session: &LabSession, name: &str, plan: &LoadPlan) -> Result<Load, StartError> {
        let mut tx = self.core.db.write().await?;
        let started = self.start_in(&mut tx, session, name, plan).await;
        match started {
            Ok(load) => {
                tx.commit().await?;
                tracing::info!(load = %load.id, session = %session.id, name, "load started");
                Ok(load)
            }
            Err(StartError::Running(load)) => {
                // Its job may have been lost; one that runs is not disturbed.
                self.wake(&mut tx, &load.id).await?;
                tx.commit().await?;
                Err(StartError::Running(load))
            }
            Err(fault) => Err(fault),
        }
    }

    /// As [`Loads::start`], within the caller's transaction.
    pub async fn start_in(
        &self,
        conn: &mut Conn,
        session: &LabSession,
        name: &str,
        plan: &LoadPlan,
    ) -> Result<Load, StartError> {
        plan.check().map_err(StartError::Plan)?;
        if session.state != SessionState::Ready {
            return Err(StartError::NotRunning);
        }
        let now = self.core.clock.now();
        let load = Load {
            id: LoadId::generate(&self.core.random, now),
            session_id: session.id.clone(),
            name: name.to_owned(),
            plan: plan.clone(),
            state: LoadState::Running,
            reason: None,
            requested_at: now,
            started_at: None,
            ended_at: None,
        };
        let since = now - START_WINDOW;
        if let Some(oldest) = store::find_nth_newest(conn, &session.id, since, MAX_STARTS - 1).await? {
            return Err(StartError::TooMany { wait: oldest.duration_since(since) });
        }
        if !store::add(conn, &load).await? {
            let running = store::find_newest(conn, &session.id).await?;
            return Err(StartError::Running(Box::new(running.unwrap_or(load))));
        }
        self.wake(conn, &load.id).await?;
        Ok(load)
    }

    /// Stops the load that a session has; `false` when it has none.
    pub async fn stop(&self, session: &SessionId, reason: &str) -> db::Result<bool> {
        let mut tx = self.core.db.write().await?;
        let Some(load) = store::find_newest(&mut tx, session).await? else { return Ok(false) };
        let is_stopped = self.stop_in(&mut tx, &load.id, reason).await?;
        tx.commit().await?;
        Ok(is_stopped)
    }

    /// Stops a load within a transaction; `false` when it does not run.
    pub(crate) async fn stop_in(&self, conn: &mut Conn, load: &LoadId, reason: &str) -> db::Result<bool> {
        let end = (LoadState::Stopped, Some(reason), self.core.clock.now());
        let is_stopped = store::finish(conn, load, end).await?;
        if is_stopped {
            tracing::info!(load = %load, reason, "load stopped");
        }
        Ok(is_stopped)
    }

    /// Stops the load of a person's running lab; `false` when there is none that its learner may begin.
    pub async fn stop_of_lab(&self, person: &PersonId, lab: &str) -> db::Result<bool> {
        let Some(session) = self.labs.find_session(person, lab).await? else { return Ok(false) };
        let running = self.find_current(&session.id).await?;
        let named = self.labs.catalogue().find(lab).map(|lab| lab.loads.as_slice()).unwrap_or_default();
        // What a game measures is not its player's to stop.
        if !running.is_some_and(|running| named.iter().any(|load| load.id == running.name)) {
            return Ok(false);
        }
        self.stop(&session.id, "You stopped it.").await
    }

    /// The load that runs in a session.
    pub async fn find_current(&self, session: &SessionId) -> db::Result<Option<Load>> {
        Ok(self.find_last(session).await?.filter(|load| load.state == LoadState::Running))
    }

    /// The newest load of a session, whether it runs or has ended.
    pub async fn find_last(&self, session: &SessionId) -> db::Result<Option<Load>> {
        store::find_newest(&mut *self.core.db.read().await?, session).await
    }

    /// The newest load of a session that is called `name`.
    pub async fn find_last_called(&self, session: &SessionId, name: &str) -> db::Result<Option<Load>> {
        store::find_newest_called(&mut *self.core.db.read().await?, session, name).await
    }

    /// The load of that id.
    pub async fn find(&self, id: &LoadId) -> db::Result<Option<Load>> {
        store::find(&mut *self.core.db.read().await?, id).await
    }

    /// The seconds of a load that were sent, in their order, as far as they are known.
    pub async fn list_seconds(&self, id: &LoadId) -> db::Result<Vec<LoadSecond>> {
        store::list_seconds(&mut *self.core.db.read().await?, id).await
    }

    /// The loads of a lab as its page shows them, where `session` is the reader's running one.
    pub async fn find_view(&self, lab: &Lab, session: Option<&SessionId>) -> db::Result<LoadsView> {
        let mut newest = Vec::new();
        let Some(session) = session.filter(|_| !lab.loads.is_empty()) else {
            return Ok(LoadsView::new(lab, &newest, (None, false), self.core.clock.now()));
        };
        let mut conn = self.core.db.read().await?;
        for load in &lab.loads {
            if let Some(found) = store::find_newest_called(&mut conn, session, &load.id).await? {
                let summary = LoadSummary::of(&store::list_seconds(&mut conn, &found.id).await?);
                newest.push((found, summary));
            }
        }
        let running = store::find_newest(&mut conn, session).await?;
        let running = running.filter(|load| load.state == LoadState::Running);
        Ok(LoadsView::new(lab, &newest, (running.as_ref(), true), self.core.clock.now()))
    }

    /// Deletes the loads that are kept no longer; answers how many there were.
    pub async fn prune(&self) -> db::Result<u64> {
        let before: Timestamp = self.core.clock.now() - RETENTION;
        let mut tx = self.core.db.write().await?;
        let count = store::prune(&mut tx, before).await?;
        tx.commit().await?;
        Ok(count)
    }
}
