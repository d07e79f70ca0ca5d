//! Search in all lessons: an index in memory, in which the text below each heading is a document of its own.
//!
//! Words are compared by their stems, so that "annotating" finds "annotations". From four letters on, the last word may be
//! the beginning of others. For a word that stands nowhere as it was typed those that are spelled almost like it are looked
//! for: one edit away in a word of four to six letters, two in a longer one. A word of up to three letters, such as "SLO",
//! stands for itself and its other forms alone.
//!
//! # Why no library
//! The index of a course is a table of words that is built once and only read, so a search engine's files, threads and
//! merging would serve nobody. SQLite's FTS5 would rank as well, but it shows neither the words nor the stems that it
//! compares by, which both the correction of a word and the excerpts need, and it answers one search at a time.

mod excerpt;
mod index;
mod results;
#[cfg(test)]
mod slips;
mod vocabulary;
mod words;

use std::sync::{Arc, OnceLock};

pub use excerpt::{Excerpt, Span};
pub use results::{CloseSpellings, Hit, MAX_HITS, SearchResults};

use super::library::Library;
use super::model::{Lesson, Module, Section, Term};
use index::Index;

/// The most of a query that is looked at, in characters.
pub const MAX_QUERY_CHARS: usize = 200;

/// Looks for words in the lessons of a library.
#[derive(Clone, Debug)]
pub struct Search {
    library: Library,
    index: Arc<OnceLock<Index>>,
}

impl Search {
    /// Searches `library`; the index is built by the first search, or by [`Search::prepare`].
    pub fn new(library: Library) -> Self {
        Self { library, index: Arc::default() }
    }

    /// Builds the index, which for ten thousand lessons takes seconds.
    pub fn prepare(&self) {
        self.index();
    }

    /// The lessons that answer `text` best.
    pub async fn find(&self, text: &str) -> anyhow::Result<SearchResults> {
        let text: String = text.chars().take(MAX_QUERY_CHARS).collect();
        let search = self.clone();
        // A search computes for milliseconds, and the first one may have to wait for the index.
        Ok(tokio::task::spawn_blocking(move || search.find_now(&text)).await?)
    }

    /// As [`Search::find`], on the thread of the caller.
    pub fn find_now(&self, text: &str) -> SearchResults {
        self.index().find(&self.library, text)
    }

    /// The lesson of a hit, with the module and the section that it is in.
    pub fn lesson_of(&self, hit: &Hit) -> Option<(&Module, &Section, &Lesson)> {
        let (module, section, lesson) = hit.place;
        let module = self.library.modules().get(module)?;
        let section = module.sections.get(section)?;
        Some((module, section, section.lessons.get(lesson)?))
    }

    /// The terms that were found, each with its module.
    pub fn terms_of(&self, results: &SearchResults) -> Vec<(&Module, &Term)> {
        let term = |(module, term): &(usize, usize)| {
            let module = self.library.modules().get(*module)?;
            Some((module, module.glossary.get(*term)?))
        };
        results.terms.iter().filter_map(term).collect()
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::build(&self.library))
    }
}
