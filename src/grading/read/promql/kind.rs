//! What an expression of PromQL gives.

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Vector,
    Range,
    Text,
}
