//! All content, read and rendered once.

mod glossary;
mod media;
mod picture;
mod pool;
mod programme;
mod reader;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::address::compose;
use super::markdown::Highlighter;
use super::model::{Lesson, Module, Programme};
use super::question::Question;

pub(super) use media::Media;
pub(super) use picture::measure as measure_picture;
pub(super) use reader::{has_ending, read, split_front_matter};
pub use source::ContentSettings;
pub(super) use source::{Files, Ignored};

/// The programme and its modules; clones share them.
#[derive(Clone, Debug)]
pub struct Library(Arc<Contents>);

/// All that the files come to.
#[derive(Debug)]
pub(super) struct Contents {
    programme: Programme,
    modules: Vec<Module>,
    media: BTreeMap<String, Media>,
}

impl Library {
    /// Reads and renders all content; `labs` are the names that a lab block may use. Fails with every fault at once.
    pub fn load(settings: &ContentSettings, labs: &[String], highlighter: &Highlighter) -> anyhow::Result<Self> {
        read(&Files::read(settings)?, labs, highlighter).map(|contents| Self(Arc::new(contents)))
    }

    /// Everything the installation offers.
    pub fn programme(&self) -> &Programme {
        &self.0.programme
    }

    /// Every module, in order.
    pub fn modules(&self) -> &[Module] {
        &self.0.modules
    }

    /// The module of a slug.
    pub fn find_module(&self, slug: &str) -> Option<&Module> {
        let slug = compose(slug);
        self.0.modules.iter().find(|module| module.slug == slug)
    }

    /// The question of an id in the lesson of a path, with its module and lesson.
    pub fn find_question(&self, lesson_path: &str, id: &str) -> Option<(&Module, &Lesson, &Question)> {
        let found = |module| lesson_of(module, lesson_path).map(|lesson| (module, lesson));
        let (module, lesson) = self.0.modules.iter().find_map(found)?;
        lesson.questions().find(|question| question.id == id).map(|question| (module, lesson, question))
    }

    /// An image by its path below the content folder.
    pub fn find_media(&self, path: &str) -> Option<Media> {
        self.0.media.get(&*compose(path)).cloned()
    }
}

fn lesson_of<'m>(module: &'m Module, path: &str) -> Option<&'m Lesson> {
    module.lessons().map(|(_, lesson)| lesson).find(|lesson| lesson.path == path)
}
