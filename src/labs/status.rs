//! The state of a session and of the cluster, as pages show it.

use jiff::Timestamp;
use serde_json::Value;

use super::Labs;
use super::catalogue::Lab;
use super::ending::{Deletion, EndingView};
use super::model::{LingeringNamespace, SessionState, median, queue_position};
use super::parts::LabParts;
use super::view::{SessionView, ViewContext};
use super::web_pages::PageContext;
use super::{namespaces, store};
use crate::accounts::PersonId;
use crate::cluster::{ClusterError, ClusterState, PolicyEnforcement};
use crate::db;

/// How many of the last starts the usual length of a start is taken from.
const MEASURED_STARTS: i64 = 20;

impl Labs {
    /// Whether labs can run now.
    pub async fn cluster_state(&self) -> ClusterState {
        self.cluster.state().await
    }

    /// The last known answer to whether labs can run, without waiting for the cluster.
    pub fn known_cluster_state(&self) -> ClusterState {
        self.cluster.last_known_state()
    }

    /// Whether the pods of one learner are kept from another's, as far as it is known.
    pub fn policy_enforcement(&self) -> PolicyEnforcement {
        self.cluster.policy_enforcement()
    }

    /// What the lab requires of the cluster and did not find there, or found a stand-in for, when it was last looked at.
    pub fn lab_parts(&self, lab: &Lab) -> LabParts {
        LabParts::of(lab, self.cluster.known_parts(), &self.cluster.settings().images)
    }

    /// All that a page shows of a person's session of a lab.
    pub async fn session_view(&self, person: &PersonId, lab: &Lab) -> db::Result<SessionView> {
        let cluster = self.cluster.state().await;
        let now = self.core.clock.now();
        let mut conn = self.core.db.read().await?;
        let session = store::find_newest(&mut conn, person, &lab.name).await?;
        let starts = store::list_start_lengths(&mut conn, MEASURED_STARTS).await?;
        let typical_start_seconds = median(starts).map(|micros| micros / 1_000_000);
        let (mut steps, mut queue, mut lingering) = (Vec::new(), None, None);
        if let Some(session) = &session {
            steps = store::list_steps(&mut conn, &session.id).await?;
            if session.state == SessionState::Queued {
                let ahead = store::count_ahead(&mut conn, session).await?;
                let expiries = store::list_expiries(&mut conn).await?;
                queue = Some(queue_position(ahead, expiries, typical_start_seconds.unwrap_or(0), now));
            }
            if !session.state.is_live() {
                lingering = namespaces::store::find(&mut conn, &session.namespace).await?;
            }
        }
        drop(conn);
        let running = session.as_ref().filter(|session| session.state == SessionState::Ready);
        let pages = match running {
            Some(session) => self.find_page_context(lab, session).await,
            None => PageContext::default(),
        };
        let ending = match &lingering {
            Some(namespace) => Some(self.find_ending(namespace, now).await),
            None => None,
        };
        let enforcement = self.cluster.policy_enforcement();
        let parts = self.lab_parts(lab);
        let context = ViewContext {
            steps,
            queue,
            ending,
            typical_start_seconds,
            cluster,
            enforcement,
            parts,
            pages,
            has_traces: self.has_traces(),
            now,
        };
        Ok(SessionView::new(lab, session.as_ref(), context))
    }
}

impl Labs {
    /// How far the deletion of a namespace is; a cluster that does not answer leaves it unknown.
    async fn find_ending(&self, namespace: &LingeringNamespace, now: Timestamp) -> EndingView {
        let deletion = if self.cluster.last_known_state().is_ready() {
            self.find_deletion(&namespace.namespace).await.unwrap_or_else(|fault| {
                tracing::debug!(namespace = namespace.namespace, error = %fault, "namespace deletion not read");
                Deletion::Unknown
            })
        } else {
            Deletion::Unknown
        };
        EndingView::new(deletion, now.duration_since(namespace.released_at) > self.clear_after())
    }

    async fn find_deletion(&self, namespace: &str) -> Result<Deletion, ClusterError> {
        let is_deleted = |found: &Value| found["metadata"]["deletionTimestamp"].is_string();
        match self.cluster.find_namespace(namespace).await? {
            None => Ok(Deletion::Done),
            Some(found) if !is_deleted(&found) => Ok(Deletion::Requested),
            Some(_terminating) => {
                let pods = self.cluster.list_objects("v1", "Pod", namespace, None).await;
                Ok(Deletion::Begun { pods: pods.ok().map(|pods| pods.len()) })
            }
        }
    }
}
