//! The mail to a winner; it does not hold the code.

use serde::Serialize;

use crate::lessons::Rules;
use crate::view::MailView;

/// Tells that an entry has won a voucher.
#[derive(Debug, Serialize)]
pub struct VoucherMail {
    /// The name they go by.
    pub name: String,
    /// What the voucher is worth.
    pub value: String,
    /// Who provides it.
    pub provider: String,
    /// The entry's page, on which the code is.
    pub url: String,
}

impl VoucherMail {
    /// The mail about an entry of a week under `rules`.
    pub fn new(name: String, rules: &Rules, url: String) -> Self {
        let (value, provider) = (rules.voucher_value.clone(), rules.voucher_provider.clone());
        Self { name, value, provider, url }
    }
}

impl MailView for VoucherMail {
    const NAME: &'static str = "voucher";

    fn samples() -> Vec<Self> {
        vec![Self {
            name: "Ada Quist".to_owned(),
            value: "10 USD".to_owned(),
            provider: "Uber Eats".to_owned(),
            url: "https://learn.example.org/entries/x".to_owned(),
        }]
    }
}
