//! Seaworthy, a self-hosted learning platform for Kubernetes courses.

pub mod audit;
pub mod clock;
pub mod db;
pub mod id;
pub mod jobs;
pub mod mail;
pub mod view;
pub mod web;
