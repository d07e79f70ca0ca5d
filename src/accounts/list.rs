//! Who has an account, as an admin sees it.

use jiff::Timestamp;

use super::store::{people, registrations};
use super::{Accounts, Email, Person, PersonId, Role};
use crate::db;

impl Accounts {
    /// The person of an id.
    pub async fn find_person(&self, id: &PersonId) -> db::Result<Option<Person>> {
        people::find(&mut *self.core.db.read().await?, id).await
    }

    /// The person of an address.
    pub async fn find_person_by_email(&self, email: &Email) -> db::Result<Option<Person>> {
        people::find_by_email(&mut *self.core.db.read().await?, email).await
    }

    /// Up to `limit` people whose name or address contains `search`, of `role` if one is given, newest first, from the
    /// one that joined before `before`.
    pub async fn list_people(
        &self,
        search: Option<&str>,
        role: Option<Role>,
        before: Option<&PersonId>,
        limit: i64,
    ) -> db::Result<Vec<Person>> {
        people::list(&mut *self.core.db.read().await?, search, role, before, limit).await
    }

    /// How many people have an account, and how many sign-ups wait for their link at `now`.
    pub async fn count_people(&self, now: Timestamp) -> db::Result<(i64, i64)> {
        let mut conn = self.core.db.read().await?;
        Ok((people::count(&mut conn).await?, registrations::count_pending(&mut conn, now).await?))
    }
}
