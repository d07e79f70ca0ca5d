//! People: sign up, verify, sign in, recover, change, close; and roles.
//!
//! A known and an unknown address get the same answer in the same time: a sign-in hashes either way, and what mail goes out
//! for a form is decided by a job after the answer has gone.
//!
//! A sign-up is a row of its own until its link is followed, so everybody in `people` has a verified address. A link's token
//! is made of its id by the installation's secret, so that a mail that is sent again carries the same one.
//!
//! Tables: `people`, `registrations` (sign-ups), `sessions` (by the hash of their token), `account_links` (links that work
//! once), `account_notices` (what people are still to be told) and `account_locks`.
//!
//! # Files
//! - The verbs of [`Accounts`] by subject: `registrations` (sign up, verify), `sessions` (sign in and out), `recovery`
//!   (passwords), `addresses` (another address), `closing`, `first_admin`, `list` (people as an admin sees them), `notices`.
//! - Rules without I/O: `sign_up`, `email`, `names`, `password_rules` with `password_words`, `links`, `search`.
//! - `passwords` hashes them; `refusal` has the errors of the verbs; `guards` has the roles that handlers take as parameters.

mod addresses;
mod closing;
mod email;
mod first_admin;
pub mod guards;
mod jobs;
mod links;
mod list;
pub mod mails;
mod model;
mod names;
mod notices;
pub mod pages;
mod password_rules;
mod password_words;
mod passwords;
mod recovery;
mod refusal;
mod registrations;
mod search;
mod sessions;
mod settings;
mod sign_up;
mod store;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::audit::Event;
use crate::core::Core;
use crate::db::{self, Conn};
use crate::id::hash_token;
use crate::mail::MailId;

pub use email::{Email, InvalidEmail};
pub use first_admin::FirstAdminLink;
pub use jobs::{PersonClosed, register_jobs};
pub use links::{Link, LinkPurpose, LinkRefusal};
pub use model::{LinkId, NoticeId, Person, PersonId, RegistrationId, Role, SESSION_LIFETIME, Session, SessionId};
pub use names::parse_name;
pub use password_rules::{MIN_PASSWORD_CHARS, find_password_fault};
pub use recovery::ChangedPassword;
pub use refusal::{CloseError, LinkError, PasswordError, ResetError, SetRoleError, SignInError, VerifyError};
pub use registrations::PendingRegistration;
pub use settings::AccountSettings;
pub use sign_up::{NewPerson, SignUpFaults};

use links::LinkKey;
use passwords::Passwords;
use store::people;
use store::people::NewAccount;

/// The people of the installation.
#[derive(Clone, Debug)]
pub struct Accounts {
    core: Core,
    passwords: Passwords,
    link_key: LinkKey,
    zone: TimeZone,
}

impl Accounts {
    /// The people of `core`'s database; mails tell times in `zone`.
    pub fn new(core: &Core, settings: &AccountSettings, zone: TimeZone) -> anyhow::Result<Self> {
        let passwords = Passwords::new(settings, core.random.clone())?;
        let link_key = LinkKey::new(&core.secret);
        Ok(Self { core: core.clone(), passwords, link_key, zone })
    }

    /// Adds somebody whose address needs no verification; `None` when it is taken.
    pub async fn create_person(&self, new: &NewPerson, role: Role, actor: &str) -> anyhow::Result<Option<Person>> {
        let now = self.core.clock.now();
        let password_hash = self.passwords.hash(&new.password).await?;
        let account = NewAccount { email: &new.email, name: &new.name, password_hash: &password_hash, role };
        let mut tx = self.core.db.write().await?;
        let Some(person) = self.add_person(&mut tx, &account, now).await? else { return Ok(None) };
        self.audit_role(&mut tx, (actor, "person.create"), &person, now).await?;
        tx.commit().await?;
        Ok(Some(person))
    }

    /// Changes the name a person goes by.
    pub async fn rename(&self, person: &PersonId, name: &str) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        people::set_name(&mut tx, person, name).await?;
        tx.commit().await
    }

    /// Changes a person's role; the last admin keeps theirs.
    pub async fn set_role(&self, actor: &str, person: &PersonId, role: Role) -> Result<(), SetRoleError> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let admins = people::lock_and_count_admins(&mut tx).await?;
        let found = people::find(&mut tx, person).await?;
        let current = found.filter(|person| person.closed_at.is_none()).ok_or(SetRoleError::Unknown)?;
        if current.role == role {
            return Ok(());
        }
        if current.role == Role::Admin && admins <= 1 {
            return Err(SetRoleError::LastAdmin);
        }
        people::set_role(&mut tx, person, role).await?;
        self.audit_role(&mut tx, (actor, "person.set_role"), &Person { role, ..current }, now).await?;
        Ok(tx.commit().await?)
    }

    async fn add_person(
        &self,
        conn: &mut Conn,
        account: &NewAccount<'_>,
        now: Timestamp,
    ) -> db::Result<Option<Person>> {
        let id = PersonId::generate(&self.core.random, now);
        if people::add(conn, &id, account, now).await? { people::find(conn, &id).await } else { Ok(None) }
    }

    /// The hash of the current password of somebody whose account is not closed, if `password` is it. Whoever acts on
    /// that locks the person with it ([`people::lock_with_password`]).
    async fn verify_password(&self, person: &PersonId, password: &str) -> anyhow::Result<Option<String>> {
        let stored = people::find_password_hash(&mut *self.core.db.read().await?, person).await?;
        let is_right = self.passwords.verify(password, stored.as_deref()).await?;
        Ok(stored.filter(|_hash| is_right))
    }

    async fn audit_role(
        &self,
        conn: &mut Conn,
        (actor, action): (&str, &str),
        person: &Person,
        now: Timestamp,
    ) -> db::Result<()> {
        let detail = serde_json::json!({ "role": person.role.as_str() });
        self.core.audit.record(conn, Event { actor, action, subject: person.id.as_str(), detail }, now).await
    }

    fn next_mail(&self, now: Timestamp) -> MailId {
        MailId::generate(&self.core.random, now)
    }
}

/// The hash under which a browser's cookie stands beside a sign-up.
fn hash_browser(cookie: Option<&str>) -> String {
    cookie.map(|cookie| hash_token(&format!("browser:{cookie}"))).unwrap_or_default()
}
