//! Vouchers, and how many there are.

use serde::Serialize;

crate::id_types! {
    /// A gift code.
    VoucherId;
    /// A voucher given to an entry.
    AwardId;
}

/// What an import did with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// How many codes were added.
    pub added: u64,
    /// How many lines were blank.
    pub blank: u64,
    /// The lines that were not taken, and why.
    pub refused: Vec<(u64, &'static str)>,
}

/// How many vouchers there are and are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VoucherCounts {
    /// In stock, given away or not.
    pub imported: i64,
    /// Given away.
    pub awarded: i64,
    /// Won for certain, and waiting for a voucher.
    pub missing: i64,
}
