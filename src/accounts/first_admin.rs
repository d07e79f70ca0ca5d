//! The first admin of an installation, made by a link that the server prints.

use jiff::{SignedDuration, Timestamp};

use super::links::{Link, LinkPurpose, LinkRefusal};
use super::store::links::LinkToAdd;
use super::store::people::NewAccount;
use super::store::{links, people};
use super::{Accounts, LinkError, LinkId, NewPerson, Role};
use crate::db;
use crate::id::hash_token;

/// A link with less time left than this is not printed again, but goes on working.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_hours(12);

/// The link that makes the first admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstAdminLink {
    /// The whole address.
    pub url: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl Accounts {
    /// The one-time link for the first admin; `None` once there is an admin. Every replica that starts prints the same
    /// one, for as long as it is worth printing.
    pub async fn create_first_admin_link(&self) -> db::Result<Option<FirstAdminLink>> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        if people::lock_and_count_admins(&mut tx).await? > 0 {
            return Ok(None);
        }
        let earlier = links::find_first_admin(&mut tx).await?;
        if let Some(Link { id, expires_at, .. }) = earlier.filter(|link| link.expires_at > now + MIN_TIME_LEFT) {
            return Ok(Some(self.first_admin_link(&id, expires_at)));
        }
        let (id, expires_at) = (LinkId::generate(&self.core.random, now), now + LinkPurpose::FirstAdmin.lifetime());
        let token_hash = hash_token(&self.link_key.token(id.as_str()));
        let purpose = LinkPurpose::FirstAdmin;
        let row = LinkToAdd { id: &id, token_hash: &token_hash, purpose, person: None, change: None, expires_at };
        links::add(&mut tx, &row, now).await?;
        tx.commit().await?;
        Ok(Some(self.first_admin_link(&id, expires_at)))
    }

    fn first_admin_link(&self, id: &LinkId, expires_at: Timestamp) -> FirstAdminLink {
        let url = format!("{}/first-admin/{}", self.core.public_url, self.link_key.token(id.as_str()));
        FirstAdminLink { url, expires_at }
    }

    /// Makes the first admin by the one-time link, and starts their session; the inner `None` is a taken address.
    pub async fn claim_first_admin(&self, token: &str, new: &NewPerson) -> Result<Option<String>, LinkError> {
        let now = self.core.clock.now();
        self.check_link_at(token, LinkPurpose::FirstAdmin, now).await?;
        let password_hash = self.passwords.hash(&new.password).await?;
        let mut tx = self.core.db.write().await?;
        let admins = people::lock_and_count_admins(&mut tx).await?;
        self.take_link(&mut tx, token, LinkPurpose::FirstAdmin, now).await?;
        if admins > 0 {
            return Err(LinkRefusal::Used.into());
        }
        let (email, name) = (&new.email, &new.name);
        let account = NewAccount { email, name, password_hash: &password_hash, role: Role::Admin };
        let Some(person) = self.add_person(&mut tx, &account, now).await? else { return Ok(None) };
        self.audit_role(&mut tx, ("system", "person.first_admin"), &person, now).await?;
        let session = self.start_session(&mut tx, &person.id, now).await?;
        tx.commit().await?;
        Ok(Some(session))
    }
}
