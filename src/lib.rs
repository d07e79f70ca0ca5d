//! Seaworthy, a self-hosted learning platform for Kubernetes courses.

pub mod accounts;
pub mod admin;
pub mod app;
pub mod audit;
pub mod checkpoints;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod credentials;
pub mod db;
pub mod grading;
pub mod home;
pub mod id;
pub mod jobs;
pub mod labs;
pub mod lessons;
pub mod mail;
pub mod prizes;
pub mod reviews;
pub mod router;
pub mod server;
pub mod telemetry;
pub mod text;
pub mod view;
pub mod web;
