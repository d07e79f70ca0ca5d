//! The tables `people`, `sign_ins` and `account_links`.

pub mod links;
pub mod people;
pub mod stays;
