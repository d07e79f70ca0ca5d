//! People: sign up, verify, sign in, recover, roles.
//!
//! Tables: `people`, `sign_ins` (stays on a device, by the hash of their token) and `account_links` (links that work
//! once).

pub mod guards;
mod model;
pub mod store;

use crate::clock::Clock;
use crate::db::{self, Db};
use crate::id::{Random, hash_token};

pub use model::{Email, InvalidEmail, LinkId, Person, PersonId, Role, SIGN_IN_LASTS, SignInId};

/// The people of the installation.
#[derive(Clone, Debug)]
pub struct Accounts {
    db: Db,
    clock: Clock,
    random: Random,
}

impl Accounts {
    /// The people kept in `db`.
    pub fn new(db: Db, clock: Clock, random: Random) -> Self {
        Self { db, clock, random }
    }

    /// The person whose stay has this token, unless it ended or ran out.
    pub async fn find_signed_in(&self, token: &str) -> db::Result<Option<Person>> {
        store::find_signed_in(&mut *self.db.read().await?, &hash_token(token), self.clock.now()).await
    }
}
