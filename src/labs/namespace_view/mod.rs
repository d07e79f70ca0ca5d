//! What is in the namespace of a running session, and the traffic in it, as a page shows them.
//!
//! The objects are those that the process's watches keep, one for each kind and all sessions: a page asks the API server for
//! nothing, however many there are. The traffic is asked of the cluster's Prometheus, no more often than [`reads::MAX_AGE`]
//! for each session.
//!
//! The verbs are those of `Labs`, in `namespace_requests.rs`. This folder has what they work with.
//!
//! | file | holds |
//! |---|---|
//! | `fields.rs`, `rows.rs` | fields of objects, and the bound of each table |
//! | `workloads.rs`, `network.rs`, `records.rs` | pods and Deployments; Services and Mappings; events and quota |
//! | `edge.rs`, `traffic.rs` | who calls whom, which [`super::Picture`] draws |
//! | `reads.rs` | the traffic as it was last measured |
//! | `view.rs` | all of it |

mod edge;
mod fields;
mod network;
mod reads;
mod records;
mod rows;
mod traffic;
mod view;
mod workloads;

pub(super) use reads::TrafficReads;
pub(super) use traffic::{QUERIES, Traffic};
pub use view::NamespaceView;
pub(super) use view::Objects;
