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

use jiff::SignedDuration;

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
        let draft = Draft { fields: fields.clone(), saved_at: self.core.clock.now() };
        let mut tx = self.core.db.write().await?;
        if draft.is_empty() {
            store::delete(&mut tx, person, address).await?;
        } else {
            store::put(&mut tx, (person, address), &draft).await?;
            store::keep_newest(&mut tx, person, MAX_DRAFTS).await?;
        }
        tx.commit().await
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
        let mut tx = self.core.db.write().await?;
        store::delete(&mut tx, person, address).await?;
        tx.commit().await
    }

    /// Deletes drafts that are old, and those of closed accounts.
    pub async fn prune(&self) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::prune(&mut tx, self.core.clock.now() - KEEP).await?;
        tx.commit().await
    }
}
