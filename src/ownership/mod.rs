//! Ownership: what the annotations of a Service say to people, and how much of what they need.
//!
//! The keys are those of the human-service-discovery convention, under the prefix [`PREFIX`]. This part reads Services as
//! the Kubernetes API gives them and does nothing else: checks of labs ([`crate::grading`]) and the service catalogue judge
//! by the same rules.
//!
//! # The score
//! Each key of [`KEYS`] has points, a hundred in all, and a Service has those of the keys whose value is right: not empty, not
//! left from an example, an address where one belongs. Nothing takes points away, so that one more right value never lowers
//! the score. Somebody who is woken at night asks whom to call, what to do and where the others talk, then what the service is
//! and what it needs; these five keys have 70 of the points. A namespace has the mean of its Services.
//!
//! # Dependencies
//! By the convention the value of `a8r.io/dependencies` is text for people. Here it is also read as names of Services,
//! separated by commas, semicolons or blanks, and `none` as the statement that there are none; anything else stays text.
//!
//! | file | holds |
//! |---|---|
//! | `keys.rs` | the table of the keys |
//! | `notes.rs` | the name, annotations and labels of a Service |
//! | `lint.rs`, `misspelling.rs`, `value.rs` | what is wrong with them: keys, how they are misspelt, and values |
//! | `score.rs` | the score |
//! | `dependencies.rs`, `graph.rs` | what a Service depends on, and the graph of a namespace |
//! | `address.rs` | web addresses |

pub mod address;
mod dependencies;
mod graph;
mod keys;
mod lint;
mod misspelling;
mod notes;
mod score;
mod value;

pub use dependencies::Dependencies;
pub use graph::Graph;
pub use keys::{KEYS, Key, PREFIX, ValueKind};
pub use lint::{Finding, MAX_FINDINGS, lint, lint_dependencies};
pub use notes::Notes;
pub use score::{Missing, Score, mean};
pub use value::is_right;
