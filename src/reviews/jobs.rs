//! The mail about a decision.

use serde::{Deserialize, Serialize};

use super::mails::{EntryAcceptedMail, EntryRejectedMail};
use super::{Decision, ReviewId, Reviews, store};
use crate::jobs::{Job, JobError, Queue, Registry};
use crate::mail::{self, MailId};

/// Tells an entry's author what was decided.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendDecision {
    /// The mail's id.
    pub(super) mail: MailId,
    /// The decision.
    pub(super) review: ReviewId,
}

impl Job for SendDecision {
    const KIND: &'static str = "reviews.send_decision";
    const QUEUE: Queue = Queue::Mail;
    const MAX_ATTEMPTS: i64 = mail::MAX_ATTEMPTS;
}

/// Registers the jobs of this part.
pub fn register_jobs(registry: &mut Registry, reviews: &Reviews) {
    let owner = reviews.clone();
    registry.on(move |job: SendDecision| {
        let reviews = owner.clone();
        async move { reviews.mail_decision(&job).await }
    });
}

impl Reviews {
    async fn mail_decision(&self, job: &SendDecision) -> Result<(), JobError> {
        let found = store::find_review(&mut *self.core.db.read().await?, &job.review).await?;
        let Some((entry, decision)) = found else { return Ok(()) };
        let Some(entry) = self.checkpoints.find_entry(&entry).await? else { return Ok(()) };
        let Some(author) = self.accounts.find_person(&entry.person).await? else { return Ok(()) };
        let title = self.content.library().find_module(&entry.module).map(|module| module.title.clone());
        let module = title.unwrap_or_else(|| entry.module.clone());
        let (name, url) = (author.name, format!("{}/entries/{}", self.core.public_url, entry.id));
        match decision {
            Decision::Accept => {
                self.core.mailer.send(&job.mail, &author.email, &EntryAcceptedMail { name, module, url }).await
            }
            Decision::Reject(reason) => {
                self.core.mailer.send(&job.mail, &author.email, &EntryRejectedMail { name, module, reason, url }).await
            }
        }
    }
}
