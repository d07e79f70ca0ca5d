//! Labs on a real cluster: the one that `TEST_KUBECONFIG` names, without which every test fails.
//!
//! `TEST_KUBECONFIG=var/cluster/kubeconfig cargo test --test cluster`

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail there")]

mod acts;
mod alone;
mod charts;
mod expiry;
mod faults;
#[path = "../it/support/form.rs"]
mod form;
mod grading;
mod hostile;
mod lessons;
mod lingering;
mod live;
mod network;
#[path = "../it/support/page.rs"]
mod page;
mod page_browser;
#[path = "../it/support/people.rs"]
#[expect(dead_code, reason = "the journeys of this suite need only some of what a visitor can do")]
mod people;
#[path = "../it/support/ports.rs"]
mod ports;
mod restart;
mod session;
#[path = "../it/support/shipped_labs.rs"]
mod shipped_labs;
mod site;
mod traces;
mod web_pages;

use page::Page;
use people::Visitor;
use shipped_labs::link_shipped_labs;
use site::{LAB, PAGE, Site};
