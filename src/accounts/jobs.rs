//! Background jobs: mails and pruning. Whether a mail goes out is decided after the response, so that the response does not
//! show whether an address is known.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::model::NoticeId;
use super::store::{links, notices, registrations, sessions};
use super::{Accounts, LinkId, PersonId, RegistrationId};
use crate::db;
use crate::jobs::{Job, Queue, Registry};
use crate::mail::{self, MailId};

/// How often what is over is deleted.
const PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// How long a used or expired link is kept, so that its page can say so; and how long a notice is attempted.
const KEEP_LINKS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a session that ended is kept.
const KEEP_SESSIONS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Sends the mail of a sign-up.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendVerification {
    /// The mail.
    pub mail: MailId,
    /// The sign-up.
    pub registration: RegistrationId,
}

impl Job for SendVerification {
    const KIND: &'static str = "accounts.send_verification";
    const QUEUE: Queue = Queue::Mail;
    const MAX_ATTEMPTS: i64 = mail::MAX_ATTEMPTS;
}

/// Sends a link to choose a new password.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendRecovery {
    /// The mail.
    pub mail: MailId,
    /// Whose password.
    pub person: PersonId,
    /// The link, which is made when the mail is.
    pub link: LinkId,
}

impl Job for SendRecovery {
    const KIND: &'static str = "accounts.send_recovery";
    const QUEUE: Queue = Queue::Mail;
    const MAX_ATTEMPTS: i64 = mail::MAX_ATTEMPTS;
}

/// Sends a link to verify a new address.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendEmailChange {
    /// The mail.
    pub mail: MailId,
    /// The link.
    pub link: LinkId,
}

impl Job for SendEmailChange {
    const KIND: &'static str = "accounts.send_email_change";
    const QUEUE: Queue = Queue::Mail;
    const MAX_ATTEMPTS: i64 = mail::MAX_ATTEMPTS;
}

/// Sends the notice of a change to an account.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendNotice {
    /// The mail.
    pub mail: MailId,
    /// The notice.
    pub notice: NoticeId,
}

impl Job for SendNotice {
    const KIND: &'static str = "accounts.send_notice";
    const QUEUE: Queue = Queue::Mail;
    const MAX_ATTEMPTS: i64 = mail::MAX_ATTEMPTS;
}

/// An account was closed, for parts above to end what runs for it.
#[derive(Debug, Serialize, Deserialize)]
pub struct PersonClosed {
    /// Whose.
    pub person: PersonId,
}

impl Job for PersonClosed {
    const KIND: &'static str = "accounts.person_closed";
}

/// Deletes sign-ups, links, sessions and notices that are over.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Prune {}

impl Job for Prune {
    const KIND: &'static str = "accounts.prune";
    const QUEUE: Queue = Queue::Maintenance;
}

/// Registers the jobs of this part.
pub fn register_jobs(registry: &mut Registry, accounts: &Accounts) {
    let own = accounts.clone();
    registry.on(move |job: SendVerification| {
        let accounts = own.clone();
        async move { accounts.send_verification(&job.mail, &job.registration).await }
    });
    let own = accounts.clone();
    registry.on(move |job: SendRecovery| {
        let accounts = own.clone();
        async move { accounts.send_recovery(&job.mail, &job.person, &job.link).await }
    });
    let own = accounts.clone();
    registry.on(move |job: SendEmailChange| {
        let accounts = own.clone();
        async move { accounts.send_email_change(&job.mail, &job.link).await }
    });
    let own = accounts.clone();
    registry.on(move |job: SendNotice| {
        let accounts = own.clone();
        async move { accounts.send_notice(&job.mail, &job.notice).await }
    });
    let own = accounts.clone();
    registry.every(PRUNE_EVERY, move |_job: Prune| {
        let accounts = own.clone();
        async move { Ok(accounts.prune().await?) }
    });
}

impl Accounts {
    /// Deletes what is over.
    pub async fn prune(&self) -> db::Result<()> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let registrations = registrations::prune(&mut tx, now - KEEP_LINKS, now).await?;
        let links = links::prune(&mut tx, now - KEEP_LINKS).await?;
        let notices = notices::prune(&mut tx, now - KEEP_LINKS).await?;
        let sessions = sessions::prune(&mut tx, now - KEEP_SESSIONS).await?;
        tx.commit().await?;
        tracing::debug!(registrations, links, notices, sessions, "accounts pruned");
        Ok(())
    }
}
