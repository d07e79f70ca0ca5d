//! The tokens of sessions' own `ServiceAccount`s, each issued once and kept until shortly before it expires.
//!
//! While one is issued, others that want the same session's wait for it, and nobody else does: the map is never locked
//! while the cluster is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as BlockingMutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::model::SessionId;
use crate::cluster::{ClusterError, IssuedToken};
use crate::settings::SecretText;

/// How long before its end a token is used no more: a question with it may wait for its answer.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// The token of one session, once it is issued.
type Slot = Arc<Mutex<Option<IssuedToken>>>;

/// The tokens of all sessions; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct SessionTokens(Arc<BlockingMutex<HashMap<SessionId, Slot>>>);

impl SessionTokens {
    /// The token of a session, by `issue` where none is known that is still valid at `now`.
    pub(super) async fn find(
        &self,
        session: &SessionId,
        now: Timestamp,
        issue: impl Future<Output = Result<IssuedToken, ClusterError>>,
    ) -> Result<SecretText, ClusterError> {
        let slot = self.slot(session, now);
        let mut kept = slot.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| is_valid(token, now)) {
            return Ok(token.text.clone());
        }
        let issued = issue.await?;
        let text = issued.text.clone();
        *kept = Some(issued);
        Ok(text)
    }

    /// Forgets a token of a session that was refused, unless there is another one already.
    pub(super) async fn discard(&self, session: &SessionId, refused: &SecretText, now: Timestamp) {
        let slot = self.slot(session, now);
        let mut kept = slot.lock().await;
        if kept.as_ref().is_some_and(|token| token.text.expose() == refused.expose()) {
            *kept = None;
        }
    }

    /// Forgets the token of a session that is over.
    pub(super) fn forget(&self, session: &SessionId) {
        self.slots().remove(session);
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<SessionId, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slot of a session; those whose token has expired are dropped, since another process may have ended their session.
    fn slot(&self, session: &SessionId, now: Timestamp) -> Slot {
        let mut slots = self.slots();
        slots.retain(|_, slot| {
            let is_used = Arc::strong_count(slot) > 1;
            is_used || slot.try_lock().is_ok_and(|kept| kept.as_ref().is_some_and(|token| is_valid(token, now)))
        });
        Arc::clone(slots.entry(session.clone()).or_default())
    }
}

fn is_valid(token: &IssuedToken, now: Timestamp) -> bool {
    token.expires_at.duration_since(now) > MARGIN
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use super::*;

    fn id(text: &str) -> SessionId {
        SessionId::from(text.to_owned())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn token(text: &str, expires_at: i64) -> std::future::Ready<Result<IssuedToken, ClusterError>> {
        ready(Ok(IssuedToken { text: text.into(), expires_at: at(expires_at) }))
    }

    async fn find(tokens: &SessionTokens, session: &str, now: i64, new: &str) -> String {
        tokens.find(&id(session), at(now), token(new, now + 600)).await.unwrap().expose().to_owned()
    }

    #[tokio::test]
    async fn a_token_is_issued_once_until_shortly_before_it_expires() {
        let tokens = SessionTokens::default();
        assert_eq!(find(&tokens, "a", 0, "first").await, "first");
        assert_eq!(find(&tokens, "a", 539, "second").await, "first");
        assert_eq!(find(&tokens, "b", 0, "other").await, "other");
        assert_eq!(find(&tokens, "a", 540, "second").await, "second");
    }

    #[tokio::test]
    async fn what_is_over_expired_refused_or_failed_is_forgotten() {
        let tokens = SessionTokens::default();
        find(&tokens, "a", 0, "first").await;
        tokens.forget(&id("a"));
        assert_eq!(find(&tokens, "a", 0, "second").await, "second");
        tokens.discard(&id("a"), &"first".into(), at(0)).await;
        assert_eq!(find(&tokens, "a", 0, "third").await, "second", "another one was refused");
        tokens.discard(&id("a"), &"second".into(), at(0)).await;
        assert_eq!(find(&tokens, "a", 0, "third").await, "third");
        let failed = tokens.find(&id("b"), at(0), ready(Err(ClusterError::Other("no".to_owned())))).await;
        assert!(failed.is_err());
        find(&tokens, "c", 1000, "fourth").await;
        assert_eq!(tokens.slots().keys().collect::<Vec<_>>(), [&id("c")]);
        assert!(!format!("{tokens:?}").contains("fourth"));
    }

    #[tokio::test]
    async fn a_cluster_that_hangs_holds_up_nobody_elses_token() {
        let tokens = SessionTokens::default();
        let (hung, of_other) = (id("a"), id("b"));
        let waiting = tokens.find(&hung, at(0), pending());
        let other = tokens.find(&of_other, at(0), token("other", 600));
        tokio::select! {
            biased;
            _token = waiting => panic!("nothing was issued"),
            found = other => assert_eq!(found.unwrap().expose(), "other"),
        }
        // Whoever waited is gone, so that the next one may ask.
        let next = tokio::time::timeout(Duration::from_secs(5), find(&tokens, "a", 0, "next")).await;
        assert_eq!(next.unwrap(), "next");
    }
}
