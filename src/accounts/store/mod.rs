//! The tables `people`, `registrations`, `sessions`, `account_links`, `account_notices` and `account_locks`.

pub mod links;
pub mod notices;
pub mod people;
pub mod registrations;
pub mod sessions;
