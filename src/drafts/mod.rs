//! What people have typed into a form and not sent yet, so that it is there again on any device.
//!
//! A form whose address the table of addresses also has with `PUT` is saved there while it is written, and its page fills it
//! with what was saved. A draft goes away when its form is taken, when it has not been touched for [`KEEP`], and with the
//! account. Passwords and files are no part of one.
//!
//! Table: `drafts`.

pub mod jobs;
mod model;
pub mod pages;
mod store;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::accounts::PersonId;
use crate::core::Core;
use crate::db;
use crate::web::Fields;

pub use model::Draft;

/// How long a draft is kept that nobody touches.
pub const KEEP: SignedDuration = SignedDuration::from_hours(60 * 24);
/// How many drafts a person has at the most; with another the oldest goes.
pub const MAX_DRAFTS: i64 = 60;

/// The drafts.
#[derive(Clone, Debug)]
pub struct Drafts {
    core: Core,
}

impl Drafts {
    /// The drafts of an installation.
    pub fn new(core: &Core) -> Self {
        Self { core: core.clone() }
    }

    /// Keeps what a person has typed into the form that goes to `address`, in place of what was kept of it; nothing where
    /// nothing is typed.
    pub async fn save(&self, person: &PersonId, address: &str, fields: &Fields) -> db::Result<()> {
        self.save_over((person, address), fields, Timestamp::MAX).await.map(|_saved_at| ())
    }

    /// The same for a page that has what was saved until `known`; answers when it was saved, or nothing where something else
    /// was saved since then, in another tab or on another device, which is not written over.
    pub async fn save_over(
        &self,
        (person, address): (&PersonId, &str),
        fields: &Fields,
        known: Timestamp,
    ) -> db::Result<Option<Timestamp>> {
        let draft = Draft { fields: fields.clone(), saved_at: self.core.clock.now() };
        let mut tx = self.core.db.write().await?;
        if draft.is_empty() {
            store::delete(&mut tx, (person, address), known).await?;
            if store::find(&mut tx, person, address).await?.is_some() {
                return Ok(None);
            }
        } else {
            if !store::put(&mut tx, (person, address), &draft, known).await? {
                // A page that is left saves without hearing of it, and the next one saves the same again.
                let there = store::find(&mut tx, person, address).await?;
                let same = there.filter(|there| there.fields == draft.fields);
                return Ok(same.map(|same| same.saved_at));
            }
            store::keep_newest(&mut tx, person, MAX_DRAFTS).await?;
        }
        tx.commit().await?;
        Ok(Some(draft.saved_at))
    }

    /// Keeps what was sent of a form that was refused, unless its own part has kept what it wants since it `began` to read
    /// the form.
    pub async fn keep_refused(
        &self,
        (person, address): (&PersonId, &str),
        fields: &Fields,
        began: Timestamp,
    ) -> db::Result<()> {
        let kept = self.find(person, address).await?;
        if kept.is_none_or(|kept| kept.saved_at < began) {
            self.save(person, address, fields).await?;
        }
        Ok(())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.core.clock.now()
    }

    /// What a person has typed into the form that goes to `address`.
    pub async fn find(&self, person: &PersonId, address: &str) -> db::Result<Option<Draft>> {
        store::find(&mut *self.core.db.read().await?, person, address).await
    }

    /// What a person has typed into the forms whose addresses begin with `prefix`, by address.
    pub async fn list(&self, person: &PersonId, prefix: &str) -> db::Result<BTreeMap<String, Draft>> {
        store::list(&mut *self.core.db.read().await?, person, prefix).await
    }

    /// Forgets what a person has typed into the form that goes to `address`, since it was taken.
    pub async fn discard(&self, person: &PersonId, address: &str) -> db::Result<()> {
        // Most forms that are taken have no draft, and to read that is cheaper than to write nothing.
        if self.find(person, address).await?.is_none() {
            return Ok(());
        }
        let mut tx = self.core.db.write().await?;
        store::delete(&mut tx, (person, address), Timestamp::MAX).await?;
        tx.commit().await
    }

    /// Deletes drafts that are old, and those of closed accounts.
    pub async fn prune(&self) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::prune(&mut tx, self.core.clock.now() - KEEP).await?;
        tx.commit().await
    }
}
