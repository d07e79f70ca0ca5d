//! Awards, and the mail to a winner.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Prizes;
use super::mails::VoucherMail;
use crate::checkpoints::{EntryId, RankingChanged};
use crate::jobs::{Job, JobError, Queue, Registry};
use crate::mail::{self, MailId};

/// How long an award waits at the most that became certain without a decision.
const AWARD_INTERVAL: SignedDuration = SignedDuration::from_mins(10);

/// Tells somebody that their entry has won a voucher.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendVoucher {
    /// The mail's id.
    pub(super) mail: MailId,
    /// The entry.
    pub(super) entry: EntryId,
}

impl Job for SendVoucher {
    const KIND: &'static str = "prizes.send_voucher";
    const QUEUE: Queue = Queue::Mail;
    const MAX_ATTEMPTS: i64 = mail::MAX_ATTEMPTS;
}

/// Awards what became certain when the author of an undecided entry joined the programme's staff.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct AwardBesideStaff {}

impl Job for AwardBesideStaff {
    const KIND: &'static str = "prizes.award_beside_staff";
}

/// Registers the jobs of this part.
pub fn register_jobs(registry: &mut Registry, prizes: &Prizes) {
    let owner = prizes.clone();
    registry.reconcile(move |job: RankingChanged| {
        let prizes = owner.clone();
        async move {
            prizes.award(&job.week).await?;
            Ok(None)
        }
    });
    let owner = prizes.clone();
    registry.every(AWARD_INTERVAL, move |_award: AwardBesideStaff| {
        let prizes = owner.clone();
        async move { Ok(prizes.award_beside_staff().await?) }
    });
    let owner = prizes.clone();
    registry.on(move |job: SendVoucher| {
        let prizes = owner.clone();
        async move { prizes.mail_voucher(&job).await }
    });
}

impl Prizes {
    async fn mail_voucher(&self, job: &SendVoucher) -> Result<(), JobError> {
        let Some(entry) = self.checkpoints.find_entry(&job.entry).await? else { return Ok(()) };
        let Some(winner) = self.accounts.find_person(&entry.person).await? else { return Ok(()) };
        let Some((_week, rules)) = self.checkpoints.find_week(&entry.week).await? else { return Ok(()) };
        let url = format!("{}/entries/{}", self.core.public_url, entry.id);
        let mail = VoucherMail::new(winner.name, &rules, url);
        self.core.mailer.send(&job.mail, &winner.email, &mail).await
    }
}
