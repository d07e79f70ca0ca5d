//! All content, read and rendered once.

mod content_reader;
mod files;
mod front_matter;
mod glossary;
mod image_size;
mod lesson;
mod load;
mod media;
mod module;
mod page_path;
mod pool;
mod programme;

use std::sync::Arc;

use super::address::compose;
use super::markdown::Highlighter;
use super::model::{Lesson, Module, Programme};
use super::practice::QuestionKey;
use super::question::Question;

pub use files::ContentSettings;
pub(super) use files::{Files, IgnoreReason};
pub(super) use front_matter::split_front_matter;
pub(super) use image_size::image_size;
pub(super) use load::{Contents, load};
pub(super) use media::Media;

/// The programme and its modules; clones share them.
#[derive(Clone, Debug)]
pub struct Library(Arc<Contents>);

impl Library {
    /// Reads and renders all content; `labs` are the names that a lab block may use. Fails with every fault at once.
    pub fn load(settings: &ContentSettings, labs: &[String], highlighter: &Highlighter) -> anyhow::Result<Self> {
        load(&Files::read(settings)?, labs, highlighter).map(|contents| Self(Arc::new(contents)))
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

    /// A question of a lesson, with its module and lesson.
    pub fn find_question(&self, key: &QuestionKey) -> Option<(&Module, &Lesson, &Question)> {
        let found = |module| lesson_of(module, &key.lesson_path).map(|lesson| (module, lesson));
        let (module, lesson) = self.0.modules.iter().find_map(found)?;
        lesson.questions().find(|question| question.id == key.question_id).map(|question| (module, lesson, question))
    }

    /// An image by its path below the content folder.
    pub fn find_media(&self, path: &str) -> Option<Media> {
        self.0.media.get(&*compose(path)).cloned()
    }
}

fn lesson_of<'m>(module: &'m Module, path: &str) -> Option<&'m Lesson> {
    module.lessons().map(|(_, lesson)| lesson).find(|lesson| lesson.path == path)
}
