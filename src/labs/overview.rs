//! What pages are told, and the access to a running session: its terminal and its kubeconfig.

use super::model::{LabSession, SessionState, median, queue_place};
use super::view::{SessionView, ViewContext};
use super::{Lab, Labs, LabsSettings, OpenError, manifests, namespaces, store};
use crate::accounts::PersonId;
use crate::cluster::{ClusterError, ClusterState, Terminal};
use crate::db;
use tokio_util::sync::CancellationToken;

/// How many measured starts the usual one is taken from.
const STARTS_MEASURED: i64 = 20;
/// Attaches to the shell that is there already, or begins one: what was on the screen survives a reload.
const SHELL: [&str; 6] = ["tmux", "-u", "new-session", "-A", "-s", "main"];

impl Labs {
    /// Whether labs can run now.
    pub async fn cluster_state(&self) -> ClusterState {
        self.cluster.state().await
    }

    /// What was known last of whether labs can run, without waiting for anything.
    pub fn known_cluster_state(&self) -> ClusterState {
        self.cluster.known_state()
    }

    /// All that a page shows of a person's session of a lab.
    pub async fn session_view(&self, person: &PersonId, lab: &Lab) -> db::Result<SessionView> {
        let cluster = self.cluster.state().await;
        let now = self.core.clock.now();
        let mut conn = self.core.db.read().await?;
        let session = store::find_newest(&mut conn, person, &lab.name).await?;
        let starts = store::list_start_lengths(&mut conn, STARTS_MEASURED).await?;
        let typical_start_seconds = median(starts).map(|micros| micros / 1_000_000);
        let (mut steps, mut queue, mut is_namespace_left) = (Vec::new(), None, false);
        if let Some(session) = &session {
            steps = store::list_steps(&mut conn, &session.id).await?;
            if session.state == SessionState::Queued {
                let ahead = store::count_ahead(&mut conn, session).await?;
                let running = store::list_live(&mut conn, None).await?;
                let ends = running.into_iter().filter_map(|session| session.expires_at).collect();
                queue = Some(queue_place(ahead, ends, typical_start_seconds.unwrap_or(0), now));
            }
            if !session.state.is_live() {
                is_namespace_left = namespaces::store::find(&mut conn, &session.namespace).await?.is_some();
            }
        }
        let around = ViewContext { steps, queue, is_namespace_left, typical_start_seconds, cluster, now };
        Ok(SessionView::new(lab, session.as_ref(), around))
    }

    /// Opens the shell of a person's running session; a toolbox that was deleted is put back.
    pub async fn open_terminal(&self, person: &PersonId, lab: &str) -> Result<Terminal, OpenError> {
        let session = self.find_ready_session(person, lab).await?;
        let cluster = &self.cluster;
        if self.find_toolbox(&session).await?.is_none() {
            return Err(ClusterError::Other("the toolbox was gone and is being put back".to_owned()).into());
        }
        Ok(cluster.open_terminal(&session.namespace, manifests::TOOLBOX, manifests::TOOLBOX, &SHELL).await?)
    }

    /// How sessions are run.
    pub fn settings(&self) -> &LabsSettings {
        &self.settings
    }

    /// Ends when the server wants its terminals closed.
    pub fn closing(&self) -> CancellationToken {
        self.closing.clone()
    }

    /// A kubeconfig for a person's running session, good for as long as the session lives.
    pub async fn issue_kubeconfig(&self, person: &PersonId, lab: &str) -> Result<String, OpenError> {
        let session = self.find_ready_session(person, lab).await?;
        let now = self.core.clock.now();
        let seconds = session.expires_at.map_or(0, |end| end.duration_since(now).as_secs());
        Ok(self.cluster.issue_kubeconfig(&session.namespace, manifests::LEARNER_ACCOUNT, seconds).await?)
    }

    async fn find_ready_session(&self, person: &PersonId, lab: &str) -> Result<LabSession, OpenError> {
        let session = self.find_session(person, lab).await?;
        session.filter(|session| session.state == SessionState::Ready).ok_or(OpenError::NotReady)
    }
}
