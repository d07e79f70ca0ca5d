//! Labs: the catalogue, and each learner's running copy of a lab in a namespace of its own, a [`LabSession`].
//!
//! A session goes `queued -> provisioning -> ready -> ended`, or to `failed` from anywhere, and every change of state is
//! one transaction. What a state requires in the cluster is done by one job of the session, [`jobs::Reconcile`], which may run at
//! any time, twice, or after a crash: it compares the session with its namespace and does what is missing. The verbs and
//! the watches trigger it, and it requeues itself.
//!
//! A session that is over frees its capacity and its person at once; its namespace is deleted by a job of its own,
//! [`jobs::ReconcileNamespace`].
//!
//! The schema ensures that a person has one live session of a lab; a row of `lab_locks`, which is locked before a session's
//! own row, ensures that no more sessions use the cluster than its capacity.
//!
//! Tables: `lab_sessions`, `lab_steps`, `lab_namespaces`, `lab_locks`, `lab_page_tickets`.
//!
//! | file | holds |
//! |---|---|
//! | `catalogue.rs`, `guide.rs`, `objects.rs`, `quota.rs` | the labs as read from `labs/`: guide, objects with placeholders, quota |
//! | `solution.rs` | a lab's solution and its known mistakes |
//! | `load.rs` | the loads of a lab, which the part `loads` applies |
//! | `manifests.rs` | the objects that every session gets |
//! | `reconcile/` | a session reconciled: its plan, its provisioning, the readiness of its pods |
//! | `namespaces/` | the namespaces of sessions that are over, until they are deleted |
//! | `watches.rs` | the events of the cluster that trigger a reconcile |
//! | `access.rs`, `tokens.rs` | the terminal, the kubeconfig and the tokens of a running session |
//! | `parts.rs` | what a lab requires of its cluster and the cluster lacks |
//! | `products.rs` | what its learners use by name, which may be a stand-in |
//! | `web_pages/`, `page_access.rs`, `page_requests.rs`, `page_status.rs` | the web pages of a running session, and who may open them |
//! | `traces/`, `trace_requests.rs` | the traces of a running session |
//! | `namespace_view/`, `namespace_requests.rs`, `metrics.rs` | what is in the namespace of a running session, and what its metrics say |
//! | `picture.rs` | the picture of a graph: of who calls whom, and of who depends on whom |
//! | `status.rs`, `view.rs`, `step_view.rs`, `ending.rs` | a session as its page shows it, and how far the deletion of its namespace is |
//! | `refusal.rs` | the errors of the verbs |

mod access;
mod catalogue;
mod ending;
mod guide;
pub mod jobs;
mod load;
mod manifests;
mod metrics;
mod model;
mod namespace_requests;
mod namespace_view;
mod namespaces;
mod objects;
mod page_access;
mod page_requests;
mod page_status;
pub mod pages;
mod parts;
mod picture;
mod products;
mod quota;
mod reconcile;
mod refusal;
mod settings;
mod solution;
mod status;
mod step_view;
mod store;
mod tokens;
mod trace_requests;
mod traces;
mod view;
mod watches;
mod web_pages;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::accounts::{Accounts, PersonId};
use crate::cluster::{Cluster, ClusterState};
use crate::core::Core;
use crate::db::{self, Conn};

pub use catalogue::{Catalogue, Lab, TaskFile, Workload};
pub use ending::{EndingStep, EndingView};
pub use guide::{Guide, GuidePart};
pub use load::{LabLoad, LoadPhase, LoadPlan};
pub use manifests::TOOLBOX;
pub use model::{
    LabSession, LingeringNamespace, QueuePosition, SessionFinished, SessionId, SessionState, Step, StepRecord,
    is_session_namespace,
};
pub use namespace_view::NamespaceView;
pub use objects::{ObjectTemplate, TemplateContext};
pub use parts::LabParts;
pub use picture::{Arrow, Mark, Picture};
pub use products::UsedProduct;
pub use refusal::{ExtendError, OpenError, StartError, StopError};
pub use settings::LabsSettings;
pub use solution::{CopiedObject, Mutation, RECORDED_FILE, Solution};
pub use step_view::{StepState, StepView};
pub use traces::{
    FoundTrace, MatchedSpan, MatchedTrace, SpanQuery, TraceFilter, TraceList, TraceMatch, TraceQuery, TraceView,
    TracesTrouble,
};
pub use view::{LabSummary, SessionView};
pub use web_pages::{
    HostKind, PageAccess, PageError, PageHost, PagePermit, PageRequest, PortName, WebPage, WebPageState, WebPageView,
    WebPagesView, choose_port, page_path,
};

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
    web_pages: web_pages::WebPages,
    traces: traces::TraceReads,
    traffic: namespace_view::TrafficReads,
    tokens: tokens::SessionTokens,
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
            web_pages: web_pages::WebPages::new(core, cluster),
            traces: traces::TraceReads::default(),
            traffic: namespace_view::TrafficReads::default(),
            tokens: tokens::SessionTokens::default(),
            closing: CancellationToken::new(),
            core: core.clone(),
        }
    }

    /// The labs on offer.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Closes every open terminal, since the server stops.
    pub fn close_terminals(&self) {
        self.closing.cancel();
    }

    /// Starts a session of a lab, or answers the one that is live already.
    pub async fn start(&self, person: &PersonId, lab: &str) -> Result<LabSession, StartError> {
        let lab = self.catalogue().find(lab).ok_or(StartError::UnknownLab)?;
        match self.cluster.state().await {
            ClusterState::Ready { .. } => {}
            ClusterState::Starting { step, .. } => return Err(StartError::ClusterStarting(step)),
            ClusterState::Unreachable { why, advice } => return Err(StartError::NoCluster(format!("{why} {advice}"))),
            ClusterState::Absent { advice } => return Err(StartError::NoCluster(advice)),
        }
        let missing = self.cluster.find_missing(&lab.requires).await?;
        if !missing.is_empty() {
            let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
            return Err(StartError::PartsMissing(missing.join(" ")));
        }
        let mut tx = self.core.db.write().await?;
        let used = store::lock_capacity(&mut tx).await?;
        let now = self.core.clock.now();
        let is_admitted = used < self.cluster.settings().capacity && store::list_queued(&mut tx, 1).await?.is_empty();
        let session = self.new_session(person, &lab.name, is_admitted, now);
        if store::add(&mut tx, &session).await? {
            self.wake(&mut tx, &session.id).await?;
            tx.commit().await?;
            tracing::info!(session = %session.id, lab = lab.name, state = session.state.as_str(), "lab session started");
            return Ok(session);
        }
        let live = store::find_newest(&mut tx, person, &lab.name).await?;
        Ok(live.unwrap_or(session))
    }

    fn new_session(&self, person: &PersonId, lab: &str, is_admitted: bool, now: Timestamp) -> LabSession {
        let random = &self.core.random;
        LabSession {
            id: SessionId::generate(random, now),
            person_id: person.clone(),
            lab: lab.to_owned(),
            namespace: random.name::<8>(),
            nonce: random.name::<16>(),
            state: if is_admitted { SessionState::Provisioning } else { SessionState::Queued },
            reason: None,
            status_message: None,
            extensions: 0,
            created_at: now,
            state_since: now,
            provisioned_at: is_admitted.then_some(now),
            applied_at: None,
            ready_at: None,
            expires_at: None,
            isolation_hash: None,
            isolated_at: None,
            isolation_lost_at: None,
        }
    }

    /// Ends a person's session: they can start again at once, while its namespace is deleted.
    pub async fn stop(&self, person: &PersonId, lab: &str) -> Result<(), StopError> {
        let session = self.find_session(person, lab).await?.filter(|session| session.state.is_live());
        let session = session.ok_or(StopError::NotRunning)?;
        self.finish(&session.id, SessionState::Ended, "You stopped it.", self.core.clock.now()).await?;
        Ok(())
    }

    /// Ends every session of a person whose account was closed.
    pub(crate) async fn stop_all(&self, person: &PersonId) -> anyhow::Result<()> {
        let now = self.core.clock.now();
        for session in self.list_live_of_person(person).await? {
            self.finish(&session.id, SessionState::Ended, "The account was closed.", now).await?;
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

    /// A person's newest session of a lab, live or failed; `None` when there was none or it ended.
    pub async fn find_session(&self, person: &PersonId, lab: &str) -> db::Result<Option<LabSession>> {
        let newest = store::find_newest(&mut *self.core.db.read().await?, person, lab).await?;
        Ok(newest.filter(|session| session.state != SessionState::Ended))
    }

    /// A person's live sessions, the oldest first.
    pub async fn list_live_of_person(&self, person: &PersonId) -> db::Result<Vec<LabSession>> {
        store::list_live(&mut *self.core.db.read().await?, Some(person)).await
    }

    /// How long a person's sessions were ready until `now`.
    pub async fn find_time_used(&self, person: &PersonId, now: Timestamp) -> db::Result<SignedDuration> {
        let used = store::sum_time_used(&mut *self.core.db.read().await?, person, now).await?;
        Ok(SignedDuration::from_micros(used))
    }

    /// How many sessions there are in each state that is not over.
    pub async fn count_live(&self) -> db::Result<Vec<(String, i64)>> {
        store::count_live(&mut *self.core.db.read().await?).await
    }

    /// Ends a live session, frees its capacity, and has its namespace deleted.
    async fn finish(&self, id: &SessionId, state: SessionState, reason: &str, now: Timestamp) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::lock_capacity(&mut tx).await?;
        let session = store::lock(&mut tx, id).await?.filter(|session| session.state.is_live());
        let Some(mut session) = session else { return Ok(()) };
        session.reason = Some(reason.to_owned());
        session.status_message = None;
        session.enter(state, now);
        store::update(&mut tx, &session).await?;
        self.release_namespace(&mut tx, &session, now).await?;
        self.wake(&mut tx, id).await?;
        self.core.jobs.enqueue(&mut tx, &SessionFinished { session: id.clone() }).await?;
        self.admit_queued(&mut tx, now).await?;
        tx.commit().await?;
        self.tokens.forget(id);
        self.traffic.forget(id);
        tracing::info!(session = %id, state = state.as_str(), reason, "lab session finished");
        Ok(())
    }

    /// Admits queued sessions, the longest waiting first, while there is capacity.
    async fn admit_queued(&self, conn: &mut Conn, now: Timestamp) -> db::Result<()> {
        let free = self.cluster.settings().capacity - store::lock_capacity(conn).await?;
        for id in store::list_queued(conn, free.max(0)).await? {
            // One may have been stopped since it was listed.
            let session = store::lock(conn, &id).await?.filter(|session| session.state == SessionState::Queued);
            let Some(mut session) = session else { continue };
            session.provisioned_at = Some(now);
            session.enter(SessionState::Provisioning, now);
            store::update(conn, &session).await?;
            self.wake(conn, &id).await?;
        }
        Ok(())
    }

    /// Admits queued sessions while there is capacity, and triggers the reconcile of every live session and of namespaces whose
    /// job was lost, so that nothing depends on an event having been delivered.
    pub async fn resync(&self) -> db::Result<()> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        self.admit_queued(&mut tx, now).await?;
        for session in store::list_live(&mut tx, None).await? {
            if session.state != SessionState::Queued {
                self.wake(&mut tx, &session.id).await?;
            }
        }
        self.wake_stale_namespaces(&mut tx, now).await?;
        tx.commit().await
    }

    /// Triggers the reconcile of the live session whose namespace was, or is being, deleted.
    async fn wake_session_of(&self, namespace: &str) -> db::Result<()> {
        let session = store::find_by_namespace(&mut *self.core.db.read().await?, namespace).await?;
        let Some(session) = session.filter(|session| session.state.is_live()) else { return Ok(()) };
        let mut tx = self.core.db.write().await?;
        self.wake(&mut tx, &session.id).await?;
        tx.commit().await
    }

    /// Triggers the reconcile of the session of a namespace whose pods are becoming ready.
    async fn wake_provisioning(&self, namespace: &str) -> db::Result<()> {
        let session = store::find_by_namespace(&mut *self.core.db.read().await?, namespace).await?;
        let awaits_pods =
            |session: &LabSession| session.state == SessionState::Provisioning && session.applied_at.is_some();
        let Some(session) = session.filter(awaits_pods) else { return Ok(()) };
        let mut tx = self.core.db.write().await?;
        self.wake(&mut tx, &session.id).await?;
        tx.commit().await
    }

    /// Has the rights, limits and network policies of a running session restored.
    async fn restore_isolation(&self, namespace: &str) -> db::Result<()> {
        let session = store::find_by_namespace(&mut *self.core.db.read().await?, namespace).await?;
        let Some(session) = session.filter(|session| session.state == SessionState::Ready) else { return Ok(()) };
        tracing::warn!(session = %session.id, "lab isolation lost");
        let mut tx = self.core.db.write().await?;
        store::record_isolation_lost(&mut tx, &session.id, self.core.clock.now()).await?;
        self.wake(&mut tx, &session.id).await?;
        tx.commit().await
    }
}
