//! What the service is made of.

use jiff::tz::TimeZone;

use crate::audit::Audit;
use crate::clock::Clock;
use crate::db::Db;
use crate::id::{Random, Secret};
use crate::jobs::Jobs;
use crate::mail::Mailer;

/// What [`super::Accounts`] is made of.
#[derive(Debug)]
pub struct AccountParts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Ids and tokens.
    pub random: Random,
    /// The queue.
    pub jobs: Jobs,
    /// The mailer.
    pub mailer: Mailer,
    /// The ledger.
    pub audit: Audit,
    /// The site's address, for links in mails.
    pub public_url: String,
    /// The zone in which mails tell times.
    pub zone: TimeZone,
    /// The secret of which links' tokens are made.
    pub secret: Secret,
}
