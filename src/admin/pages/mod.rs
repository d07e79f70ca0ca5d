//! The admin's pages.

mod audit;
mod jobs;
mod metrics;
mod overview;
mod people;
mod person;

pub use audit::{AuditPage, audit};
pub use jobs::{JobsPage, confirm_discard, discard, jobs, retry};
pub use metrics::metrics;
pub use overview::{OverviewPage, overview};
pub use people::{PeoplePage, confirm_role, people, set_role, sign_out};
pub use person::{PersonPage, close, person, propose_email};
