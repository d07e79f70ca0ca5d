//! The pages of the course.

mod answer;
mod article;
mod glossary;
mod lesson;
mod media;
mod module;
mod practice;
mod print;
mod question;
mod revision;
mod search;

pub use answer::{answer, answer_all, show_answer};
pub use glossary::{GlossaryPage, glossary};
pub use lesson::{LessonPage, lesson, mark_read, mark_unread};
pub use media::media;
pub use module::{ModulePage, ModuleSummary, ModulesPage, module, modules};
pub use practice::{CardPage, PracticePage, answer_card, card, practice, show_card};
pub use print::{PrintPage, print};
pub use question::ItemView;
pub use revision::revision;
pub use search::{SearchPage, search};
