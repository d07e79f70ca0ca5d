//! Lessons: content read and rendered once at the start, and what each person has read and answered.
//!
//! Content is checked as it is read; one fault, such as a link that leads nowhere, stops the start with file and line.
//! What a reader adds is small: a lesson page takes one query for the marks and one for the answers.
//!
//! Tables: `lesson_reads`, `lesson_places` and `question_attempts`.

mod address;
mod arrangement;
mod check;
mod fault;
mod library;
mod markdown;
mod model;
pub mod pages;
mod practice;
mod progress;
mod question;
mod question_source;
mod rewriter;
mod rules;
mod search;
mod shelf;
pub mod store;
mod watch;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::core::Core;
use crate::db;

pub use check::{Figures, Report};
pub use fault::{AnchorUse, ContentFaults, Fault, Faults, Rule, Severity};
pub use library::{ContentSettings, Library};
pub use markdown::{Highlighter, Links, Rendered, Renderer, Source};
pub use model::{Checkpoint, Heading, Lesson, Module, Piece, PoolQuestion, Programme, Section, Term};
pub use practice::{BOX_DAYS, Card, Stage};
pub use progress::Progress;
pub use question::{
    Answer, AnswerFault, Choice, Item, Judgement, MAX_ANSWER_CHARS, MIN_ANSWER_CHARS, Question, QuestionKind,
};
pub use rewriter::Rewriter;
pub use rules::{MAX_ENTRIES_PER_DEVELOPER, MAX_VOUCHERS_PER_WEEK, MAX_WINNERS, Prize, PrizeKind, Rules, RulesLines};
pub use search::{Excerpt, Found, Hit, MOST_CHARACTERS, MOST_HITS, Search, Stretch};
pub use shelf::Shelf;
pub use watch::Watch;

/// What each person has read and answered.
#[derive(Clone, Debug)]
pub struct Lessons {
    core: Core,
    shelf: Shelf,
    settings: ContentSettings,
    started_at: Timestamp,
}

impl Lessons {
    /// The lessons of the content in `shelf`.
    pub fn new(core: &Core, shelf: &Shelf, settings: &ContentSettings) -> Self {
        Self { started_at: core.clock.now(), core: core.clone(), shelf: shelf.clone(), settings: settings.clone() }
    }

    /// The content in force.
    pub fn library(&self) -> Library {
        self.shelf.library()
    }

    /// Search in the content in force.
    pub fn search(&self) -> Search {
        self.shelf.search()
    }

    /// Where the content in force stands.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Names the present content while an author writes, also across starts; none where it stays as it was at the start.
    pub fn edition(&self) -> Option<String> {
        self.settings.watch.then(|| format!("{}-{}", self.started_at.as_microsecond(), self.shelf.number()))
    }

    /// Where a lesson's file can be changed, if the installation says so.
    pub fn edit_address(&self, lesson: &Lesson) -> Option<String> {
        self.settings.edit_address(&lesson.file)
    }

    /// What a person has read, and where they were last.
    pub async fn find_progress(&self, person: &PersonId) -> db::Result<Progress> {
        let mut conn = self.core.db.read().await?;
        let read = store::list_reads(&mut conn, person).await?;
        Ok(Progress::new(read, store::find_place(&mut conn, person).await?))
    }

    /// A person's newest answer to each question of a lesson.
    pub async fn list_answers(&self, person: &PersonId, lesson: &Lesson) -> db::Result<BTreeMap<String, Answer>> {
        if lesson.questions().next().is_none() {
            return Ok(BTreeMap::new());
        }
        store::list_newest_answers(&mut *self.core.db.read().await?, person, &lesson.path).await
    }

    /// Keeps the lesson that a person opened last; opening the same one again writes nothing, and a database that takes
    /// nothing keeps nobody from reading.
    pub async fn open(&self, person: &PersonId, progress: &Progress, lesson: &Lesson) -> db::Result<()> {
        if progress.last_opened() == Some(&lesson.path) {
            return Ok(());
        }
        self.set_place(person, lesson).await.or_else(db::ignore_transient("the lesson opened last"))
    }

    async fn set_place(&self, person: &PersonId, lesson: &Lesson) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::set_place(&mut tx, person, &lesson.path, self.core.clock.now()).await?;
        tx.commit().await
    }

    /// Notes that a person has read a lesson.
    pub async fn mark_read(&self, person: &PersonId, lesson: &Lesson) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::add_read(&mut tx, person, &lesson.path, self.core.clock.now()).await?;
        tx.commit().await
    }

    /// Takes the note back.
    pub async fn mark_unread(&self, person: &PersonId, lesson: &Lesson) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::remove_read(&mut tx, person, &lesson.path).await?;
        tx.commit().await
    }

    /// The questions that a person has missed and the content still asks, those due longest first; and the present time,
    /// by which they are due.
    pub async fn list_cards(&self, person: &PersonId) -> db::Result<(Timestamp, Vec<Card>)> {
        let cards = store::list_cards(&mut *self.core.db.read().await?, person, None).await?;
        Ok((self.core.clock.now(), self.retain_asked(cards)))
    }

    /// How many of these questions are due now.
    pub async fn count_due_cards(&self, person: &PersonId) -> db::Result<usize> {
        let cards = store::list_cards(&mut *self.core.db.read().await?, person, Some(self.core.clock.now())).await?;
        Ok(self.retain_asked(cards).len())
    }

    fn retain_asked(&self, mut cards: Vec<Card>) -> Vec<Card> {
        let library = self.library();
        cards.retain(|card| library.find_question(&card.lesson_path, &card.question_id).is_some());
        cards
    }

    /// Keeps a sound answer to a question, and says what it is worth.
    pub async fn answer(
        &self,
        person: &PersonId,
        lesson: &Lesson,
        question: &Question,
        answer: &Answer,
    ) -> anyhow::Result<Judgement> {
        let now = self.core.clock.now();
        let judgement = question.judge(answer);
        let id = store::AttemptId::generate(&self.core.random, now);
        let attempt = store::NewAttempt {
            id: &id,
            person,
            lesson_path: &lesson.path,
            question_id: &question.id,
            answer,
            judgement,
        };
        let mut tx = self.core.db.write().await?;
        store::add_attempt(&mut tx, &attempt, now).await?;
        let card = (lesson.path.as_str(), question.id.as_str());
        let stage = store::lock_card(&mut tx, person, card).await?;
        let library = self.library();
        if let Some(stage) = practice::move_on(stage, (judgement, now), &library.programme().rules.zone)? {
            store::move_card(&mut tx, person, card, stage).await?;
        }
        tx.commit().await?;
        Ok(judgement)
    }
}
