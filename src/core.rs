//! What every service is made of.

use crate::audit::Audit;
use crate::clock::Clock;
use crate::db::Db;
use crate::id::{Random, Secret};
use crate::jobs::Jobs;
use crate::mail::Mailer;

/// The shared services. A clone refers to the same ones.
#[derive(Clone, Debug)]
pub struct Core {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Ids, tokens, nonces and keys.
    pub random: Random,
    /// The queue of background work.
    pub jobs: Jobs,
    /// Renders and sends mail.
    pub mailer: Mailer,
    /// Who did what.
    pub audit: Audit,
    /// The site's address, for links in mails and files.
    pub public_url: String,
    /// The secret from which each part derives its own keys.
    pub secret: Secret,
}
