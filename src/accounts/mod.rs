//! People: sign up, verify, sign in, recover, roles.
//!
//! A known and an unknown address get the same answer in the same time: a sign-in hashes either way, a sign-up sends a
//! mail either way, and a recovery is looked up by a job after the answer has gone.
//!
//! Tables: `people`, `sessions` (on a device, by the hash of their token) and `account_links` (links that work
//! once).

mod email;
pub mod guards;
mod jobs;
mod list;
pub mod mails;
mod model;
mod names;
pub mod pages;
mod parts;
mod password_rules;
mod passwords;
mod refusal;
mod search;
mod settings;
mod sign_up;
pub mod store;

use crate::audit::{Audit, Event};
use crate::clock::Clock;
use crate::db::{self, Conn, Db};
use crate::id::{Random, hash_token};
use crate::jobs::Jobs;
use crate::mail::Mailer;

pub use email::{Email, InvalidEmail};
pub use jobs::{SendRecovery, SendVerification, register_jobs};
pub use model::{Link, LinkId, LinkPurpose, LinkRefusal, Person, PersonId, Role, SESSION_LASTS, Session, SessionId};
pub use names::parse_name;
pub use parts::AccountParts;
pub use password_rules::{MIN_PASSWORD_CHARS, find_password_fault};
pub use refusal::{ChangePasswordError, LinkError, SetRoleError, SignInError};
pub use settings::AccountSettings;
pub use sign_up::{NewPerson, SignUpFaults};

use jiff::{SignedDuration, Timestamp};
use mails::{AlreadyRegisteredMail, RecoverMail, VerifyMail};
use passwords::Passwords;
use store::links::LinkToAdd;
use store::people::PersonToAdd;
use store::{links, people, sessions};

/// How old a session's last visit must be before another is noted, so that reading pages does not write.
const TOUCH_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// The people of the installation.
#[derive(Clone, Debug)]
pub struct Accounts {
    db: Db,
    clock: Clock,
    random: Random,
    jobs: Jobs,
    mailer: Mailer,
    audit: Audit,
    passwords: Passwords,
    public_url: String,
}

impl Accounts {
    /// The people kept in the parts' database.
    pub fn new(parts: AccountParts, settings: &AccountSettings) -> anyhow::Result<Self> {
        let AccountParts { db, clock, random, jobs, mailer, audit, public_url } = parts;
        let passwords = Passwords::new(settings, random.clone())?;
        Ok(Self { db, clock, random, jobs, mailer, audit, passwords, public_url })
    }

    /// Takes a sign-up and sends a mail to the address: a link to prove it, or, when it is taken, word of that.
    pub async fn sign_up(&self, new: &NewPerson) -> anyhow::Result<()> {
        let password_hash = self.passwords.hash(&new.password).await?;
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let id = PersonId::generate(&self.random, now);
        let row = PersonToAdd {
            id: &id,
            email: &new.email,
            name: &new.name,
            password_hash: &password_hash,
            role: Role::Learner,
            verified_at: None,
        };
        if people::add(&mut tx, &row, now).await? {
            self.send_link(&mut tx, (&id, &new.name, new.email.as_str()), LinkPurpose::Verify).await?;
        } else if let Some(known) = people::find_by_email(&mut tx, &new.email).await? {
            if known.verified_at.is_some() {
                let mail =
                    AlreadyRegisteredMail { name: known.name, recover_url: format!("{}/recover", self.public_url) };
                self.mailer.queue(&mut tx, &known.email, &mail).await?;
            } else {
                // Nobody has proven the address yet, so the latest sign-up counts: whoever reads the mail decides.
                people::set_password(&mut tx, &known.id, &password_hash).await?;
                people::set_name(&mut tx, &known.id, &new.name).await?;
                self.send_link(&mut tx, (&known.id, &new.name, &known.email), LinkPurpose::Verify).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Adds somebody whose address needs no proof; `None` when it is taken.
    pub async fn create_person(&self, new: &NewPerson, role: Role, actor: &str) -> anyhow::Result<Option<Person>> {
        let password_hash = self.passwords.hash(&new.password).await?;
        let mut tx = self.db.write().await?;
        let Some(person) = self.add_verified(&mut tx, new, &password_hash, role).await? else { return Ok(None) };
        self.audit_role(&mut tx, (actor, "person.create"), &person.id, role).await?;
        tx.commit().await?;
        Ok(Some(person))
    }

    /// Asks for a fresh link to prove an address; whether somebody has it shows only in their mailbox.
    pub async fn request_verification(&self, email: &Email) -> db::Result<()> {
        let mut tx = self.db.write().await?;
        self.jobs.enqueue(&mut tx, &SendVerification { email: email.as_str().to_owned() }).await?;
        tx.commit().await
    }

    /// Asks for a link to choose a new password; whether somebody has the address shows only in their mailbox.
    pub async fn request_recovery(&self, email: &Email) -> db::Result<()> {
        let mut tx = self.db.write().await?;
        self.jobs.enqueue(&mut tx, &SendRecovery { email: email.as_str().to_owned() }).await?;
        tx.commit().await
    }

    /// Whether a link would still work; nothing is used up.
    pub async fn check_link(&self, token: &str, purpose: LinkPurpose) -> Result<(), LinkError> {
        let found = links::find(&mut *self.db.read().await?, &hash_token(token)).await?;
        Ok(found.ok_or(LinkRefusal::Unknown)?.check(purpose, self.clock.now())?)
    }

    /// Proves an address by its link, and starts a session: the token is the answer.
    pub async fn verify(&self, token: &str) -> Result<String, LinkError> {
        let mut tx = self.db.write().await?;
        let person = self.take_link(&mut tx, token, LinkPurpose::Verify).await?.ok_or(LinkRefusal::Unknown)?;
        people::set_verified(&mut tx, &person, self.clock.now()).await?;
        let session = self.start_session_in(&mut tx, &person).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Starts a session for the right address and password: the token is the answer.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<String, SignInError> {
        let (person, stored) = self.find_with_password(email).await?;
        let right = self.passwords.verify(password, stored.as_deref()).await?;
        let person = person.filter(|_known| right).ok_or(SignInError::Wrong)?;
        if person.verified_at.is_none() {
            return Err(SignInError::Unverified);
        }
        Ok(self.start_session(&person.id).await?)
    }

    /// Starts a session of a person who has proven who they are: the token is the answer.
    pub async fn start_session(&self, person: &PersonId) -> db::Result<String> {
        let mut tx = self.db.write().await?;
        let token = self.start_session_in(&mut tx, person).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The person whose session has this token, unless it ended or ran out.
    pub async fn find_signed_in(&self, token: &str) -> db::Result<Option<Person>> {
        let (hash, now) = (hash_token(token), self.clock.now());
        let found = sessions::find_signed_in(&mut *self.db.read().await?, &hash, now).await?;
        let Some((person, last_seen_at)) = found else { return Ok(None) };
        if now.duration_since(last_seen_at) >= TOUCH_AFTER {
            self.touch(&hash, now).await.or_else(db::pass_over("a visit"))?;
        }
        Ok(Some(person))
    }

    async fn touch(&self, token_hash: &str, now: Timestamp) -> db::Result<()> {
        let mut tx = self.db.write().await?;
        sessions::touch(&mut tx, token_hash, now, now + SESSION_LASTS).await?;
        tx.commit().await
    }

    /// Ends the session of a token.
    pub async fn sign_out(&self, token: &str) -> db::Result<()> {
        let mut tx = self.db.write().await?;
        sessions::end(&mut tx, &hash_token(token), self.clock.now()).await?;
        tx.commit().await
    }

    /// Ends every session of a person but the one of `token`; answers how many ended.
    pub async fn sign_out_others(&self, person: &PersonId, token: &str) -> db::Result<u64> {
        let mut tx = self.db.write().await?;
        let ended = sessions::end_others(&mut tx, person, Some(&hash_token(token)), self.clock.now()).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// The sessions of a person that have not ended, the latest seen first.
    pub async fn list_sessions(&self, person: &PersonId, token: &str) -> db::Result<Vec<Session>> {
        sessions::list(&mut *self.db.read().await?, person, &hash_token(token), self.clock.now()).await
    }

    /// Chooses a new password by a mailed link, which proves the address too and ends every session but a new one, whose
    /// token is the answer.
    pub async fn reset_password(&self, token: &str, password: &str) -> Result<String, LinkError> {
        self.check_link(token, LinkPurpose::Recover).await?;
        let password_hash = self.passwords.hash(password).await?;
        let mut tx = self.db.write().await?;
        let person = self.take_link(&mut tx, token, LinkPurpose::Recover).await?.ok_or(LinkRefusal::Unknown)?;
        let now = self.clock.now();
        people::set_password(&mut tx, &person, &password_hash).await?;
        people::set_verified(&mut tx, &person, now).await?;
        sessions::end_others(&mut tx, &person, None, now).await?;
        let session = self.start_session_in(&mut tx, &person).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Changes the password of a signed-in person, and ends their other sessions.
    pub async fn change_password(
        &self,
        person: &PersonId,
        token: &str,
        (current, new): (&str, &str),
    ) -> Result<(), ChangePasswordError> {
        let stored = people::find_password_hash(&mut *self.db.read().await?, person).await?;
        if !self.passwords.verify(current, stored.as_deref()).await? {
            return Err(ChangePasswordError::Wrong);
        }
        let password_hash = self.passwords.hash(new).await?;
        let mut tx = self.db.write().await?;
        people::set_password(&mut tx, person, &password_hash).await?;
        sessions::end_others(&mut tx, person, Some(&hash_token(token)), self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Changes the name a person goes by.
    pub async fn rename(&self, person: &PersonId, name: &str) -> db::Result<()> {
        let mut tx = self.db.write().await?;
        people::set_name(&mut tx, person, name.trim()).await?;
        tx.commit().await
    }

    /// Makes the one-time link for the first admin, in place of any earlier one; `None` once there is an admin.
    pub async fn create_first_admin_link(&self) -> db::Result<Option<String>> {
        let mut tx = self.db.write().await?;
        if people::count_role(&mut tx, Role::Admin).await? > 0 {
            return Ok(None);
        }
        let token = self.add_link(&mut tx, None, LinkPurpose::FirstAdmin).await?;
        tx.commit().await?;
        Ok(Some(format!("{}/first-admin/{token}", self.public_url)))
    }

    /// Makes the first admin by the one-time link, and starts their session; the inner `None` is a taken address.
    pub async fn claim_first_admin(&self, token: &str, new: &NewPerson) -> Result<Option<String>, LinkError> {
        self.check_link(token, LinkPurpose::FirstAdmin).await?;
        let password_hash = self.passwords.hash(&new.password).await?;
        let mut tx = self.db.write().await?;
        self.take_link(&mut tx, token, LinkPurpose::FirstAdmin).await?;
        if people::count_role(&mut tx, Role::Admin).await? > 0 {
            return Err(LinkRefusal::Used.into());
        }
        let added = self.add_verified(&mut tx, new, &password_hash, Role::Admin).await?;
        let Some(person) = added else { return Ok(None) };
        self.audit_role(&mut tx, ("system", "person.first_admin"), &person.id, Role::Admin).await?;
        let session = self.start_session_in(&mut tx, &person.id).await?;
        tx.commit().await?;
        Ok(Some(session))
    }

    /// Changes a person's role; the last admin stays one.
    pub async fn set_role(&self, actor: &str, person: &PersonId, role: Role) -> Result<(), SetRoleError> {
        let mut tx = self.db.write().await?;
        let admins = people::lock_and_count_admins(&mut tx).await?;
        let current = people::find(&mut tx, person).await?.ok_or(SetRoleError::Unknown)?;
        if current.role == role {
            return Ok(());
        }
        if current.role == Role::Admin && admins <= 1 {
            return Err(SetRoleError::LastAdmin);
        }
        people::set_role(&mut tx, person, role).await?;
        self.audit_role(&mut tx, (actor, "person.set_role"), person, role).await?;
        Ok(tx.commit().await?)
    }

    /// Ends every session of a person, by an admin's will; answers how many ended.
    pub async fn sign_out_everywhere(&self, actor: &PersonId, person: &PersonId) -> db::Result<u64> {
        let mut tx = self.db.write().await?;
        let ended = sessions::end_others(&mut tx, person, None, self.clock.now()).await?;
        let detail = serde_json::json!({ "sessions": ended });
        let event = Event { actor: actor.as_str(), action: "person.sign_out", subject: person.as_str(), detail };
        self.audit.record(&mut tx, event).await?;
        tx.commit().await?;
        Ok(ended)
    }

    pub(crate) async fn send_verification(&self, email: &Email) -> anyhow::Result<()> {
        let mut tx = self.db.write().await?;
        if let Some(person) = people::find_by_email(&mut tx, email).await?.filter(|person| person.verified_at.is_none())
        {
            self.send_link(&mut tx, (&person.id, &person.name, &person.email), LinkPurpose::Verify).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(crate) async fn send_recovery(&self, email: &Email) -> anyhow::Result<()> {
        let mut tx = self.db.write().await?;
        if let Some(person) = people::find_by_email(&mut tx, email).await? {
            self.send_link(&mut tx, (&person.id, &person.name, &person.email), LinkPurpose::Recover).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn find_with_password(&self, email: &str) -> db::Result<(Option<Person>, Option<String>)> {
        let Ok(email) = Email::parse(email) else { return Ok((None, None)) };
        let mut conn = self.db.read().await?;
        let Some(person) = people::find_by_email(&mut conn, &email).await? else { return Ok((None, None)) };
        let stored = people::find_password_hash(&mut conn, &person.id).await?;
        Ok((Some(person), stored))
    }

    async fn add_verified(
        &self,
        conn: &mut Conn,
        new: &NewPerson,
        password_hash: &str,
        role: Role,
    ) -> db::Result<Option<Person>> {
        let now = self.clock.now();
        let id = PersonId::generate(&self.random, now);
        let row =
            PersonToAdd { id: &id, email: &new.email, name: &new.name, password_hash, role, verified_at: Some(now) };
        if people::add(conn, &row, now).await? { people::find(conn, &id).await } else { Ok(None) }
    }

    async fn start_session_in(&self, conn: &mut Conn, person: &PersonId) -> db::Result<String> {
        let (token, now) = (self.random.token(), self.clock.now());
        let id = SessionId::generate(&self.random, now);
        sessions::add(conn, &id, &hash_token(&token), person, (now, now + SESSION_LASTS)).await?;
        Ok(token)
    }

    async fn add_link(&self, conn: &mut Conn, person: Option<&PersonId>, purpose: LinkPurpose) -> db::Result<String> {
        let (token, now) = (self.random.token(), self.clock.now());
        let id = LinkId::generate(&self.random, now);
        let token_hash = hash_token(&token);
        let link = LinkToAdd { id: &id, token_hash: &token_hash, purpose, person, expires_at: now + purpose.lasts() };
        links::replace(conn, &link, now).await?;
        Ok(token)
    }

    async fn send_link(
        &self,
        conn: &mut Conn,
        (person, name, email): (&PersonId, &str, &str),
        purpose: LinkPurpose,
    ) -> anyhow::Result<()> {
        let token = self.add_link(conn, Some(person), purpose).await?;
        let name = name.to_owned();
        if purpose == LinkPurpose::Verify {
            let mail = VerifyMail { name, url: format!("{}/verify/{token}", self.public_url) };
            self.mailer.queue(conn, email, &mail).await
        } else {
            let mail = RecoverMail { name, url: format!("{}/recover/{token}", self.public_url) };
            self.mailer.queue(conn, email, &mail).await
        }
    }

    async fn take_link(
        &self,
        conn: &mut Conn,
        token: &str,
        purpose: LinkPurpose,
    ) -> Result<Option<PersonId>, LinkError> {
        let (hash, now) = (hash_token(token), self.clock.now());
        let link = links::find(conn, &hash).await?.ok_or(LinkRefusal::Unknown)?;
        link.check(purpose, now)?;
        if links::take(conn, &hash, now).await? { Ok(link.person) } else { Err(LinkRefusal::Used.into()) }
    }

    async fn audit_role(
        &self,
        conn: &mut Conn,
        (actor, action): (&str, &str),
        person: &PersonId,
        role: Role,
    ) -> db::Result<()> {
        let detail = serde_json::json!({ "role": role.as_str() });
        self.audit.record(conn, Event { actor, action, subject: person.as_str(), detail }).await
    }
}
