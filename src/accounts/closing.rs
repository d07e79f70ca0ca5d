//! Closing an account: name and address are removed, the records of what was done remain, and the address is free again.

use super::jobs::PersonClosed;
use super::model::{CLOSED_NAME, NoticeKind};
use super::store::{links, people, sessions};
use super::{Accounts, CloseError, Person, PersonId, Role};
use crate::audit::Event;
use crate::db::Conn;

impl Accounts {
    /// Closes a person's own account.
    pub async fn close(&self, person: &PersonId, password: &str) -> Result<(), CloseError> {
        let hash = self.verify_password(person, password).await?.ok_or(CloseError::WrongPassword)?;
        let mut tx = self.core.db.write().await?;
        let admins = people::lock_and_count_admins(&mut tx).await?;
        let found = people::lock_with_password(&mut tx, person, &hash).await?.ok_or(CloseError::WrongPassword)?;
        self.close_locked(&mut tx, (person, &found), admins, None).await?;
        Ok(tx.commit().await?)
    }

    /// Closes somebody's account for a reason, which they are told.
    pub async fn close_for(&self, admin: &PersonId, person: &PersonId, reason: &str) -> Result<(), CloseError> {
        let mut tx = self.core.db.write().await?;
        let admins = people::lock_and_count_admins(&mut tx).await?;
        let found = people::lock(&mut tx, person).await?.ok_or(CloseError::Unknown)?;
        self.close_locked(&mut tx, (admin, &found), admins, Some(reason)).await?;
        Ok(tx.commit().await?)
    }

    /// Closes the account of a person who is locked, as are the roles.
    async fn close_locked(
        &self,
        conn: &mut Conn,
        (actor, person): (&PersonId, &Person),
        admins: i64,
        reason: Option<&str>,
    ) -> Result<(), CloseError> {
        if person.role == Role::Admin && admins <= 1 {
            return Err(CloseError::LastAdmin);
        }
        let now = self.core.clock.now();
        people::close(conn, &person.id, CLOSED_NAME, now).await?;
        sessions::end_others(conn, &person.id, None, now).await?;
        links::delete_all(conn, &person.id).await?;
        self.notify(conn, person, (NoticeKind::Closed, reason), now).await?;
        let detail = serde_json::json!({ "reason": reason });
        let event = Event { actor: actor.as_str(), action: "person.close", subject: person.id.as_str(), detail };
        self.core.audit.record(conn, event, now).await?;
        Ok(self.core.jobs.enqueue(conn, &PersonClosed { person: person.id.clone() }).await?)
    }
}
