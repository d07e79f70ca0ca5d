//! Passwords forgotten, and passwords changed.

use super::jobs::{SendRecovery, SendVerification};
use super::links::{Link, LinkPurpose, LinkRefusal};
use super::mails::RecoverMail;
use super::model::NoticeKind;
use super::store::links::LinkToAdd;
use super::store::{links, people, registrations, sessions};
use super::{Accounts, Email, LinkError, LinkId, PasswordError, Person, PersonId, hash_browser};
use crate::db::{self, Conn};
use crate::id::hash_token;
use crate::jobs::JobError;
use crate::mail::MailId;

/// A password to be changed.
#[derive(Debug)]
pub struct ChangedPassword<'a> {
    /// The one that it is.
    pub current: &'a str,
    /// The one that it is to be.
    pub new: &'a str,
}

impl Accounts {
    /// Asks for a link to choose a new password; whether somebody has the address shows only in their mailbox. Somebody
    /// whose sign-up waits for its link gets that.
    pub async fn request_recovery(&self, email: &Email, browser: Option<&str>) -> db::Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let person = people::find_by_email(&mut tx, email).await?;
        let waiting = registrations::find_waiting(&mut tx, email, &hash_browser(browser)).await?;
        let mail = self.next_mail();
        if let (None, Some(waiting)) = (&person, waiting) {
            self.jobs.enqueue(&mut tx, &SendVerification { mail, registration: waiting.id }).await?;
        } else {
            // For an address without an account the same is done, under an id that nobody has.
            let person = person.map_or_else(|| PersonId::generate(&self.random, now), |person| person.id);
            let link = LinkId::generate(&self.random, now);
            self.jobs.enqueue(&mut tx, &SendRecovery { mail, person, link }).await?;
        }
        tx.commit().await
    }

    /// Makes the link to choose a new password, and sends it; its time begins anew with every try.
    pub(super) async fn send_recovery(&self, mail: &MailId, person: &PersonId, link: &LinkId) -> Result<(), JobError> {
        let token = self.link_key.token(link.as_str());
        let person = {
            let now = self.clock.now();
            let mut tx = self.db.write().await?;
            let found = people::find(&mut tx, person).await?;
            let Some(person) = found.filter(|person| person.closed_at.is_none()) else { return Ok(()) };
            let row = LinkToAdd {
                id: link,
                token_hash: &hash_token(&token),
                purpose: LinkPurpose::Recover,
                person: Some(&person.id),
                change: None,
                expires_at: now + LinkPurpose::Recover.lasts(),
            };
            links::add(&mut tx, &row, now).await?;
            if !links::renew(&mut tx, link, row.expires_at).await? {
                return Ok(());
            }
            tx.commit().await?;
            person
        };
        let view = RecoverMail { name: person.name, url: format!("{}/recover/{token}", self.public_url) };
        self.mailer.send(mail, &person.email, &view).await
    }

    /// Whether a link would still work; nothing is used up.
    pub async fn check_link(&self, token: &str, purpose: LinkPurpose) -> Result<(), LinkError> {
        let mut conn = self.db.read().await?;
        self.require_link(&mut conn, token, purpose).await.map(|_link| ())
    }

    /// The person whose password a mailed link would replace; nothing is used up.
    pub async fn find_recovering(&self, token: &str) -> Result<Person, LinkError> {
        let mut conn = self.db.read().await?;
        let person = self.require_link(&mut conn, token, LinkPurpose::Recover).await?.person;
        let person = person.ok_or(LinkRefusal::Unknown)?;
        Ok(people::find(&mut conn, &person).await?.ok_or(LinkRefusal::Unknown)?)
    }

    /// Chooses a new password by a mailed link, which ends every session but a new one, whose token is the answer.
    pub async fn reset_password(&self, token: &str, password: &str) -> Result<String, LinkError> {
        self.check_link(token, LinkPurpose::Recover).await?;
        let password_hash = self.passwords.hash(password).await?;
        let mut tx = self.db.write().await?;
        let person = self.take_link(&mut tx, token, LinkPurpose::Recover).await?.person.ok_or(LinkRefusal::Unknown)?;
        if !self.replace_password(&mut tx, &person, &password_hash, None).await? {
            return Err(LinkRefusal::Unknown.into());
        }
        let session = self.start_session_in(&mut tx, &person).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Changes the password of a signed-in person, and ends their other sessions.
    pub async fn change_password(
        &self,
        person: &PersonId,
        token: &str,
        password: ChangedPassword<'_>,
    ) -> Result<(), PasswordError> {
        if !self.verify_password(person, password.current).await? {
            return Err(PasswordError::Wrong);
        }
        let password_hash = self.passwords.hash(password.new).await?;
        let mut tx = self.db.write().await?;
        if !self.replace_password(&mut tx, person, &password_hash, Some(&hash_token(token))).await? {
            return Err(PasswordError::Wrong);
        }
        Ok(tx.commit().await?)
    }

    /// Replaces a password, ends every session but the one of `kept`'s hash, stops links that were asked for before, and
    /// tells the person; `false` when the account is closed.
    async fn replace_password(
        &self,
        conn: &mut Conn,
        person: &PersonId,
        password_hash: &str,
        kept: Option<&str>,
    ) -> db::Result<bool> {
        let now = self.clock.now();
        if !people::set_password(conn, person, password_hash).await? {
            return Ok(false);
        }
        sessions::end_others(conn, person, kept, now).await?;
        links::expire_all(conn, person, now).await?;
        if let Some(person) = people::find(conn, person).await? {
            self.notify(conn, &person, NoticeKind::PasswordChanged, None).await?;
        }
        Ok(true)
    }

    pub(super) async fn require_link(
        &self,
        conn: &mut Conn,
        token: &str,
        purpose: LinkPurpose,
    ) -> Result<Link, LinkError> {
        let link = links::find_by_token(conn, &hash_token(token)).await?.ok_or(LinkRefusal::Unknown)?;
        link.check(purpose, self.clock.now())?;
        Ok(link)
    }

    pub(super) async fn take_link(
        &self,
        conn: &mut Conn,
        token: &str,
        purpose: LinkPurpose,
    ) -> Result<Link, LinkError> {
        let link = self.require_link(conn, token, purpose).await?;
        if links::take(conn, &link.id, self.clock.now()).await? { Ok(link) } else { Err(LinkRefusal::Used.into()) }
    }
}
