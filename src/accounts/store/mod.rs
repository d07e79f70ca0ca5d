//! The tables `people`, `sessions` and `account_links`.

pub mod links;
pub mod people;
pub mod sessions;
