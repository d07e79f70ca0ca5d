//! Sign-ups: each verifies its own address by its own link, and becomes an account with what was typed at that sign-up.

use jiff::{SignedDuration, Timestamp};

use super::jobs::SendVerification;
use super::mails::{AlreadyRegisteredMail, VerifyMail};
use super::model::Registration;
use super::store::people::NewAccount;
use super::store::registrations::RegistrationToAdd;
use super::store::{people, registrations};
use super::{Accounts, Email, LinkRefusal, NewPerson, RegistrationId, Role, VerifyError, hash_browser};
use crate::db;
use crate::id::hash_token;
use crate::jobs::JobError;
use crate::mail::MailId;
use crate::view::format_time;

/// How long a sign-up's link works after its mail has left.
const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A sign-up as the page shows it that its link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRegistration {
    /// The name as typed.
    pub name: String,
    /// The address as typed.
    pub email: String,
    /// When it was typed.
    pub created_at: Timestamp,
    /// Whether the browser is another one than that which signed up, so that it must give the password.
    pub needs_password: bool,
}

impl Accounts {
    /// Takes a sign-up of a browser and has a mail sent to its address: a link to verify it, or, when it is taken, a mail
    /// to its owner that says so.
    pub async fn sign_up(&self, new: &NewPerson, browser: Option<&str>) -> anyhow::Result<()> {
        let now = self.core.clock.now();
        let password_hash = self.passwords.hash(&new.password).await?;
        let id = RegistrationId::generate(&self.core.random, now);
        let row = RegistrationToAdd {
            id: &id,
            token_hash: &hash_token(&self.link_key.token(id.as_str())),
            email: &new.email,
            name: &new.name,
            password_hash: &password_hash,
            browser_hash: &hash_browser(browser),
            expires_at: now + LINK_LIFETIME,
        };
        let mut tx = self.core.db.write().await?;
        registrations::add(&mut tx, &row, now).await?;
        self.core.jobs.enqueue(&mut tx, &SendVerification { mail: self.next_mail(now), registration: id }).await?;
        Ok(tx.commit().await?)
    }

    /// Asks for the link of a sign-up once more: of the one of this browser, else of the address's newest. Whether there is
    /// one shows only in the mailbox.
    pub async fn request_verification(&self, email: &Email, browser: Option<&str>) -> db::Result<()> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let found = registrations::find_pending(&mut tx, email, &hash_browser(browser)).await?;
        // For an address without a sign-up the same is done, under an id that nothing has.
        let registration =
            found.map_or_else(|| RegistrationId::generate(&self.core.random, now), |registration| registration.id);
        self.core.jobs.enqueue(&mut tx, &SendVerification { mail: self.next_mail(now), registration }).await?;
        tx.commit().await
    }

    /// The sign-up that a link would make an account of; nothing is used up.
    pub async fn find_registration(
        &self,
        token: &str,
        browser: Option<&str>,
    ) -> Result<PendingRegistration, VerifyError> {
        let found = self.require_registration(token, self.core.clock.now()).await?;
        let needs_password = !found.is_of(browser);
        let Registration { name, email, created_at, .. } = found;
        Ok(PendingRegistration { name, email: email.as_str().to_owned(), created_at, needs_password })
    }

    /// Makes an account of a sign-up by its link, and starts a session, whose token is the answer. Another browser than the
    /// one that signed up gives the password that was typed there.
    pub async fn verify(&self, token: &str, browser: Option<&str>, password: &str) -> Result<String, VerifyError> {
        let now = self.core.clock.now();
        let found = self.require_registration(token, now).await?;
        if !found.is_of(browser) && !self.passwords.verify(password, Some(&found.password_hash)).await? {
            return Err(VerifyError::WrongPassword);
        }
        let mut tx = self.core.db.write().await?;
        if !registrations::take(&mut tx, &found.id, now).await? {
            return Err(LinkRefusal::Used.into());
        }
        let Registration { email, name, password_hash, .. } = &found;
        let account = NewAccount { email, name, password_hash, role: Role::Learner };
        let person = self.add_person(&mut tx, &account, now).await?.ok_or(LinkRefusal::Taken)?;
        let session = self.start_session(&mut tx, &person.id, now).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Sends the mail of a sign-up: its link, or, when its address is somebody's already, a mail to them that says so.
    pub(super) async fn send_verification(&self, mail: &MailId, id: &RegistrationId) -> Result<(), JobError> {
        let (found, holder) = {
            let mut conn = self.core.db.read().await?;
            let found = registrations::find(&mut conn, id).await?;
            let Some(found) = found.filter(|found| found.verified_at.is_none()) else { return Ok(()) };
            let holder = people::find_by_email(&mut conn, &found.email).await?;
            (found, holder)
        };
        if let Some(person) = holder {
            let view =
                AlreadyRegisteredMail { name: person.name, recover_url: format!("{}/recover", self.core.public_url) };
            return self.core.mailer.send(mail, &person.email, &view).await;
        }
        let mut tx = self.core.db.write().await?;
        registrations::extend(&mut tx, id, self.core.clock.now() + LINK_LIFETIME).await?;
        tx.commit().await?;
        let view = VerifyMail {
            url: format!("{}/verify/{}", self.core.public_url, self.link_key.token(found.id.as_str())),
            signed_up_at: format_time(found.created_at, &self.zone),
        };
        self.core.mailer.send(mail, found.email.as_str(), &view).await
    }

    async fn require_registration(&self, token: &str, now: Timestamp) -> Result<Registration, VerifyError> {
        let mut conn = self.core.db.read().await?;
        let found = registrations::find_by_token(&mut conn, &hash_token(token)).await?.ok_or(LinkRefusal::Unknown)?;
        if found.verified_at.is_some() {
            return Err(LinkRefusal::Used.into());
        }
        if people::find_by_email(&mut conn, &found.email).await?.is_some() {
            return Err(LinkRefusal::Taken.into());
        }
        if found.expires_at <= now {
            return Err(LinkRefusal::Expired.into());
        }
        Ok(found)
    }
}

impl Registration {
    /// Whether it was made in the browser that has this cookie.
    fn is_of(&self, browser: Option<&str>) -> bool {
        browser.is_some() && self.browser_hash == hash_browser(browser)
    }
}
