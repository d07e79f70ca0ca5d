//! The access to a running session, by its terminal and its kubeconfig.

use tokio_util::sync::CancellationToken;

use super::model::{LabSession, SessionState};
use super::refusal::OpenError;
use super::settings::LabsSettings;
use super::{Labs, SessionId, manifests, store};
use crate::accounts::PersonId;
use crate::cluster::{ClusterError, Terminal};
use crate::db;
use crate::settings::SecretText;

/// Attaches to the running shell, or starts one, so that the screen survives a reload.
const SHELL: [&str; 6] = ["tmux", "-u", "new-session", "-A", "-s", "main"];

impl Labs {
    /// Opens the shell of a running session; a toolbox that was deleted is restored.
    pub async fn open_terminal(&self, session: &LabSession) -> Result<Terminal, OpenError> {
        let cluster = &self.cluster;
        if self.find_toolbox(session).await?.is_none() {
            return Err(ClusterError::Other("the toolbox was deleted and is being restored".to_owned()).into());
        }
        Ok(cluster.open_terminal(&session.namespace, manifests::TOOLBOX, manifests::TOOLBOX, &SHELL).await?)
    }

    /// The `[labs]` section.
    pub fn settings(&self) -> &LabsSettings {
        &self.settings
    }

    /// Is cancelled when the server stops and terminals must close.
    pub fn closing(&self) -> CancellationToken {
        self.closing.clone()
    }

    /// A kubeconfig for a person's running session, valid until the session expires.
    pub async fn issue_kubeconfig(&self, person: &PersonId, lab: &str) -> Result<String, OpenError> {
        let session = self.find_ready_session(person, lab).await?;
        let now = self.core.clock.now();
        let seconds = session.expires_at.map_or(0, |end| end.duration_since(now).as_secs());
        Ok(self.cluster.issue_kubeconfig(&session.namespace, manifests::LEARNER_ACCOUNT, seconds).await?)
    }

    /// A token of a session's own `ServiceAccount`, for a question to a part of the cluster that tells learners apart.
    pub async fn find_token(&self, session: &LabSession) -> Result<SecretText, ClusterError> {
        let issue = self.cluster.issue_token(&session.namespace, manifests::LEARNER_ACCOUNT, 0);
        self.tokens.find(&session.id, self.core.clock.now(), issue).await
    }

    /// Forgets a token of a session that was refused: its `ServiceAccount`, or the whole cluster, was replaced.
    pub async fn discard_token(&self, session: &LabSession, refused: &SecretText) {
        self.tokens.discard(&session.id, refused, self.core.clock.now()).await;
    }

    /// A person's running session of a lab.
    pub async fn find_ready_session(&self, person: &PersonId, lab: &str) -> Result<LabSession, OpenError> {
        let session = self.find_session(person, lab).await?;
        session.filter(|session| session.state == SessionState::Ready).ok_or(OpenError::NotReady)
    }

    /// The running session of a namespace.
    pub async fn find_running_in(&self, namespace: &str) -> db::Result<Option<LabSession>> {
        let session = store::find_by_namespace(&mut *self.core.db.read().await?, namespace).await?;
        Ok(session.filter(|session| session.state == SessionState::Ready))
    }

    /// A session that runs.
    pub async fn find_running(&self, id: &SessionId) -> db::Result<Option<LabSession>> {
        let session = store::find(&mut *self.core.db.read().await?, id).await?;
        Ok(session.filter(|session| session.state == SessionState::Ready))
    }
}
