//! What comes round by itself: sessions whose time is up end, sessions whose namespace is gone fail, namespaces that no
//! session owns are deleted, and those that will not go are told of with the reason they give.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::manifests::INSTALLATION_LABEL;
use super::model::{Session, SessionState};
use super::readiness::explain_deletion;
use super::{Labs, store};
use crate::cluster::ClusterError;
use crate::db;

/// How long a namespace may take to go before it counts as stuck.
const STUCK_AFTER: SignedDuration = SignedDuration::from_secs(90);
/// What provisioning may take beyond its own limits before it counts as forgotten.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// A namespace that will not go, for the admin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its name.
    pub namespace: String,
    /// When its deletion began.
    pub deleted_at: Timestamp,
    /// What its conditions say.
    pub reasons: Vec<String>,
}

impl Labs {
    /// Ends what has run out, and sweeps the cluster.
    pub(super) async fn keep_up(&self) -> anyhow::Result<()> {
        self.end_expired().await?;
        self.open_gate().await?;
        match self.sweep().await {
            Ok(()) | Err(SweepError::Cluster(ClusterError::Absent(_) | ClusterError::Unreachable(_))) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The namespaces that will not go, and why.
    pub async fn list_problems(&self) -> Result<Vec<Problem>, ClusterError> {
        let now = self.parts.clock.now();
        Ok(self.list_own_namespaces().await?.iter().filter_map(|namespace| find_problem(namespace, now)).collect())
    }

    async fn list_own_namespaces(&self) -> Result<Vec<Value>, ClusterError> {
        let selector = format!("{INSTALLATION_LABEL}={}", self.parts.installation);
        self.parts.cluster.list_namespaces(&selector).await
    }

    async fn list_live(&self) -> db::Result<Vec<Session>> {
        store::list_live(&mut *self.parts.db.read().await?, None).await
    }

    async fn end_expired(&self) -> db::Result<()> {
        let now = self.parts.clock.now();
        let settings = &self.parts.settings;
        let longest = SignedDuration::from_secs(settings.give_up_seconds + settings.ready_within_seconds);
        for session in self.list_live().await? {
            let is_over = session.expires_at.is_some_and(|end| end <= now);
            if session.state == SessionState::Ready && is_over {
                self.end(&session.id, "Its time was up.").await?;
            }
            let tried = session.provisioned_at.map(|since| now.duration_since(since));
            if session.state == SessionState::Provisioning
                && tried.is_some_and(|tried| tried > longest + FORGOTTEN_AFTER)
            {
                let reason = "It was not ready in time.";
                self.finish(&session.id, SessionState::Provisioning, Some(reason)).await?;
            }
        }
        Ok(())
    }

    /// Compares the cluster with the sessions. Sessions are read before the namespaces, for what is lost, and again
    /// after, for what nobody owns: a session's row is always older than its namespace.
    async fn sweep(&self) -> Result<(), SweepError> {
        let before = self.list_live().await?;
        let namespaces = self.list_own_namespaces().await?;
        let owned: BTreeSet<String> = self.list_live().await?.into_iter().map(|session| session.namespace).collect();
        let now = self.parts.clock.now();
        let standing: BTreeSet<&str> = namespaces.iter().filter(|one| !is_deleted(one)).map(name_of).collect();
        for session in before.iter().filter(|session| session.state == SessionState::Ready) {
            if !standing.contains(session.namespace.as_str()) {
                let reason = "Its namespace is gone: the cluster was made anew, or somebody deleted it. What was graded \
                              stays; what was only in the namespace is lost.";
                self.finish(&session.id, SessionState::Ready, Some(reason)).await?;
            }
        }
        for namespace in &namespaces {
            if let Some(problem) = find_problem(namespace, now) {
                tracing::warn!(
                    namespace = problem.namespace,
                    reasons = problem.reasons.join("; "),
                    "a namespace will not go"
                );
            } else if !is_deleted(namespace) && !owned.contains(name_of(namespace)) {
                tracing::info!(namespace = name_of(namespace), "a namespace that no session owns is deleted");
                self.parts.cluster.delete_namespace(name_of(namespace)).await?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Database(#[from] db::Error),
}

fn name_of(namespace: &Value) -> &str {
    namespace["metadata"]["name"].as_str().unwrap_or_default()
}

fn is_deleted(namespace: &Value) -> bool {
    namespace["metadata"]["deletionTimestamp"].is_string()
}

fn find_problem(namespace: &Value, now: Timestamp) -> Option<Problem> {
    let deleted_at: Timestamp = namespace["metadata"]["deletionTimestamp"].as_str()?.parse().ok()?;
    (now.duration_since(deleted_at) > STUCK_AFTER).then(|| Problem {
        namespace: name_of(namespace).to_owned(),
        deleted_at,
        reasons: explain_deletion(namespace),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_namespace_that_will_not_go_says_why() {
        let namespace = json!({
            "metadata": { "name": "ab", "deletionTimestamp": "2026-01-01T00:00:00Z" },
            "status": { "conditions": [
                { "type": "NamespaceDeletionDiscoveryFailure", "status": "True", "message": "metrics is dead" },
                { "type": "NamespaceContentRemaining", "status": "False", "message": "none" },
            ] },
        });
        let soon: Timestamp = "2026-01-01T00:01:00Z".parse().unwrap();
        assert_eq!(find_problem(&namespace, soon), None);
        let problem = find_problem(&namespace, soon + SignedDuration::from_mins(1)).unwrap();
        assert_eq!(problem.reasons, ["NamespaceDeletionDiscoveryFailure: metrics is dead"]);
    }
}
