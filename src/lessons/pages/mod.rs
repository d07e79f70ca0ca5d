//! The pages of the course.

mod lesson;
mod media;
mod module;
mod practice;
mod question;
mod search;

pub use lesson::{LessonPage, lesson, mark_read, mark_unread};
pub use media::media;
pub use module::{ModulePage, ModuleSummary, ModulesPage, module, modules};
pub use practice::{CardPage, PracticePage, answer_card, card, practice};
pub use question::{ItemView, answer};
pub use search::{SearchPage, search};
