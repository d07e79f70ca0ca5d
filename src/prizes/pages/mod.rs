//! The pages of prizes, and of one entry, which shows its place in its week and what it has won.

mod entry;
mod vouchers;
mod week;

pub use entry::{EligibilityPage, EntryPage, eligibility, entry};
pub use vouchers::{VouchersPage, import, vouchers};
pub use week::{PrizesPage, WeekPage, prizes, week};
