//! Lessons: content read and rendered once at the start, and what each person has read and answered.
//!
//! Content is checked as it is read; one fault, such as a link that leads nowhere, stops the start with file and line.
//! A page adds little to what was rendered: a lesson takes one query for what a person has done with it.
//!
//! | file or folder | what it does |
//! |---|---|
//! | `model.rs`, `question.rs`, `rules.rs` | the programme, its modules, sections and lessons; questions and their judgement; the rules of entries and prizes |
//! | `address.rs`, `paths.rs` | names of files in addresses; paths below the content folder |
//! | `fault.rs` | what is wrong with content, with its file and line |
//! | `markdown/` | Markdown to safe HTML |
//! | `kind_mix.rs` | how many questions of each kind a checkpoint asks |
//! | `question_source.rs` | a question as an author writes it, read from TOML |
//! | `library/` | the files, built in or in a folder, read into a [`Library`] |
//! | `check/` | the author's check: the faults, warnings and statistics of `seaworthy content check` |
//! | `search/` | search in a library |
//! | `content_store.rs`, `watcher.rs` | the library in force; replaces it when an author saves a file |
//! | `answer_form.rs` | in which order choices are shown, and how a form that showed them so is read |
//! | `progress.rs`, `practice.rs` | how far a person has come; when a missed question is asked again |
//! | `rewriter.rs` | a lesson as a part of the print page |
//! | `store.rs` | the SQL |
//! | `pages/` | the pages under `/modules`, `/practice`, `/search`, `/media` and `/content/revision` |
//!
//! Files use each other in one direction, from `pages/` to this file, from here to `store.rs` and the library, and from
//! these to the model. To follow a lesson from its file to its page, read `library/load.rs`, `library/lesson.rs`,
//! `markdown/mod.rs`, `pages/article.rs` and `pages/lesson.rs`.
//!
//! Tables: `lesson_reads`, `last_opened_lessons`, `question_answers` and `practice_cards`.

mod address;
mod answer_form;
mod check;
mod content_store;
mod fault;
mod kind_mix;
mod library;
mod markdown;
mod model;
pub mod pages;
mod paths;
mod practice;
mod progress;
mod question;
mod question_source;
mod rewriter;
mod rules;
mod search;
mod store;
mod watcher;

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::core::Core;
use crate::db;

pub use check::{LessonStatistics, Report};
pub use content_store::ContentStore;
pub use fault::{AnchorUse, ContentFaults, Fault, Faults, Rule, Severity};
pub use kind_mix::KindMix;
pub use library::{ContentSettings, Library};
pub use markdown::{GuideStep, Highlighter, Links, Rendered, RenderedBlock, Renderer, Source};
pub use model::{
    AnswerId, Block, Checkpoint, Heading, Lesson, Module, PoolQuestion, Programme, Section, Term, TextSection,
    checkpoint_path,
};
pub use practice::{BOX_DAYS, Card, CardView, QuestionKey, Stage};
pub use progress::{LessonMarks, Progress};
pub use question::{
    Answer, AnswerFault, Choice, Item, Judgement, MAX_ANSWER_CHARS, MIN_ANSWER_CHARS, Question, QuestionKind,
};
pub use rewriter::Rewriter;
pub use rules::{MAX_ENTRIES_PER_DEVELOPER, MAX_VOUCHERS_PER_WEEK, MAX_WINNERS, Prize, PrizeKind, Rules, RulesLines};
pub use search::{CloseSpellings, Excerpt, Hit, MAX_HITS, MAX_QUERY_CHARS, Search, SearchResults, Span};
pub use watcher::ContentWatcher;

/// The content, and what each person has read and answered.
#[derive(Clone, Debug)]
pub struct Lessons {
    core: Core,
    content: ContentStore,
    settings: ContentSettings,
    started_at: Timestamp,
}

impl Lessons {
    /// The lessons in `content`.
    pub fn new(core: &Core, content: &ContentStore, settings: &ContentSettings) -> Self {
        Self { started_at: core.clock.now(), core: core.clone(), content: content.clone(), settings: settings.clone() }
    }

    /// The content in force.
    pub fn library(&self) -> Library {
        self.content.library()
    }

    /// Search in the content in force.
    pub fn search(&self) -> Search {
        self.content.search()
    }

    /// Holds the content in force.
    pub fn content(&self) -> &ContentStore {
        &self.content
    }

    /// Names the revision of the content, differently after each start; none unless the content is watched.
    pub fn revision(&self) -> Option<String> {
        self.settings.watch.then(|| format!("{}-{}", self.started_at.as_microsecond(), self.content.revision()))
    }

    /// Where a lesson's file can be changed, if the installation says so.
    pub fn edit_address(&self, lesson: &Lesson) -> Option<String> {
        self.settings.edit_address(&lesson.file)
    }

    /// What a person has read of all modules, and where they were last.
    pub async fn find_progress(&self, person: &PersonId) -> db::Result<Progress> {
        self.read_progress(person, "").await
    }

    /// What a person has read of one module, and where they were last.
    pub async fn find_module_progress(&self, person: &PersonId, module: &Module) -> db::Result<Progress> {
        self.read_progress(person, &format!("{}/", module.path())).await
    }

    async fn read_progress(&self, person: &PersonId, prefix: &str) -> db::Result<Progress> {
        let mut conn = self.core.db.read().await?;
        let read = store::list_reads(&mut conn, person, prefix).await?;
        Ok(Progress::new(read, store::find_last_opened(&mut conn, person).await?))
    }

    /// What a person has done with a lesson.
    pub async fn find_marks(&self, person: &PersonId, lesson: &Lesson) -> db::Result<LessonMarks> {
        store::find_marks(&self.core.db, person, &lesson.path).await
    }

    /// A person's newest answer to a question of a lesson.
    pub async fn find_answer(
        &self,
        person: &PersonId,
        lesson: &Lesson,
        question: &Question,
    ) -> db::Result<Option<Answer>> {
        store::find_newest_answer(&mut *self.core.db.read().await?, person, (&lesson.path, &question.id)).await
    }

    /// Records that a person has opened a lesson, unless it is the one they opened last. A database that takes no writes
    /// does not keep anybody from reading.
    pub async fn record_opened(&self, person: &PersonId, marks: &LessonMarks, lesson: &Lesson) -> db::Result<()> {
        if marks.is_last_opened {
            return Ok(());
        }
        self.set_last_opened(person, lesson).await.or_else(db::ignore_transient("last opened lesson update"))
    }

    async fn set_last_opened(&self, person: &PersonId, lesson: &Lesson) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::set_last_opened(&mut tx, person, &lesson.path, self.core.clock.now()).await?;
        tx.commit().await
    }

    /// Records that a person has read a lesson.
    pub async fn mark_read(&self, person: &PersonId, lesson: &Lesson) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::add_read(&mut tx, person, &lesson.path, self.core.clock.now()).await?;
        tx.commit().await
    }

    /// Removes the record that a person has read a lesson.
    pub async fn mark_unread(&self, person: &PersonId, lesson: &Lesson) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        store::remove_read(&mut tx, person, &lesson.path).await?;
        tx.commit().await
    }

    /// The questions that a person has missed and the content still asks, those due longest first; and the time at which
    /// they were read, by which they are due.
    pub async fn list_cards(&self, person: &PersonId) -> db::Result<(Timestamp, Vec<Card>)> {
        let mut cards = store::list_cards(&mut *self.core.db.read().await?, person).await?;
        let library = self.library();
        cards.retain(|card| library.find_question(&card.key).is_some());
        Ok((self.core.clock.now(), cards))
    }

    /// How many of these questions are due now.
    pub async fn count_due_cards(&self, person: &PersonId) -> db::Result<usize> {
        self.count_due_cards_at(person, self.core.clock.now()).await
    }

    /// How many of these questions are due at `now`.
    pub async fn count_due_cards_at(&self, person: &PersonId, now: Timestamp) -> db::Result<usize> {
        let due = store::list_due(&mut *self.core.db.read().await?, person, now).await?;
        let library = self.library();
        Ok(due.iter().filter(|key| library.find_question(key).is_some()).count())
    }

    /// A question that a person has missed, with the others that are due now; none for one that they have never missed.
    pub async fn find_card(&self, person: &PersonId, key: QuestionKey) -> db::Result<Option<CardView>> {
        let mut conn = self.core.db.read().await?;
        let (Some(stage), is_shown) = store::find_card(&mut conn, person, key.parts()).await? else { return Ok(None) };
        let (now, library) = (self.core.clock.now(), self.library());
        let mut others_due = store::list_due(&mut conn, person, now).await?;
        others_due.retain(|other| *other != key && library.find_question(other).is_some());
        let days_left = stage.days_left(now, &library.programme().rules.zone);
        let card = Card { key, stage };
        Ok(Some(CardView { is_due: stage.is_due(now), is_shown, days_left, card, others_due }))
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
        let (lesson_path, question_id) = (lesson.path.as_str(), question.id.as_str());
        let id = AnswerId::generate(&self.core.random, now);
        let key = (lesson_path, question_id);
        let new = store::NewAnswer { id: &id, person, lesson_path, question_id, answer, judgement };
        let mut tx = self.core.db.write().await?;
        let (stage, is_shown) = store::lock_card(&mut tx, person, key).await?;
        let previous = store::find_newest_answer(&mut tx, person, key).await?;
        store::add_answer(&mut tx, &new, now).await?;
        let judge = |answer: &Answer| question.judge(answer);
        let shows = practice::shows_after((stage, is_shown), (previous.as_ref(), answer), judge, now);
        if shows != is_shown {
            store::set_shown(&mut tx, person, key, shows.then_some(now)).await?;
        }
        let library = self.library();
        if let Some(stage) = practice::next_stage(stage, (judgement, now), &library.programme().rules.zone)? {
            store::set_stage(&mut tx, person, key, stage).await?;
        }
        tx.commit().await?;
        Ok(judgement)
    }

    /// Shows the answer to a question whose newest answer is wrong, which counts as a miss; nothing for any other.
    pub async fn show_answer(&self, person: &PersonId, lesson: &Lesson, question: &Question) -> anyhow::Result<()> {
        let now = self.core.clock.now();
        let key = (lesson.path.as_str(), question.id.as_str());
        let mut tx = self.core.db.write().await?;
        let (stage, _is_shown) = store::lock_card(&mut tx, person, key).await?;
        let newest = store::find_newest_answer(&mut tx, person, key).await?;
        if newest.is_none_or(|answer| question.judge(&answer) != Judgement::Wrong) {
            return Ok(());
        }
        store::set_shown(&mut tx, person, key, Some(now)).await?;
        let library = self.library();
        if let Some(stage) = practice::next_stage(stage, (Judgement::Wrong, now), &library.programme().rules.zone)? {
            store::set_stage(&mut tx, person, key, stage).await?;
        }
        Ok(tx.commit().await?)
    }
}
