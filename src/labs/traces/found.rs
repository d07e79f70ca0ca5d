//! Whether a trace is there.

use super::trouble::TracesTrouble;
use super::view::TraceView;

/// What was found of one trace.
#[derive(Clone, Debug)]
pub enum FoundTrace {
    /// It is there.
    Found(Box<TraceView>),
    /// Nothing of it has arrived.
    NotThere,
    /// Why nobody knows.
    Trouble(TracesTrouble),
}
