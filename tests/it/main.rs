//! The suite: one binary over the real server, the real database and, where the cluster is not the subject, a mock of its
//! HTTP interface. It runs on SQLite, and on PostgreSQL when `TEST_POSTGRES_URL` names a server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail there")]

mod accounts;
mod admin;
mod architecture;
mod audit;
mod cluster;
mod credentials;
mod db;
mod drafts;
mod faults;
mod games;
mod grading;
mod home;
mod jobs;
mod journeys;
mod labs;
mod lessons;
mod loads;
mod mails;
mod prizes;
mod process;
mod support;
mod templates;
mod web;
