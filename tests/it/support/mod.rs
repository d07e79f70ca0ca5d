//! The suite's own language: an app, people who visit it, pages they see.

mod app;
mod connections;
mod database;
mod form;
mod kube;
mod learner_service;
mod mail_server;
mod page;
mod people;
mod ports;
mod shipped_labs;
mod wait;

pub(crate) use app::TestApp;
pub(crate) use connections::Connections;
pub(crate) use database::TestDatabase;
pub(crate) use kube::{Jaeger, LastWrite, MockCluster};
pub(crate) use learner_service::LearnerService;
pub(crate) use mail_server::{Conduct, MailServer, TakenMail};
pub(crate) use page::Page;
pub(crate) use people::{PASSWORD, Visitor, add_person, client};
pub(crate) use ports::free_port;
pub(crate) use shipped_labs::link_shipped_labs;
pub(crate) use wait::{eventually, interleave, listen_again, until_blocked};
