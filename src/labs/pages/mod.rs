//! The pages of labs: the list, what the forms of a lab's page do, and the doors into a session.

mod actions;
mod doors;
mod list;
mod terminal;

pub use actions::{extend, start, stop};
pub use doors::{kubeconfig, status};
pub use list::{LabsPage, list};
pub use terminal::terminal;
