//! The pages of grading: a lab with its tasks, what is reported for them, the check, what the grader saw, and the service
//! catalogue.

mod answer;
mod catalogue;
mod check;
mod lab;
mod seen;

pub use answer::answer;
pub use catalogue::{CataloguePage, catalogue};
pub use check::check;
pub use lab::{LabPage, lab};
pub use seen::{SeenPage, seen, seen_at};
