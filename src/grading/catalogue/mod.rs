//! The service catalogue: the Services of a person's running labs, by what their annotations say.
//!
//! | file | holds |
//! |---|---|
//! | `card.rs`, `link.rs` | one Service, and its links, those into the namespace leading to the web pages of the lab |
//! | `query.rs` | the search, the filters and the order |
//! | `graph.rs` | who depends on whom |
//! | `view.rs` | all of it |
//!
//! The verbs are those of `Grading`, in `services.rs`.

mod card;
mod graph;
mod link;
mod query;
mod view;

pub(super) use card::Namespace;
pub use card::{Annotation, Neighbour, ServiceCard};
pub use graph::{DependencyGraph, GraphRow};
pub use link::ServiceLink;
pub use query::{CatalogueQuery, Choice};
pub use view::{CatalogueView, ServiceView};
