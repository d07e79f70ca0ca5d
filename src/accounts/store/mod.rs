//! The tables `people`, `registrations`, `sessions`, `account_links`, `account_notices` and `account_locks`.

pub(super) mod links;
pub(super) mod notices;
pub(super) mod people;
pub(super) mod registrations;
pub(super) mod sessions;
