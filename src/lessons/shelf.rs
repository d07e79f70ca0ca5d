//! The content in force, which an author's change replaces as a whole.

use std::sync::{Arc, PoisonError, RwLock};

use super::library::Library;
use super::search::Search;

/// Where the content in force stands; clones share it, and see it replaced together.
///
/// What is taken from it stays whole: a page that began with one edition ends with it. A reader pays for a lock that is
/// free but for the moment of a replacement, and one count.
#[derive(Clone, Debug)]
pub struct Shelf(Arc<RwLock<Edition>>);

/// Content with its index.
#[derive(Clone, Debug)]
struct Edition {
    library: Library,
    search: Search,
    number: u64,
}

impl Shelf {
    /// The shelf on which `library` stands first.
    pub fn new(library: Library) -> Self {
        Self(Arc::new(RwLock::new(Edition { search: Search::new(library.clone()), library, number: 1 })))
    }

    /// The content.
    pub fn library(&self) -> Library {
        self.read(|edition| edition.library.clone())
    }

    /// Search in the content.
    pub fn search(&self) -> Search {
        self.read(|edition| edition.search.clone())
    }

    /// Counts the replacements, from 1.
    pub fn number(&self) -> u64 {
        self.read(|edition| edition.number)
    }

    /// Puts `library` in the place of what is there, its index made before.
    pub fn replace(&self, library: Library) -> anyhow::Result<()> {
        let search = Search::new(library.clone());
        search.prepare()?;
        let mut edition = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let number = edition.number + 1;
        *edition = Edition { library, search, number };
        Ok(())
    }

    fn read<T>(&self, take: impl Fn(&Edition) -> T) -> T {
        take(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
