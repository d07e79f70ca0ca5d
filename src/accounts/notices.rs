//! Notices of changes to accounts, sent to the address that the account had before the change.

use jiff::Timestamp;

use super::jobs::SendNotice;
use super::mails::{ClosedMail, EmailChangedMail, PasswordChangedMail};
use super::model::{Notice, NoticeId, NoticeKind};
use super::store::notices;
use super::{Accounts, Person};
use crate::db::{self, Conn};
use crate::jobs::JobError;
use crate::mail::MailId;
use crate::view::format_time;

impl Accounts {
    /// Enqueues the notice of a change to an account.
    pub(super) async fn notify(
        &self,
        conn: &mut Conn,
        person: &Person,
        (kind, detail): (NoticeKind, Option<&str>),
        now: Timestamp,
    ) -> db::Result<()> {
        let notice = Notice {
            id: NoticeId::generate(&self.core.random, now),
            kind,
            email: person.email.clone(),
            name: person.name.clone(),
            detail: detail.map(str::to_owned),
            created_at: now,
        };
        notices::add(conn, &notice).await?;
        self.core.jobs.enqueue(conn, &SendNotice { mail: self.next_mail(now), notice: notice.id }).await
    }

    /// Sends a notice, and forgets it.
    pub(super) async fn send_notice(&self, mail: &MailId, id: &NoticeId) -> Result<(), JobError> {
        let found = notices::find(&mut *self.core.db.read().await?, id).await?;
        let Some(Notice { kind, email, name, detail, created_at, .. }) = found else { return Ok(()) };
        let (changed_at, recover_url) =
            (format_time(created_at, &self.zone), format!("{}/recover", self.core.public_url));
        match kind {
            NoticeKind::PasswordChanged => {
                self.core.mailer.send(mail, &email, &PasswordChangedMail { name, changed_at, recover_url }).await?;
            }
            NoticeKind::EmailChanged => {
                let new = detail.unwrap_or_default();
                self.core.mailer.send(mail, &email, &EmailChangedMail { name, new, changed_at }).await?;
            }
            NoticeKind::Closed => {
                self.core.mailer.send(mail, &email, &ClosedMail { name, reason: detail, changed_at }).await?;
            }
        }
        let mut tx = self.core.db.write().await?;
        notices::delete(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }
}
