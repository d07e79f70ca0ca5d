//! Another address for an account: a link to the new one verifies it, and the old one gets a notice.

use jiff::Timestamp;

use super::jobs::SendEmailChange;
use super::links::{Link, LinkPurpose, LinkRefusal};
use super::mails::{AlreadyRegisteredMail, ChangeEmailMail};
use super::model::NoticeKind;
use super::store::links::LinkToAdd;
use super::store::{links, people};
use super::{Accounts, Email, LinkError, LinkId, PasswordError, Person, PersonId};
use crate::audit::Event;
use crate::db::{self, Conn};
use crate::id::hash_token;
use crate::jobs::JobError;
use crate::mail::MailId;

impl Accounts {
    /// Has a link sent to the address that a person wants instead of theirs. Whether somebody else has it shows only in the
    /// mailbox.
    pub async fn request_email_change(
        &self,
        person: &PersonId,
        password: &str,
        new: &Email,
    ) -> Result<(), PasswordError> {
        let now = self.core.clock.now();
        let hash = self.verify_password(person, password).await?.ok_or(PasswordError::Wrong)?;
        let mut tx = self.core.db.write().await?;
        people::lock_with_password(&mut tx, person, &hash).await?.ok_or(PasswordError::Wrong)?;
        self.add_email_change(&mut tx, (person.as_str(), person), new, now).await?;
        Ok(tx.commit().await?)
    }

    /// Has a link sent to the address that an admin gives a person; `false` when nobody has the id.
    pub async fn propose_email(&self, admin: &PersonId, person: &PersonId, new: &Email) -> db::Result<bool> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        if people::lock(&mut tx, person).await?.is_none() {
            return Ok(false);
        }
        self.add_email_change(&mut tx, (admin.as_str(), person), new, now).await?;
        let (actor, action, subject) = (admin.as_str(), "person.propose_email", person.as_str());
        self.core.audit.record(&mut tx, Event { actor, action, subject, detail: serde_json::json!({}) }, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn add_email_change(
        &self,
        conn: &mut Conn,
        (actor, person): (&str, &PersonId),
        new: &Email,
        now: Timestamp,
    ) -> db::Result<()> {
        let id = LinkId::generate(&self.core.random, now);
        let row = LinkToAdd {
            id: &id,
            token_hash: &hash_token(&self.link_key.token(id.as_str())),
            purpose: LinkPurpose::ChangeEmail,
            person: Some(person),
            change: Some((new, actor)),
            expires_at: now + LinkPurpose::ChangeEmail.lifetime(),
        };
        links::add(conn, &row, now).await?;
        self.core.jobs.enqueue(conn, &SendEmailChange { mail: self.next_mail(now), link: id }).await
    }

    /// Sends the link to the new address, or, when that is somebody else's, a mail to them that says so. Every attempt
    /// extends the link's lifetime.
    pub(super) async fn send_email_change(&self, mail: &MailId, id: &LinkId) -> Result<(), JobError> {
        let (person, new, holder) = {
            let mut tx = self.core.db.write().await?;
            let Some(link) = links::find(&mut tx, id).await? else { return Ok(()) };
            let expires_at = self.core.clock.now() + LinkPurpose::ChangeEmail.lifetime();
            if !links::renew(&mut tx, id, expires_at).await? {
                return Ok(());
            }
            let Some((person, new)) = find_change(&mut tx, &link).await? else { return Ok(()) };
            let holder = people::find_by_email(&mut tx, &new).await?;
            tx.commit().await?;
            (person, new, holder)
        };
        if let Some(holder) = holder.filter(|holder| holder.id != person.id) {
            let view =
                AlreadyRegisteredMail { name: holder.name, recover_url: format!("{}/recover", self.core.public_url) };
            return self.core.mailer.send(mail, &holder.email, &view).await;
        }
        let token = self.link_key.token(id.as_str());
        let view = ChangeEmailMail { url: format!("{}/account/email/{token}", self.core.public_url) };
        self.core.mailer.send(mail, new.as_str(), &view).await
    }

    /// The old and the new address that a link would exchange; nothing is used up.
    pub async fn find_email_change(&self, token: &str) -> Result<(String, String), LinkError> {
        let mut conn = self.core.db.read().await?;
        let link = self.require_link(&mut conn, token, LinkPurpose::ChangeEmail, self.core.clock.now()).await?;
        let (person, new) = find_change(&mut conn, &link).await?.ok_or(LinkRefusal::Unknown)?;
        let holder = people::find_by_email(&mut conn, &new).await?;
        if holder.is_some_and(|holder| holder.id != person.id) {
            return Err(LinkRefusal::Taken.into());
        }
        Ok((person.email, new.as_str().to_owned()))
    }

    /// Gives an account its new address by the link that verifies it, and sends a notice to the old one. Answers the new one.
    pub async fn change_email(&self, token: &str) -> Result<String, LinkError> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let (link, person) = self.take_link(&mut tx, token, LinkPurpose::ChangeEmail, now).await?;
        let (person, new) = person.zip(new_email(&link)?).ok_or(LinkRefusal::Unknown)?;
        if !people::set_email(&mut tx, &person.id, &new).await? {
            return Err(LinkRefusal::Taken.into());
        }
        // What was mailed to the old address works no longer.
        links::expire_all(&mut tx, &person.id, now).await?;
        self.notify(&mut tx, &person, (NoticeKind::EmailChanged, Some(new.as_str())), now).await?;
        let event = Event {
            actor: link.actor.as_deref().unwrap_or(person.id.as_str()),
            action: "person.change_email",
            subject: person.id.as_str(),
            detail: serde_json::json!({}),
        };
        self.core.audit.record(&mut tx, event, now).await?;
        tx.commit().await?;
        Ok(new.as_str().to_owned())
    }
}

/// Whose address a link changes, and to which; `None` when the account was closed meanwhile.
async fn find_change(conn: &mut Conn, link: &Link) -> db::Result<Option<(Person, Email)>> {
    let Some(id) = &link.person else { return Ok(None) };
    let person = people::find(conn, id).await?.filter(|person| person.closed_at.is_none());
    Ok(person.zip(new_email(link)?))
}

/// The address that a link gives.
fn new_email(link: &Link) -> db::Result<Option<Email>> {
    let Some(text) = &link.email else { return Ok(None) };
    let parsed = Email::parse(text)
        .map_err(|_reason| db::Error::Inconsistent { column: "account_links.email", value: text.clone() })?;
    Ok(Some(parsed))
}
