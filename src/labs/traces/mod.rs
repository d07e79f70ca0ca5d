//! The traces of a running session: what Jaeger has of its namespace, as a list and each as a waterfall.
//!
//! They are for the person whose session it is. Which namespace is read is a matter of that session alone, and
//! [`crate::cluster::Cluster::read_traces`] sends nothing that a person typed but an id, a service's name and a length.
//! Whatever is read was sent by learners' services: it has a bound of size and time, every text in it too, and how many
//! are read at once is limited, since a trace takes memory while it is read.
//!
//! The verbs are those of `Labs`, in `trace_requests.rs`. This folder has what they work with.
//!
//! | file | holds |
//! |---|---|
//! | `filter.rs` | which traces a person looks for |
//! | `otlp.rs`, `model.rs` | Jaeger's answer, and the spans that it is read into |
//! | `tree.rs`, `timing.rs` | the spans as a tree; own time, the critical path, clocks that differ |
//! | `measured.rs`, `scale.rs`, `rows.rs`, `origin.rs`, `view.rs` | one trace as its page shows it |
//! | `matched.rs` | one trace as a check sees it |
//! | `summary.rs`, `list.rs` | the traces of a list, and the list |
//! | `limits.rs`, `found.rs`, `trouble.rs`, `sample.rs` | how much is read at once; whether there is a trace, and why not; examples |

mod filter;
mod found;
mod limits;
mod list;
mod matched;
mod measured;
mod model;
mod origin;
mod otlp;
mod rows;
mod sample;
mod scale;
mod summary;
mod timing;
mod tree;
mod trouble;
mod view;

pub use filter::{TraceFilter, TraceQuery};
pub use found::FoundTrace;
pub(super) use limits::TraceReads;
pub use list::TraceList;
pub use matched::{MatchedSpan, MatchedTrace, TraceMatch};
pub(super) use model::Span;
pub(super) use otlp::{read_services, read_spans};
pub(super) use summary::{TraceSummary, summarise};
pub(super) use trouble::ReadError;
pub use trouble::TracesTrouble;
pub use view::{SpanQuery, TraceView};
