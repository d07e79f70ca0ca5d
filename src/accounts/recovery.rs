//! Passwords forgotten, and passwords changed.

use jiff::Timestamp;

use super::jobs::{SendRecovery, SendVerification};
use super::links::{Link, LinkPurpose, LinkRefusal};
use super::mails::RecoverMail;
use super::model::NoticeKind;
use super::store::links::LinkToAdd;
use super::store::{links, people, registrations, sessions};
use super::{
    Accounts, Email, LinkError, LinkId, PasswordError, Person, PersonId, ResetError, find_password_fault, hash_browser,
};
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
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let person = people::find_by_email(&mut tx, email).await?;
        let pending = registrations::find_pending(&mut tx, email, &hash_browser(browser)).await?;
        let mail = self.next_mail(now);
        if let (None, Some(pending)) = (&person, pending) {
            self.core.jobs.enqueue(&mut tx, &SendVerification { mail, registration: pending.id }).await?;
        } else {
            // For an address without an account the same is done, under an id that nobody has.
            let person = person.map_or_else(|| PersonId::generate(&self.core.random, now), |person| person.id);
            let link = LinkId::generate(&self.core.random, now);
            self.core.jobs.enqueue(&mut tx, &SendRecovery { mail, person, link }).await?;
        }
        tx.commit().await
    }

    /// Makes the link to choose a new password, and sends it; every attempt extends its lifetime.
    pub(super) async fn send_recovery(&self, mail: &MailId, person: &PersonId, link: &LinkId) -> Result<(), JobError> {
        let token = self.link_key.token(link.as_str());
        let person = {
            let now = self.core.clock.now();
            let mut tx = self.core.db.write().await?;
            // An address that is being replaced just now gets no link any more.
            let Some(person) = people::lock(&mut tx, person).await? else { return Ok(()) };
            let row = LinkToAdd {
                id: link,
                token_hash: &hash_token(&token),
                purpose: LinkPurpose::Recover,
                person: Some(&person.id),
                change: None,
                expires_at: now + LinkPurpose::Recover.lifetime(),
            };
            links::add(&mut tx, &row, now).await?;
            if !links::renew(&mut tx, link, row.expires_at).await? {
                return Ok(());
            }
            tx.commit().await?;
            person
        };
        let view = RecoverMail { name: person.name, url: format!("{}/recover/{token}", self.core.public_url) };
        self.core.mailer.send(mail, &person.email, &view).await
    }

    /// Whether a link would still work; nothing is used up.
    pub async fn check_link(&self, token: &str, purpose: LinkPurpose) -> Result<(), LinkError> {
        self.check_link_at(token, purpose, self.core.clock.now()).await
    }

    /// The same at `now`.
    pub(super) async fn check_link_at(
        &self,
        token: &str,
        purpose: LinkPurpose,
        now: Timestamp,
    ) -> Result<(), LinkError> {
        let mut conn = self.core.db.read().await?;
        self.require_link(&mut conn, token, purpose, now).await.map(|_link| ())
    }

    /// The person whose password a mailed link would replace; nothing is used up.
    async fn find_recovering(&self, token: &str, now: Timestamp) -> Result<Person, LinkError> {
        let mut conn = self.core.db.read().await?;
        let link = self.require_link(&mut conn, token, LinkPurpose::Recover, now).await?;
        let person = link.person.ok_or(LinkRefusal::Unknown)?;
        Ok(people::find(&mut conn, &person).await?.ok_or(LinkRefusal::Unknown)?)
    }

    /// Chooses a new password by a mailed link, which ends every session but a new one, whose token is the answer. `site`
    /// are words of the site that no password may rest on.
    pub async fn reset_password(&self, token: &str, password: &str, site: &str) -> Result<String, ResetError> {
        let now = self.core.clock.now();
        let person = self.find_recovering(token, now).await?;
        if let Some(fault) = find_password_fault(password, &[&person.name, &person.email, site]) {
            return Err(ResetError::Weak(fault));
        }
        let password_hash = self.passwords.hash(password).await?;
        let mut tx = self.core.db.write().await?;
        let (_link, person) = self.take_link(&mut tx, token, LinkPurpose::Recover, now).await?;
        let person = person.ok_or(LinkRefusal::Unknown)?;
        self.replace_password(&mut tx, &person, (&password_hash, None), now).await?;
        let session = self.start_session(&mut tx, &person.id, now).await?;
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
        let now = self.core.clock.now();
        let current = self.verify_password(person, password.current).await?.ok_or(PasswordError::Wrong)?;
        let new = self.passwords.hash(password.new).await?;
        let mut tx = self.core.db.write().await?;
        let person = people::lock_with_password(&mut tx, person, &current).await?.ok_or(PasswordError::Wrong)?;
        self.replace_password(&mut tx, &person, (&new, Some(&hash_token(token))), now).await?;
        Ok(tx.commit().await?)
    }

    /// Replaces the password of a person who is locked, ends every session but the one of `kept`'s hash, stops links that
    /// were requested before, and sends a notice.
    async fn replace_password(
        &self,
        conn: &mut Conn,
        person: &Person,
        (password_hash, kept): (&str, Option<&str>),
        now: Timestamp,
    ) -> db::Result<()> {
        people::set_password(conn, &person.id, password_hash).await?;
        sessions::end_others(conn, &person.id, kept, now).await?;
        links::expire_all(conn, &person.id, now).await?;
        self.notify(conn, person, (NoticeKind::PasswordChanged, None), now).await
    }

    pub(super) async fn require_link(
        &self,
        conn: &mut Conn,
        token: &str,
        purpose: LinkPurpose,
        now: Timestamp,
    ) -> Result<Link, LinkError> {
        let link = links::find_by_token(conn, &hash_token(token)).await?.ok_or(LinkRefusal::Unknown)?;
        link.check(purpose, now)?;
        Ok(link)
    }

    /// Uses a link up, and locks its person, who comes with it unless it is nobody's.
    pub(super) async fn take_link(
        &self,
        conn: &mut Conn,
        token: &str,
        purpose: LinkPurpose,
        now: Timestamp,
    ) -> Result<(Link, Option<Person>), LinkError> {
        let link = self.require_link(conn, token, purpose, now).await?;
        let person = match &link.person {
            Some(person) => Some(people::lock(conn, person).await?.ok_or(LinkRefusal::Unknown)?),
            None => None,
        };
        if links::take(conn, &link.id, now).await? { Ok((link, person)) } else { Err(LinkRefusal::Used.into()) }
    }
}
