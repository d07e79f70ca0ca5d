//! What a search gives.

use serde::Serialize;

use super::excerpt::{Excerpt, Span};

/// The most lessons that a search gives.
pub const MAX_HITS: usize = 20;

/// What was found.
#[derive(Debug, Default)]
pub struct SearchResults {
    /// The lessons, the best first, [`MAX_HITS`] at the most.
    pub hits: Vec<Hit>,
    /// The terms of glossaries that have all of the words in their names.
    pub(super) terms: Vec<TermPlace>,
    /// The words of the query for which close spellings were looked for too, in their order.
    pub close: Vec<CloseSpellings>,
    /// Whether no document has all of the words, so that these have some.
    pub is_partial: bool,
}

/// A word of a query that stands nowhere as it was typed, and what was looked for besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CloseSpellings {
    /// The word as it was typed, folded.
    pub typed: String,
    /// The words that were looked for, the most frequent first.
    pub words: Vec<String>,
    /// Whether another form of the word was found, or a word that begins so.
    pub has_match: bool,
}

/// A lesson in which something was found.
#[derive(Debug)]
pub struct Hit {
    pub(super) place: LessonPlace,
    /// The words of its title.
    pub title: Vec<Span>,
    /// Where in it, the best first.
    pub excerpts: Vec<Excerpt>,
}

/// The numbers of a module, a section in it, and a lesson in that.
pub(super) type LessonPlace = (usize, usize, usize);

/// The numbers of a module and of a term in its glossary.
pub(super) type TermPlace = (usize, usize);
