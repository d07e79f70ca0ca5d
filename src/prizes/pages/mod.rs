//! The pages of prizes, and of one entry, which shows its place in the line and what it has won.

mod entry;
mod line;
mod vouchers;

pub use entry::{EligibilityPage, EntryPage, eligibility, entry};
pub use line::{LinePage, PrizesPage, line, prizes};
pub use vouchers::{VouchersPage, import, vouchers};
