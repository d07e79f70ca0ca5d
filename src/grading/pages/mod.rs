//! The pages of grading: a lab with its tasks, the check, and the service catalogue.

mod catalogue;
mod check;
mod lab;

pub use catalogue::{CataloguePage, catalogue};
pub use check::check;
pub use lab::{LabPage, lab};
