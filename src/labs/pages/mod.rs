//! The pages of labs: the list, the forms of a lab's page, and the access to a session.

mod access;
mod actions;
mod list;
mod namespace;
mod terminal;
mod terminal_access;
mod traces;
mod web_pages;

pub use access::{kubeconfig, status};
pub use actions::{confirm_stop, extend, start, stop};
pub use list::{LabsPage, list};
pub use namespace::{NamespacePage, namespace};
pub use terminal::terminal;
pub use traces::{TracePage, TracesPage, trace, traces};
pub use web_pages::{LabHostPage, admit, lab_hosts, open_page};
