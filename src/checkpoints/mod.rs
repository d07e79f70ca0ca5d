//! Checkpoints: weeks, entries, and the limits on them.
//!
//! The limits live in the schema: one entry for each person, week and module; one number in a week for each entry, without
//! gaps, in the order of arrival. Server receive time decides the week. A rejected or withdrawn entry frees its slots, and
//! the next one takes a new number.
//!
//! # Rules
//! A week is under the version of the rules that its first entry found (`weeks.rules_version`); what changes in
//! `programme.toml` holds from the next week on. How many entries a person may make is a rule, so the schema takes it from
//! there: an entry refers to its week's version and to the limit of that version, and its number lies within that limit. A
//! new entry takes the lowest number that is free, so that of two made at once, on replicas with different rules, one
//! finds its number taken.
//!
//! What is asked is drawn from the module's pool for each person and week, as many of each kind for everybody. Nobody sees
//! the rest of the pool; an entry keeps the ids it was asked as the keys of its answers, and its review shows these.
//!
//! # Staff
//! Whoever is or was on the programme's staff could read what a good answer has, so they enter no checkpoint. An entry of
//! somebody who joins the staff afterwards takes no place in the ranking, unless it was accepted before; it still counts
//! towards a credential. Both are read from stored facts where the ranking is computed, so a role that changes at the same
//! moment makes no difference to what was awarded: an acceptance keeps what it found.
//!
//! Tables: `weeks`, `week_locks`, `rules_versions`, `entries`.
//!
//! # Files
//! `week` computes when a week begins and ends, from an instant and a time zone alone; `rules` finds or adds the stored week
//! of an instant, and its rules. `question_set` draws questions, which `spread` spreads over the sections; `open` is a
//! checkpoint as one person finds it at one instant.

mod model;
mod open;
pub mod pages;
mod question_set;
mod rules;
mod spread;
mod store;
mod week;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::PersonId;
use crate::core::Core;
use crate::db::{self, Conn};
use crate::jobs::Job;
use crate::lessons::{ContentStore, Rules};

pub use model::{Answers, CurrentWeek, Entry, EntryId, EntryState, Participation, Submission, Week, WeekEntry, WeekId};
pub use open::OpenCheckpoint;
pub use question_set::{AskedQuestion, QuestionSeed, QuestionSet};
pub use week::WeekBounds;

/// Tells the prizes that something about a week's ranking has changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct RankingChanged {
    /// The week.
    pub week: WeekId,
}

impl RankingChanged {
    /// The key under which there is one such job of a week.
    pub fn key(&self) -> String {
        format!("ranking:{}", self.week)
    }
}

impl Job for RankingChanged {
    const KIND: &'static str = "checkpoints.ranking_changed";
}

/// Tells the parts above that a reviewer has accepted an entry.
#[derive(Debug, Serialize, Deserialize)]
pub struct EntryAccepted {
    /// Whose it is.
    pub person: PersonId,
    /// The module.
    pub module: String,
}

impl Job for EntryAccepted {
    const KIND: &'static str = "checkpoints.entry_accepted";
}

/// Entries to the checkpoints of the programme.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    core: Core,
    content: ContentStore,
    question_key: [u8; 32],
}

/// Why an entry was not taken.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// This week's entry to the module is there already.
    #[error("entered this week already")]
    AlreadyEntered(EntryId),
    /// Every entry of the programme is used.
    #[error("all {0} entries are used")]
    LimitReached(i64),
    /// The person is or was on the programme's staff.
    #[error("the programme's staff can't enter")]
    Staff,
    /// The questions are no longer this week's, and an entry was made from them before, or it is too late for them.
    #[error("the questions are not this week's")]
    QuestionsExpired,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

impl From<db::Error> for EnterError {
    fn from(fault: db::Error) -> Self {
        Self::Fault(fault.into())
    }
}

/// Why an entry was not withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// The person has no such entry.
    #[error("no such entry")]
    Unknown,
    /// A reviewer has it, or it is decided or withdrawn: it is in this state.
    #[error("the entry is {0:?}")]
    TooLate(EntryState),
    /// A fault.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Checkpoints {
    /// Checkpoints of `content`; question sets are drawn with a key of the installation's secret.
    pub fn new(core: &Core, content: &ContentStore) -> Self {
        let question_key = core.secret.derive("question sets");
        Self { core: core.clone(), content: content.clone(), question_key }
    }

    /// Takes an entry of `person` to `module`, in the week of its arrival.
    pub async fn enter(&self, person: &PersonId, module: &str, sent: &Submission) -> Result<Entry, EnterError> {
        let now = sent.received_at;
        let mut tx = self.core.db.write().await?;
        if store::is_staff(&mut tx, person).await? {
            return Err(EnterError::Staff);
        }
        let (week, rules) = self.lock_week_at(&mut tx, now).await?;
        require_free(&mut tx, (person, module), &week, sent).await?;
        let limit = rules.entries_per_developer;
        let mut entry = Entry {
            id: EntryId::generate(&self.core.random, now),
            week_seq: store::take_seq(&mut tx, &week.id).await?,
            week: week.id.clone(),
            module: module.to_owned(),
            person: person.clone(),
            entry_no: None,
            drawn_for: sent.drawn_for,
            review_ends_at: None,
            state: EntryState::Submitted,
            reason: None,
            rules_version: rules.version,
            submitted_at: now,
            decided_at: None,
        };
        for _attempt in 0..=limit {
            let number = find_free_number(&mut tx, person, limit).await?;
            entry.entry_no = Some(number.ok_or(EnterError::LimitReached(limit))?);
            if store::add_entry(&mut tx, &entry, &sent.answers, limit).await? {
                tx.commit().await?;
                return Ok(entry);
            }
            // An entry in another week, at the very change of weeks, has taken the number or the questions in between.
            require_free(&mut tx, (person, module), &week, sent).await?;
        }
        Err(EnterError::Fault(anyhow::anyhow!("no number is free for an entry of {}", person.as_str())))
    }

    /// Takes an entry back while no reviewer has it; answers the entry.
    pub async fn withdraw(&self, person: &PersonId, entry: &EntryId) -> Result<Entry, WithdrawError> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let found = store::find_entry(&mut tx, entry).await?.filter(|found| found.person == *person);
        let found = found.ok_or(WithdrawError::Unknown)?;
        if !store::withdraw(&mut tx, entry, now).await? {
            let refused = store::find_entry(&mut tx, entry).await?.unwrap_or(found);
            return Err(WithdrawError::TooLate(refused.at(now).state));
        }
        self.announce(&mut tx, &found.week).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Whether somebody is or was on the staff, who enter no checkpoint.
    pub async fn is_staff(&self, person: &PersonId) -> db::Result<bool> {
        store::is_staff(&mut *self.core.db.read().await?, person).await
    }

    /// The place that the next entry of a week would take now.
    pub async fn find_next_place(&self, week: &WeekId) -> db::Result<i64> {
        store::find_next_seq(&mut *self.core.db.read().await?, week).await
    }

    /// The entry of an id.
    pub async fn find_entry(&self, id: &EntryId) -> db::Result<Option<Entry>> {
        self.find_entry_at(id, self.core.clock.now()).await
    }

    /// The entry of an id as it is at `now`.
    pub async fn find_entry_at(&self, id: &EntryId, now: Timestamp) -> db::Result<Option<Entry>> {
        let entry = store::find_entry(&mut *self.core.db.read().await?, id).await?;
        Ok(entry.map(|entry| entry.at(now)))
    }

    /// What was answered in an entry; no list of entries reads it.
    pub async fn find_answers(&self, id: &EntryId) -> db::Result<Option<Answers>> {
        store::find_answers(&mut *self.core.db.read().await?, id).await
    }

    /// A person's entries, the latest first.
    pub async fn list_of_person(&self, person: &PersonId) -> db::Result<Vec<Entry>> {
        let entries = store::list_of_person(&mut *self.core.db.read().await?, person).await?;
        let now = self.core.clock.now();
        Ok(entries.into_iter().map(|entry| entry.at(now)).collect())
    }

    /// Whether an entry of a person to a module was accepted.
    pub async fn has_accepted(&self, person: &PersonId, module: &str) -> db::Result<bool> {
        store::has_accepted(&mut *self.core.db.read().await?, person, module).await
    }

    /// Up to `limit` entries that wait for a decision at `now`, the longest waiting first.
    pub async fn list_undecided(&self, limit: i64, now: Timestamp) -> db::Result<Vec<Entry>> {
        let entries = store::list_undecided(&mut *self.core.db.read().await?, limit).await?;
        Ok(entries.into_iter().map(|entry| entry.at(now)).collect())
    }

    /// How many entries are not decided, over all weeks.
    pub async fn count_undecided(&self) -> db::Result<i64> {
        store::count_undecided(&mut *self.core.db.read().await?).await
    }

    /// Every week that has had an entry, the latest first.
    pub async fn list_weeks(&self) -> db::Result<Vec<Week>> {
        store::list_weeks(&mut *self.core.db.read().await?).await
    }

    /// The week of an id, with its rules.
    pub async fn find_week(&self, week: &WeekId) -> db::Result<Option<(Week, Rules)>> {
        let mut conn = self.core.db.read().await?;
        let Some(week) = store::find_week(&mut conn, week).await? else { return Ok(None) };
        let rules = rules::find(&mut conn, week.rules_version).await?;
        Ok(Some((week, rules)))
    }

    /// The entries of a week up to the number `last`, in the order of arrival.
    pub async fn list_states(&self, conn: &mut Conn, week: &WeekId, last: i64) -> db::Result<Vec<WeekEntry>> {
        store::list_states(conn, week, last).await
    }

    /// The weeks in which an entry of somebody who is or was on the programme's staff is not decided.
    pub async fn list_weeks_of_staff(&self) -> db::Result<Vec<WeekId>> {
        store::list_weeks_of_staff(&mut *self.core.db.read().await?).await
    }

    /// Hands an entry to a reviewer until `ends_at`, within the caller's transaction; `false` when it is decided. The
    /// entry is locked for the rest of that transaction.
    pub async fn begin_review(&self, conn: &mut Conn, entry: &EntryId, ends_at: Timestamp) -> db::Result<bool> {
        store::begin_review(conn, entry, ends_at).await
    }

    /// Accepts an entry at `now`, within the caller's transaction; `false` when no reviewer has it.
    pub async fn accept(&self, conn: &mut Conn, entry: &Entry, now: Timestamp) -> db::Result<bool> {
        // Whether its author is on the staff is read here, and by awards: each sees what the other has decided.
        store::lock_week(conn, &entry.week).await?;
        if !store::accept(conn, &entry.id, now).await? {
            return Ok(false);
        }
        let accepted = EntryAccepted { person: entry.person.clone(), module: entry.module.clone() };
        self.core.jobs.enqueue(conn, &accepted).await?;
        self.announce(conn, &entry.week).await?;
        Ok(true)
    }

    /// Rejects an entry with a reason at `now`, within the caller's transaction; `false` when no reviewer has it.
    pub async fn reject(&self, conn: &mut Conn, entry: &Entry, reason: &str, now: Timestamp) -> db::Result<bool> {
        if !store::reject(conn, &entry.id, reason, now).await? {
            return Ok(false);
        }
        self.announce(conn, &entry.week).await?;
        Ok(true)
    }

    /// Locks a week for the rest of the caller's transaction, and answers its rules.
    pub async fn lock_week(&self, conn: &mut Conn, week: &WeekId) -> db::Result<Option<Rules>> {
        let Some(week) = store::lock_week(conn, week).await? else { return Ok(None) };
        rules::find(conn, week.rules_version).await.map(Some)
    }

    async fn announce(&self, conn: &mut Conn, week: &WeekId) -> db::Result<()> {
        let changed = RankingChanged { week: week.clone() };
        self.core.jobs.wake(conn, &changed, &changed.key()).await
    }
}

/// Refuses what has its place already: this week's entry, or one from the same questions.
async fn require_free(
    conn: &mut Conn,
    (person, module): (&PersonId, &str),
    week: &Week,
    sent: &Submission,
) -> Result<(), EnterError> {
    if let Some(entry) = store::find_slot(conn, person, module, &week.id).await? {
        return Err(EnterError::AlreadyEntered(entry));
    }
    let starts_at = week.bounds.starts_at;
    if sent.drawn_for == starts_at {
        return Ok(());
    }
    let is_late = sent.drawn_for > starts_at || !open::is_within_grace(starts_at, sent.received_at);
    if is_late || store::find_questions_use(conn, person, module, sent.drawn_for).await? {
        return Err(EnterError::QuestionsExpired);
    }
    Ok(())
}

/// The lowest free number of a person who may make `limit` entries. Numbers beyond it, of an earlier limit, count too.
async fn find_free_number(conn: &mut Conn, person: &PersonId, limit: i64) -> db::Result<Option<i64>> {
    let used = store::list_entry_numbers(conn, person).await?;
    let is_used_up = i64::try_from(used.len()).is_ok_and(|used| used >= limit);
    Ok((1..=limit).find(|number| !used.contains(number)).filter(|_free| !is_used_up))
}
