//! The content in force, which an author's change replaces as a whole.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::library::Library;
use super::search::Search;

/// Holds the content in force; clones share it, and see it replaced together.
///
/// What is taken from it does not change afterwards, so a page that began with one revision ends with it.
#[derive(Clone, Debug)]
pub struct ContentStore(Arc<ArcSwap<Revision>>);

/// Content with its index.
#[derive(Debug)]
struct Revision {
    library: Library,
    search: Search,
    number: u64,
}

impl ContentStore {
    /// A store whose first revision is `library`.
    pub fn new(library: Library) -> Self {
        let search = Search::new(library.clone());
        Self(Arc::new(ArcSwap::from_pointee(Revision { library, search, number: 1 })))
    }

    /// The content.
    pub fn library(&self) -> Library {
        self.0.load().library.clone()
    }

    /// Search in the content.
    pub fn search(&self) -> Search {
        self.0.load().search.clone()
    }

    /// The number of the revision, which counts the replacements from 1.
    pub fn revision(&self) -> u64 {
        self.0.load().number
    }

    /// Replaces the content with `library`, whose index is made before that.
    pub fn replace(&self, library: &Library) {
        let search = Search::new(library.clone());
        search.prepare();
        self.0.rcu(|revision| Revision {
            library: library.clone(),
            search: search.clone(),
            number: revision.number + 1,
        });
    }
}
