//! The rows of one table, of which no more than so many are shown. No I/O.

use serde::Serialize;

/// How many rows a table has.
pub(super) const MAX_ROWS: usize = 40;

/// The rows that are shown, and how many are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rows<T> {
    /// Those shown.
    pub rows: Vec<T>,
    /// How many more there are.
    pub more: usize,
}

impl<T> Rows<T> {
    pub(super) fn new(mut rows: Vec<T>, max: usize) -> Self {
        let more = rows.len().saturating_sub(max);
        rows.truncate(max);
        Self { rows, more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(Rows::new(vec![1, 2, 3], 2), Rows { rows: vec![1, 2], more: 1 });
        assert_eq!(Rows::new(vec![1], 2).more, 0);
    }
}
