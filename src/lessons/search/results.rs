//! What a search gives.

use super::excerpt::Excerpt;

/// The most lessons that a search gives.
pub const MAX_HITS: usize = 20;

/// What was found.
#[derive(Debug, Default)]
pub struct SearchResults {
    /// The lessons, the best first, [`MAX_HITS`] at the most.
    pub hits: Vec<Hit>,
    /// The words of the query that stand in no lesson, in their order.
    pub replacements: Vec<Replacement>,
    /// Whether no document has all of the words, so that these have some.
    pub is_partial: bool,
}

/// A word of a query that stands in no lesson, and what was looked for in its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The word as it was typed, folded.
    pub typed: String,
    /// The words that were looked for, the most frequent first.
    pub words: Vec<String>,
}

/// A lesson in which something was found.
#[derive(Debug)]
pub struct Hit {
    pub(super) place: LessonPlace,
    /// Where in it, the best first.
    pub excerpts: Vec<Excerpt>,
}

/// The numbers of a module, a section in it, and a lesson in that.
pub(super) type LessonPlace = (usize, usize, usize);
