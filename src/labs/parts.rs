//! What labs are built from.

use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::db::Db;
use crate::id::Random;
use crate::jobs::Jobs;

use super::{Catalogue, LabsSettings};

/// The services and settings that labs use.
#[derive(Clone, Debug)]
pub struct LabParts {
    /// Where sessions are kept.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Ids, namespaces and nonces.
    pub random: Random,
    /// The queue of background work.
    pub jobs: Jobs,
    /// Where sessions run.
    pub cluster: Cluster,
    /// Whose they are.
    pub accounts: Accounts,
    /// The labs on offer.
    pub catalogue: Catalogue,
    /// How sessions are run.
    pub settings: LabsSettings,
    /// Names this installation in a cluster that several share.
    pub installation: String,
}
