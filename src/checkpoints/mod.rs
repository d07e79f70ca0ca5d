//! Checkpoints: weeks, entries, and the limits on them.
//!
//! The limits live in the schema: one entry for each person, week and module; at most three for each person in all; one
//! place in a week for each entry, without gaps, in the order of arrival. Server receive time decides the week. A rejected
//! or withdrawn entry frees its slots, and the next one takes a new place.
//!
//! What is asked is drawn from the module's pool for each person and week. Nobody sees the rest of the pool; an entry
//! keeps the ids it was asked as the keys of its answers, and its review shows these.
//!
//! Tables: `weeks`, `rules_versions`, `entries`.

mod model;
pub mod pages;
mod paper;
pub mod store;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::accounts::PersonId;
use crate::clock::Clock;
use crate::db::{self, Conn, Db};
use crate::id::{Random, Secret};
use crate::jobs::{Job, Jobs};
use crate::lessons::{Module, Rules, Shelf};

pub use model::{Answers, Entry, EntryId, EntryState, Standing, Week, WeekId, week_bounds};
pub use paper::{AskedQuestion, Paper, PaperSeed};

/// How long into a week the questions of the week before are still taken, from those who began to write then.
const GRACE: SignedDuration = SignedDuration::from_hours(3);

/// Tells the prizes that something about a week's line has changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct LineChanged {
    /// The week.
    pub week: WeekId,
}

impl Job for LineChanged {
    const KIND: &'static str = "checkpoints.line_changed";
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
    db: Db,
    clock: Clock,
    random: Random,
    jobs: Jobs,
    shelf: Shelf,
    paper_key: [u8; 32],
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
    /// A reviewer has it, or it is decided.
    #[error("the entry is with a reviewer or decided")]
    TooLate,
    /// A fault.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Checkpoints {
    /// Entries kept in `db`, under the rules of the content on `shelf`; what each is asked is drawn with `secret`.
    pub fn new(db: Db, (clock, random): (Clock, Random), jobs: Jobs, shelf: Shelf, secret: &Secret) -> Self {
        Self { db, clock, random, jobs, shelf, paper_key: secret.derive("checkpoint papers") }
    }

    /// The rules in force.
    pub fn rules(&self) -> Rules {
        self.shelf.library().programme().rules.clone()
    }

    /// The week of this instant, whether or not it has entries yet.
    pub fn present_week(&self) -> anyhow::Result<Week> {
        let now = self.clock.now();
        let (starts_at, ends_at) = week_bounds(now, &self.shelf.library().programme().zone)?;
        Ok(Week { id: WeekId::generate(&self.random, now), starts_at, ends_at })
    }

    /// What `person` is asked, with the start of the week for which it was drawn: this one, or the week before for who
    /// `began` in it and finishes soon after its end.
    pub fn find_paper<'m>(
        &self,
        person: &PersonId,
        module: &'m Module,
        began: &str,
    ) -> anyhow::Result<(Timestamp, Paper<'m>)> {
        let mut week = self.present_week()?.starts_at;
        if self.clock.now().duration_since(week) < GRACE {
            let (before, _) =
                week_bounds(week - SignedDuration::from_micros(1), &self.shelf.library().programme().zone)?;
            if began == before.to_string() {
                week = before;
            }
        }
        let names = (person.as_str(), module.slug.as_str(), week.to_string());
        let seed = PaperSeed::derive(&self.paper_key, (names.0, names.1, &names.2));
        Ok((week, Paper::draw(&module.checkpoint, &seed)))
    }

    /// Takes an entry of `person` to `module` with `answers`, in the week of its arrival.
    pub async fn enter(&self, person: &PersonId, module: &str, answers: &Answers) -> Result<Entry, EnterError> {
        let (now, rules) = (self.clock.now(), self.rules());
        let week = self.present_week()?;
        let mut tx = self.db.write().await?;
        let text = serde_json::to_string(&rules).map_err(anyhow::Error::new)?;
        store::add_rules(&mut tx, rules.version, &text, now).await?;
        let week = store::lock_week_of(&mut tx, &week).await?;
        if let Some(entry) = store::find_slot(&mut tx, person, module, &week.id).await? {
            return Err(EnterError::AlreadyEntered(entry));
        }
        let used = store::list_entry_numbers(&mut tx, person).await?;
        let free = (1..=rules.entries_per_developer).find(|number| !used.contains(number));
        let number = free.ok_or(EnterError::LimitReached(rules.entries_per_developer))?;
        let entry = Entry {
            id: EntryId::generate(&self.random, now),
            week_seq: store::take_seq(&mut tx, &week.id).await?,
            week: week.id,
            module: module.to_owned(),
            person: person.clone(),
            entry_no: Some(number),
            state: EntryState::Submitted,
            reason: None,
            rules_version: rules.version,
            answers: answers.clone(),
            submitted_at: now,
            decided_at: None,
        };
        if !store::add_entry(&mut tx, &entry).await? {
            // Only an entry in another week, at the very change of weeks, can have taken the number in between.
            return Err(EnterError::LimitReached(rules.entries_per_developer));
        }
        tx.commit().await?;
        Ok(entry)
    }

    /// Takes an entry back before anyone reviews it.
    pub async fn withdraw(&self, person: &PersonId, entry: &EntryId) -> Result<(), WithdrawError> {
        let mut tx = self.db.write().await?;
        let found = store::find_entry(&mut tx, entry).await?.filter(|found| found.person == *person);
        let found = found.ok_or(WithdrawError::Unknown)?;
        if !store::release(&mut tx, entry, EntryState::Withdrawn, None, self.clock.now()).await? {
            return Err(WithdrawError::TooLate);
        }
        self.announce(&mut tx, &found.week).await?;
        Ok(tx.commit().await?)
    }

    /// The entry of an id.
    pub async fn find_entry(&self, id: &EntryId) -> db::Result<Option<Entry>> {
        store::find_entry(&mut *self.db.read().await?, id).await
    }

    /// A person's entries, the latest first.
    pub async fn list_of_person(&self, person: &PersonId) -> db::Result<Vec<Entry>> {
        store::list_of_person(&mut *self.db.read().await?, person).await
    }

    /// Where a person stands in the present week.
    pub async fn find_standing(&self, person: &PersonId) -> anyhow::Result<Standing> {
        let entries = self.list_of_person(person).await?;
        Ok(Standing::new(self.present_week()?, entries, self.rules().entries_per_developer))
    }

    /// The entries that wait for a decision, the longest waiting first.
    pub async fn list_undecided(&self, limit: i64) -> db::Result<Vec<Entry>> {
        store::list_undecided(&mut *self.db.read().await?, limit).await
    }

    /// How many entries are not decided, over all weeks.
    pub async fn count_undecided(&self) -> db::Result<i64> {
        store::count_undecided(&mut *self.db.read().await?).await
    }

    /// Every week that has had an entry, the latest first.
    pub async fn list_weeks(&self) -> db::Result<Vec<Week>> {
        store::list_weeks(&mut *self.db.read().await?).await
    }

    /// The week of an id.
    pub async fn find_week(&self, week: &WeekId) -> db::Result<Option<Week>> {
        store::find_week(&mut *self.db.read().await?, week).await
    }

    /// The places of a week: id, place and state of every entry in order.
    pub async fn list_places(&self, week: &WeekId) -> db::Result<Vec<(EntryId, i64, EntryState)>> {
        store::list_places(&mut *self.db.read().await?, week).await
    }

    /// The rules of a version; those in force when the version is unknown.
    pub async fn find_rules(&self, version: i64) -> db::Result<Rules> {
        let stored = store::find_rules(&mut *self.db.read().await?, version).await?;
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| self.rules()))
    }

    /// Hands an entry to a reviewer, within the caller's transaction; `false` when it is decided.
    pub async fn begin_review(&self, conn: &mut Conn, entry: &EntryId) -> db::Result<bool> {
        let from = (EntryState::Submitted, EntryState::InReview);
        store::set_state(conn, entry, from, EntryState::InReview, None).await
    }

    /// Accepts an entry, within the caller's transaction; `false` when no reviewer has it.
    pub async fn accept(&self, conn: &mut Conn, entry: &Entry) -> db::Result<bool> {
        let from = (EntryState::InReview, EntryState::InReview);
        let done = store::set_state(conn, &entry.id, from, EntryState::Valid, Some(self.clock.now())).await?;
        let accepted = EntryAccepted { person: entry.person.clone(), module: entry.module.clone() };
        self.jobs.enqueue(conn, &accepted).await?;
        self.announce(conn, &entry.week).await?;
        Ok(done)
    }

    /// Rejects an entry with a reason, within the caller's transaction; `false` when it is decided.
    pub async fn reject(&self, conn: &mut Conn, entry: &Entry, reason: &str) -> db::Result<bool> {
        let done = store::release(conn, &entry.id, EntryState::Rejected, Some(reason), self.clock.now()).await?;
        self.announce(conn, &entry.week).await?;
        Ok(done)
    }

    /// Locks a week's line for the rest of the caller's transaction.
    pub async fn lock_week(&self, conn: &mut Conn, week: &WeekId) -> db::Result<()> {
        store::lock_week(conn, week).await
    }

    async fn announce(&self, conn: &mut Conn, week: &WeekId) -> db::Result<()> {
        self.jobs.enqueue(conn, &LineChanged { week: week.clone() }).await
    }
}
