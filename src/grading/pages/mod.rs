//! The pages of grading: a lab with its tasks and their events, what is reported for them, the check, hints, what the grader saw, how learners get on,
//! the service catalogue, and the schemas of what authors write.

mod answer;
mod catalogue;
mod check;
mod events;
mod hint;
mod lab;
mod schema;
mod seen;
mod statistics;

pub use answer::answer;
pub use catalogue::{CataloguePage, ServicePage, catalogue, service};
pub use check::check;
pub use events::events;
pub use hint::hint;
pub use lab::{LabPage, lab};
pub use schema::{lab_schema, task_schema};
pub use seen::{SeenPage, seen, seen_at};
pub use statistics::{StatisticsPage, statistics};
