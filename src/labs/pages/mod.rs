//! The pages of labs: the list, a lab's page, what its forms do, and the doors into a session.

mod actions;
mod doors;
mod lab;
mod list;
mod terminal;

pub use actions::{extend, start, stop};
pub use doors::{kubeconfig, status};
pub use lab::{LabPage, lab};
pub use list::{LabsPage, list};
pub use terminal::terminal;
