//! Reviews: a queue in the order of arrival, one reviewer to an entry at a time, and a decision with its reason.
//!
//! Nobody reviews their own entry. A claim runs out after half an hour, so that an entry is never lost with its reviewer,
//! and its author may withdraw it again; a reviewer holds a few at a time. An entry has one decision: of two reviewers who
//! decide at the same time, the second is refused and sees what the first decided.
//!
//! Tables: `review_claims`, `reviews`.

mod jobs;
pub mod mails;
mod model;
pub mod pages;
mod store;

use jiff::Timestamp;

use crate::accounts::{Accounts, Person, PersonId};
use crate::audit::Event;
use crate::checkpoints::{Checkpoints, Entry, EntryId};
use crate::core::Core;
use crate::db::{self, Conn};
use crate::grading::Grading;
use crate::lessons::ContentStore;
use crate::mail::MailId;

use jobs::SendDecision;

pub use jobs::register_jobs;
pub use model::{CLAIM_DURATION, Claim, ClaimStatus, Decision, MAX_CLAIMS, MAX_REASON_CHARS, ReviewId, SubmittedEntry};

/// The review of entries.
#[derive(Clone, Debug)]
pub struct Reviews {
    core: Core,
    accounts: Accounts,
    checkpoints: Checkpoints,
    grading: Grading,
    content: ContentStore,
}

/// Why an entry was not handed out or decided.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// There is no such entry.
    #[error("no such entry")]
    Unknown,
    /// It is the reviewer's own.
    #[error("nobody reviews their own entry")]
    Own,
    /// Another reviewer has it.
    #[error("another reviewer has it")]
    Claimed,
    /// The reviewer has as many as one may have at once.
    #[error("the reviewer has {MAX_CLAIMS} entries already")]
    TooManyClaims,
    /// It was decided or withdrawn.
    #[error("it was decided or withdrawn")]
    Decided,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

impl From<db::Error> for ReviewError {
    fn from(fault: db::Error) -> Self {
        Self::Fault(fault.into())
    }
}

impl Reviews {
    /// Reviews of the entries that `checkpoints` has.
    pub fn new(
        core: &Core,
        (accounts, checkpoints, grading): (&Accounts, &Checkpoints, &Grading),
        content: &ContentStore,
    ) -> Self {
        Self {
            core: core.clone(),
            accounts: accounts.clone(),
            checkpoints: checkpoints.clone(),
            grading: grading.clone(),
            content: content.clone(),
        }
    }

    /// Up to `limit` entries that wait for a decision, the longest waiting first, and who has each from the view of
    /// `reviewer`.
    pub async fn list_queue(&self, reviewer: &PersonId, limit: i64) -> db::Result<Vec<(Entry, ClaimStatus)>> {
        let now = self.core.clock.now();
        let claims = store::list_claims(&mut *self.core.db.read().await?, now).await?;
        let entries = self.checkpoints.list_undecided(limit, now).await?;
        let with_claim = entries.into_iter().map(|entry| {
            let status = ClaimStatus::new(&entry, claims.get(&entry.id), reviewer);
            (entry, status)
        });
        Ok(with_claim.collect())
    }

    /// All that `reviewer` reads of an entry.
    pub async fn find_submitted(&self, reviewer: &PersonId, id: &EntryId) -> db::Result<Option<SubmittedEntry>> {
        let now = self.core.clock.now();
        let Some(entry) = self.checkpoints.find_entry_at(id, now).await? else { return Ok(None) };
        let Some(answers) = self.checkpoints.find_answers(id).await? else { return Ok(None) };
        let claim = store::find_claim(&mut *self.core.db.read().await?, id, now).await?;
        let library = self.content.library();
        let sections = library.find_module(&entry.module).into_iter().flat_map(|module| &module.sections);
        let labs: Vec<String> = sections.filter_map(|section| section.lab.clone()).collect();
        Ok(Some(SubmittedEntry {
            claim: ClaimStatus::new(&entry, claim.as_ref(), reviewer),
            work: self.grading.list_work(&entry.person, &labs).await?,
            flags: self.grading.list_flags(&entry.person).await?,
            entry,
            answers,
        }))
    }

    /// Gives an entry to a reviewer for half an hour; claiming it again moves the end.
    pub async fn claim(&self, reviewer: &Person, entry: &EntryId) -> Result<(), ReviewError> {
        let now = self.core.clock.now();
        self.require_undecided((reviewer, entry), now).await?;
        let expires_at = now + CLAIM_DURATION;
        let mut tx = self.core.db.write().await?;
        self.begin_review(&mut tx, (reviewer, entry), (now, expires_at)).await?;
        store::forget_expired(&mut tx, (entry, &reviewer.id), now).await?;
        if !store::extend_claim(&mut tx, entry, expires_at).await? {
            add_claim(&mut tx, (entry, &reviewer.id), expires_at).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Locks an entry for the rest of the transaction, and refuses one that is decided or that another reviewer has.
    async fn begin_review(
        &self,
        conn: &mut Conn,
        (reviewer, entry): (&Person, &EntryId),
        (now, ends_at): (Timestamp, Timestamp),
    ) -> Result<(), ReviewError> {
        if !self.checkpoints.begin_review(conn, entry, ends_at).await? {
            return Err(ReviewError::Decided);
        }
        let claim = store::find_claim(conn, entry, now).await?;
        if claim.is_some_and(|claim| claim.reviewer != reviewer.id) {
            return Err(ReviewError::Claimed);
        }
        Ok(())
    }

    /// Decides an entry, and enqueues the mail to its author and the new ranking.
    pub async fn decide(&self, reviewer: &Person, entry: &EntryId, decision: &Decision) -> Result<(), ReviewError> {
        let now = self.core.clock.now();
        let found = self.require_undecided((reviewer, entry), now).await?;
        let mut tx = self.core.db.write().await?;
        self.begin_review(&mut tx, (reviewer, entry), (now, now + CLAIM_DURATION)).await?;
        let id = ReviewId::generate(&self.core.random, now);
        if !store::add_review(&mut tx, &id, (entry, &reviewer.id), decision, now).await? {
            return Err(ReviewError::Decided);
        }
        let (action, detail) = match decision {
            Decision::Accept => {
                self.checkpoints.accept(&mut tx, &found, now).await?;
                ("entry.accept", serde_json::json!({}))
            }
            Decision::Reject(reason) => {
                self.checkpoints.reject(&mut tx, &found, reason, now).await?;
                ("entry.reject", serde_json::json!({ "reason": reason }))
            }
        };
        let mail = MailId::generate(&self.core.random, now);
        self.core.jobs.enqueue(&mut tx, &SendDecision { mail, review: id }).await?;
        let event = Event { actor: reviewer.id.as_str(), action, subject: entry.as_str(), detail };
        self.core.audit.record(&mut tx, event, now).await?;
        store::release(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// The entry, unless it is the reviewer's own or decided.
    async fn require_undecided(
        &self,
        (reviewer, entry): (&Person, &EntryId),
        now: Timestamp,
    ) -> Result<Entry, ReviewError> {
        let found = self.checkpoints.find_entry_at(entry, now).await?.ok_or(ReviewError::Unknown)?;
        if found.person == reviewer.id {
            return Err(ReviewError::Own);
        }
        if found.state.is_decided() { Err(ReviewError::Decided) } else { Ok(found) }
    }
}

/// Takes one of the reviewer's places for an entry that nobody has.
async fn add_claim(
    conn: &mut Conn,
    (entry, reviewer): (&EntryId, &PersonId),
    expires_at: Timestamp,
) -> Result<(), ReviewError> {
    for _attempt in 0..=MAX_CLAIMS {
        let used = store::list_claim_numbers(conn, reviewer).await?;
        let number = (1..=MAX_CLAIMS).find(|number| !used.contains(number)).ok_or(ReviewError::TooManyClaims)?;
        if store::add_claim(conn, (entry, reviewer), number, expires_at).await? {
            return Ok(());
        }
        // Another claim of the same reviewer, made at the same time, has taken the place.
    }
    Err(ReviewError::TooManyClaims)
}
