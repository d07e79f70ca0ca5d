//! Search in all lessons: an index in memory, made once, in which each stretch below a heading stands by itself.
//!
//! Words are compared by their stems, so that "annotating" finds "annotations". A word that stands nowhere gives way to
//! those that are written almost like it: one slip in a word of four letters, two in one of eight.

mod excerpt;
mod folding;
mod index;
mod words;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::Context as _;

pub use excerpt::{Excerpt, Stretch};

use super::library::Library;
use super::model::{Lesson, Module, Section};
use index::Index;

/// The most lessons that a search gives.
pub const MOST_HITS: usize = 20;
/// The most of a question that is looked at, in characters.
pub const MOST_CHARACTERS: usize = 200;

/// Looks for words in the lessons of a library.
#[derive(Clone, Debug)]
pub struct Search {
    library: Library,
    index: Arc<Made<Index>>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The lessons, the best first, [`MOST_HITS`] at the most.
    pub hits: Vec<Hit>,
    /// Whether a word was taken for another that is written almost like it.
    pub is_close: bool,
    /// Whether no place has all of the words, so that these have some.
    pub is_partial: bool,
}

/// A lesson in which something was found.
#[derive(Debug)]
pub struct Hit {
    /// Its place in the library: module, section, lesson.
    place: Place,
    /// Where in it, the best first.
    pub excerpts: Vec<Excerpt>,
}

type Place = (usize, usize, usize);

impl Search {
    /// Searches `library`; the index is made by the first search, or by [`Search::prepare`].
    pub fn new(library: Library) -> Self {
        Self { library, index: Arc::default() }
    }

    /// Makes the index, which for ten thousand lessons takes seconds.
    pub fn prepare(&self) -> anyhow::Result<()> {
        self.index().map(drop)
    }

    /// The lessons that answer `text` best.
    pub async fn find(&self, text: &str) -> anyhow::Result<Found> {
        let text: String = text.chars().take(MOST_CHARACTERS).collect();
        let search = self.clone();
        // A search computes for milliseconds, and the first one may have to wait for the index.
        tokio::task::spawn_blocking(move || search.find_now(&text)).await?
    }

    /// As [`Search::find`], on the thread of the caller.
    pub fn find_now(&self, text: &str) -> anyhow::Result<Found> {
        Ok(self.index()?.find(&self.library, text)?)
    }

    /// The lesson of a hit, with the module and the section that it is in.
    pub fn lesson_of(&self, hit: &Hit) -> Option<(&Module, &Section, &Lesson)> {
        let (module, section, lesson) = hit.place;
        let module = self.library.modules().get(module)?;
        let section = module.sections.get(section)?;
        Some((module, section, section.lessons.get(lesson)?))
    }

    fn index(&self) -> anyhow::Result<&Index> {
        self.index.get_or_make(|| Index::make(&self.library)).context("the lessons could not be indexed")
    }
}

/// Something that is made once and kept; what could not be made is tried again by whoever asks next.
#[derive(Debug)]
struct Made<T> {
    kept: OnceLock<T>,
    /// Held by the one who makes it.
    making: Mutex<()>,
}

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self { kept: OnceLock::new(), making: Mutex::default() }
    }
}

impl<T> Made<T> {
    fn get_or_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(kept) = self.kept.get() {
            return Ok(kept);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = self.kept.get() {
            return Ok(kept);
        }
        let value = make()?;
        Ok(self.kept.get_or_init(|| value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_that_could_not_be_made_is_tried_again_and_then_kept() {
        let index = Made::default();
        assert_eq!(index.get_or_make(|| Err::<u8, _>("no memory")), Err("no memory"));
        assert_eq!(index.get_or_make(|| Ok::<u8, &str>(1)), Ok(&1));
        assert_eq!(index.get_or_make(|| Err("not asked again")), Ok(&1));
    }
}
