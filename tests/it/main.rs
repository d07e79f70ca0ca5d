//! The suite: one binary over the real server, the real database and, where the cluster is not the subject, a mock of its
//! HTTP interface. It runs on SQLite, and on PostgreSQL when `TEST_POSTGRES_URL` names a server.

mod architecture;
mod support;
mod templates;
mod web;
