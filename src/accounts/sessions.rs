//! Sessions: from signing in to signing out, on each device by itself.

use jiff::{SignedDuration, Timestamp};

use super::store::{people, registrations, sessions};
use super::{Accounts, Email, Person, PersonId, SESSION_LIFETIME, Session, SessionId, SignInError, hash_browser};
use crate::audit::Event;
use crate::db::{self, Conn};
use crate::id::hash_token;

/// How old a session's last visit must be before another is noted, so that reading pages does not write.
const TOUCH_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Whom an address and a password could belong to, with the hash that decides it.
enum Candidate {
    Person(PersonId, String),
    Pending(String),
    Nobody,
}

impl Accounts {
    /// Starts a session for the right address and password: the token is the answer. A sign-up that is
    /// not verified yet gives [`SignInError::Unverified`]; `browser` is the cookie by which it is found among others of the
    /// address.
    pub async fn sign_in(&self, email: &str, password: &str, browser: Option<&str>) -> Result<String, SignInError> {
        let now = self.core.clock.now();
        let candidate = self.find_candidate(email, browser).await?;
        let stored = match &candidate {
            Candidate::Person(_, hash) | Candidate::Pending(hash) => Some(hash.as_str()),
            Candidate::Nobody => None,
        };
        let is_right = self.passwords.verify(password, stored).await?;
        match candidate {
            Candidate::Person(person, hash) if is_right => {
                let mut tx = self.core.db.write().await?;
                people::lock_with_password(&mut tx, &person, &hash).await?.ok_or(SignInError::Wrong)?;
                let token = self.start_session(&mut tx, &person, now).await?;
                tx.commit().await?;
                Ok(token)
            }
            Candidate::Pending(_) if is_right => Err(SignInError::Unverified),
            _ => Err(SignInError::Wrong),
        }
    }

    async fn find_candidate(&self, email: &str, browser: Option<&str>) -> db::Result<Candidate> {
        let Ok(email) = Email::parse(email) else { return Ok(Candidate::Nobody) };
        let mut conn = self.core.db.read().await?;
        if let Some(person) = people::find_by_email(&mut conn, &email).await? {
            let hash = people::find_password_hash(&mut conn, &person.id).await?;
            return Ok(hash.map_or(Candidate::Nobody, |hash| Candidate::Person(person.id, hash)));
        }
        let pending = registrations::find_pending(&mut conn, &email, &hash_browser(browser)).await?;
        Ok(pending.map_or(Candidate::Nobody, |found| Candidate::Pending(found.password_hash)))
    }

    /// Starts a session of a person whose password or link was verified: the token is the answer.
    pub(super) async fn start_session(&self, conn: &mut Conn, person: &PersonId, now: Timestamp) -> db::Result<String> {
        let token = self.core.random.token();
        let id = SessionId::generate(&self.core.random, now);
        sessions::add(conn, &id, &hash_token(&token), person, (now, now + SESSION_LIFETIME)).await?;
        Ok(token)
    }

    /// The person whose session has this token, unless it ended or ran out.
    pub async fn find_signed_in(&self, token: &str) -> db::Result<Option<Person>> {
        let (hash, now) = (hash_token(token), self.core.clock.now());
        let found = sessions::find_signed_in(&self.core.db, &hash, now).await?;
        let Some((person, last_seen_at)) = found else { return Ok(None) };
        if now.duration_since(last_seen_at) >= TOUCH_AFTER {
            self.touch(&hash, now).await.or_else(db::ignore_transient("session touch"))?;
        }
        Ok(Some(person))
    }

    /// The same, for a request that a page makes by itself and that is no visit.
    pub async fn peek_signed_in(&self, token: &str) -> db::Result<Option<Person>> {
        let (hash, now) = (hash_token(token), self.core.clock.now());
        Ok(sessions::find_signed_in(&self.core.db, &hash, now).await?.map(|(person, _)| person))
    }

    /// The session that has this token, unless it ended or ran out.
    pub async fn find_session(&self, token: &str) -> db::Result<Option<SessionId>> {
        sessions::find_id(&self.core.db, &hash_token(token), self.core.clock.now()).await
    }

    async fn touch(&self, token_hash: &str, now: Timestamp) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        sessions::touch(&mut tx, token_hash, now, now + SESSION_LIFETIME).await?;
        tx.commit().await
    }

    /// Ends the session of a token.
    pub async fn sign_out(&self, token: &str) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        sessions::end(&mut tx, &hash_token(token), self.core.clock.now()).await?;
        tx.commit().await
    }

    /// Ends every session of a person but the one of `token`; answers how many ended.
    pub async fn sign_out_others(&self, person: &PersonId, token: &str) -> db::Result<u64> {
        let mut tx = self.core.db.write().await?;
        let ended = sessions::end_others(&mut tx, person, Some(&hash_token(token)), self.core.clock.now()).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends every session of a person, by an admin's will; answers how many ended.
    pub async fn sign_out_everywhere(&self, actor: &PersonId, person: &PersonId) -> db::Result<u64> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let ended = sessions::end_others(&mut tx, person, None, now).await?;
        let detail = serde_json::json!({ "sessions": ended });
        let event = Event { actor: actor.as_str(), action: "person.sign_out", subject: person.as_str(), detail };
        self.core.audit.record(&mut tx, event, now).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// The sessions of a person that have not ended, the latest seen first.
    pub async fn list_sessions(&self, person: &PersonId, token: &str) -> db::Result<Vec<Session>> {
        sessions::list(&mut *self.core.db.read().await?, person, &hash_token(token), self.core.clock.now()).await
    }
}
