//! An account closed: who it was is replaced, what was done stays true, and the address is free again.

use super::jobs::PersonClosed;
use super::model::{CLOSED_NAME, NoticeKind};
use super::store::{links, people, sessions};
use super::{Accounts, CloseError, PersonId, Role};
use crate::audit::Event;

impl Accounts {
    /// Closes a person's own account.
    pub async fn close(&self, person: &PersonId, password: &str) -> Result<(), CloseError> {
        if !self.verify_password(person, password).await? {
            return Err(CloseError::WrongPassword);
        }
        self.close_as(person, person, None).await
    }

    /// Closes somebody's account for a reason, which they are told.
    pub async fn close_for(&self, admin: &PersonId, person: &PersonId, reason: &str) -> Result<(), CloseError> {
        self.close_as(admin, person, Some(reason)).await
    }

    async fn close_as(&self, actor: &PersonId, person: &PersonId, reason: Option<&str>) -> Result<(), CloseError> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let admins = people::lock_and_count_admins(&mut tx).await?;
        let found = people::find(&mut tx, person).await?.ok_or(CloseError::Unknown)?;
        if found.role == Role::Admin && admins <= 1 {
            return Err(CloseError::LastAdmin);
        }
        if !people::close(&mut tx, person, CLOSED_NAME, now).await? {
            return Err(CloseError::Unknown);
        }
        sessions::end_others(&mut tx, person, None, now).await?;
        links::delete_all(&mut tx, person).await?;
        self.notify(&mut tx, &found, NoticeKind::Closed, reason).await?;
        let detail = serde_json::json!({ "reason": reason });
        let event = Event { actor: actor.as_str(), action: "person.close", subject: person.as_str(), detail };
        self.audit.record(&mut tx, event).await?;
        self.jobs.enqueue(&mut tx, &PersonClosed { person: person.clone() }).await?;
        Ok(tx.commit().await?)
    }
}
