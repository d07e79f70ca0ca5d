//! Credentials: what a person has completed, in a signed file that anybody can check.
//!
//! A credential is issued once every lab of a module is passed and an entry to its checkpoint was accepted. The jobs
//! [`LabPassed`](crate::grading::LabPassed) and [`EntryAccepted`](crate::checkpoints::EntryAccepted) each check for that.
//! The schema allows one live credential for each person and module; after a revocation none is issued again.
//!
//! # Why `eddsa-rdfc-2022`
//! The file is an `OpenBadgeCredential` of Open Badges 3.0, a Verifiable Credential 2.0 with a Data Integrity proof inside
//! it. This cryptosuite is the one that Open Badges names for Ed25519, and that wallets and verifiers read. It signs the
//! RDF behind the JSON, so [`canonical`] refuses any term that its contexts do not define and a signature would not cover.
//!
//! The issuer is a `did:web` whose document, at `/credentials/issuer/did.json`, lists every key that ever signed. A key's
//! name holds the public key itself: a signature is checked by the file alone, and the document only says that the key is
//! the site's. Whether a credential was revoked stands in a Bitstring Status List that the file names.
//!
//! Tables: `credential_keys` (seeds sealed), `credentials`, `credential_locks`.
//!
//! # Files
//! `badge` is what a credential says; `canonical` gives it the one form that `proof` signs with the keys of `keys`; `file`
//! reads a signed one. `issuer` has what the site publishes, among it the list of `status`, and `published` caches that.

mod badge;
mod canonical;
mod file;
mod issuer;
mod jobs;
mod keys;
pub mod mails;
mod model;
pub mod pages;
mod proof;
mod published;
mod status;
mod store;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::accounts::{Accounts, Person, PersonId};
use crate::audit::Event;
use crate::checkpoints::Checkpoints;
use crate::core::Core;
use crate::db::{self, Conn};
use crate::grading::Grading;
use crate::id::Sealer;
use crate::labs::Labs;
use crate::lessons::{ContentStore, Module};
use crate::mail::MailId;
use crate::text;

use badge::{NewBadge, PassedRequirement};
use jobs::SendCredential;
use keys::SigningKey;
use published::Published;

pub use badge::Badge;
pub use canonical::CanonicalFault;
pub use file::{FileFault, MAX_FILE_BYTES, SignedBadge};
pub use jobs::register_jobs;
pub use model::{Credential, CredentialId, PublishedKey, Revocation, parse_reason};
pub use proof::{ProofFault, Signer};
pub use status::{LIST_LENGTH, is_set};

/// How many files are verified at the same time; more wait, and none on a thread that answers requests.
const MAX_CONCURRENT_CHECKS: usize = 2;

/// The credentials of the programme.
#[derive(Clone, Debug)]
pub struct Credentials {
    core: Core,
    accounts: Accounts,
    labs: Labs,
    grading: Grading,
    checkpoints: Checkpoints,
    content: ContentStore,
    sealer: Sealer,
    published: Published,
    checks: Arc<Semaphore>,
}

/// What the site knows of a file whose signature is valid.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// Whether a key of this site signed it.
    pub is_ours: bool,
    /// The credential, if this site issued it.
    pub credential: Option<Credential>,
}

impl Credentials {
    /// Credentials for what people did in labs and checkpoints; their keys are sealed under the installation's secret.
    pub fn new(
        core: &Core,
        (accounts, labs, grading): (&Accounts, &Labs, &Grading),
        checkpoints: &Checkpoints,
        content: &ContentStore,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            sealer: Sealer::new(&core.secret, "credential keys", core.random.clone())?,
            core: core.clone(),
            accounts: accounts.clone(),
            labs: labs.clone(),
            grading: grading.clone(),
            checkpoints: checkpoints.clone(),
            content: content.clone(),
            published: Published::default(),
            checks: Arc::new(Semaphore::new(MAX_CONCURRENT_CHECKS)),
        })
    }

    /// Issues a credential to a person who has completed a module and has none of it yet, and enqueues the mail about it.
    pub async fn issue(&self, person: &PersonId, module: &str) -> anyhow::Result<Option<CredentialId>> {
        let (now, library) = (self.core.clock.now(), self.content.library());
        let Some(module) = library.find_module(module) else { return Ok(None) };
        let found = self.accounts.find_person(person).await?;
        let Some(person) = found.filter(|person| person.closed_at.is_none()) else { return Ok(None) };
        let Some(passed) = self.list_passed(&person.id, module).await? else { return Ok(None) };
        let mut tx = self.core.db.write().await?;
        let status_index = store::take_index(&mut tx).await?;
        if store::has_any(&mut tx, &person.id, &module.slug).await? {
            return Ok(None);
        }
        let key = self.find_or_add_key(&mut tx, now).await?;
        let (credential, file) = self.make(&key, &person, (module, &passed), (status_index, now))?;
        if !store::add(&mut tx, &credential, &file).await? {
            return Ok(None);
        }
        let mail = MailId::generate(&self.core.random, credential.issued_at);
        self.core.jobs.enqueue(&mut tx, &SendCredential { mail, credential: credential.id.clone() }).await?;
        let detail = json!({ "person": person.id, "module": module.slug, "key": credential.key });
        let event = Event { actor: "system", action: "credential.issue", subject: credential.id.as_str(), detail };
        self.core.audit.record(&mut tx, event, now).await?;
        tx.commit().await?;
        Ok(Some(credential.id))
    }

    /// Everything that a module asks for, once all of it is passed.
    async fn list_passed(&self, person: &PersonId, module: &Module) -> db::Result<Option<Vec<PassedRequirement>>> {
        let mut list = Vec::new();
        for name in module.sections.iter().filter_map(|section| section.lab.as_ref()) {
            let (passed, tasks) = self.grading.count_passed(person, name).await?;
            if passed < tasks {
                return Ok(None);
            }
            // Nothing in it is graded, so there is nothing to pass.
            if tasks == 0 {
                continue;
            }
            let title = self.labs.catalogue().find(name).map_or(name.as_str(), |lab| lab.title.as_str());
            list.push(PassedRequirement {
                slug: format!("lab-{name}"),
                name: format!("Lab: {title}"),
                narrative: format!("{passed} of {tasks} tasks passed, graded from the state of a running cluster."),
            });
        }
        if !module.checkpoint.is_empty() {
            if !self.checkpoints.has_accepted(person, &module.slug).await? {
                return Ok(None);
            }
            list.push(PassedRequirement {
                slug: "checkpoint".to_owned(),
                name: "Checkpoint".to_owned(),
                narrative: format!(
                    "{} questions answered, read and accepted by a reviewer.",
                    module.checkpoint.question_count
                ),
            });
        }
        Ok(Some(list).filter(|list| !list.is_empty()))
    }

    /// The credential of `person`, and its file signed with `key`.
    fn make(
        &self,
        key: &SigningKey,
        person: &Person,
        (module, passed): (&Module, &[PassedRequirement]),
        (status_index, now): (i64, Timestamp),
    ) -> anyhow::Result<(Credential, String)> {
        let id = CredentialId::generate(&self.core.random, now);
        let badge = Badge::new(&NewBadge {
            public_url: &self.core.public_url,
            issuer: &self.issuer(),
            programme: &self.content.library().programme().title,
            id: id.as_str(),
            person_name: &person.name,
            module: (&module.path(), &module.title, &module.summary),
            passed,
            status_index,
            at: &proof::format_instant(now),
        });
        let file = proof::sign(serde_json::to_value(badge)?, key, &self.issuer(), now)?;
        let credential = Credential {
            id,
            person: person.id.clone(),
            module: module.slug.clone(),
            name: person.name.clone(),
            achievement: module.title.clone(),
            key: key.multikey(),
            status_index,
            issued_at: now,
            revocation: None,
        };
        Ok((credential, file.to_string()))
    }

    /// The key in use, made if there is none; the caller holds the lock.
    async fn find_or_add_key(&self, conn: &mut Conn, now: Timestamp) -> anyhow::Result<SigningKey> {
        if let Some((id, sealed)) = store::find_current_key(conn).await? {
            return SigningKey::from_seed(&hex::decode(self.sealer.open(&sealed, &id)?)?);
        }
        let seed = self.core.random.bytes::<32>();
        let key = SigningKey::from_seed(&seed)?;
        let id = key.multikey();
        store::add_key(conn, &id, &self.sealer.seal(&hex::encode(seed), &id)?, now).await?;
        let event = Event { actor: "system", action: "credential.new_key", subject: &id, detail: json!({}) };
        self.core.audit.record(conn, event, now).await?;
        Ok(key)
    }

    /// Signs with a new key from now on; what older keys signed remains valid. Answers the new key.
    pub async fn rotate_key(&self) -> anyhow::Result<String> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        store::lock(&mut tx).await?;
        store::retire_key(&mut tx, now).await?;
        let key = self.find_or_add_key(&mut tx, now).await?.multikey();
        tx.commit().await?;
        Ok(key)
    }

    /// Revokes a credential for a reason that everybody can read; `false` when it is none, or was revoked before.
    pub async fn revoke(&self, admin: &PersonId, id: &CredentialId, reason: &str) -> db::Result<bool> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        if !store::revoke(&mut tx, id, (admin, reason), now).await? {
            return Ok(false);
        }
        let detail = json!({ "reason": reason });
        let event = Event { actor: admin.as_str(), action: "credential.revoke", subject: id.as_str(), detail };
        self.core.audit.record(&mut tx, event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The credential of an id.
    pub async fn find(&self, id: &CredentialId) -> db::Result<Option<Credential>> {
        store::find(&mut *self.core.db.read().await?, id).await
    }

    /// The credential of an id with its signed file, byte for byte.
    pub async fn find_with_file(&self, id: &CredentialId) -> db::Result<Option<(Credential, String)>> {
        store::find_with_file(&mut *self.core.db.read().await?, id).await
    }

    /// The signed file of a credential, byte for byte.
    pub async fn find_file(&self, id: &CredentialId) -> db::Result<Option<String>> {
        store::find_file(&mut *self.core.db.read().await?, id).await
    }

    /// Reads a file and checks its signature, as [`SignedBadge::read`] does, beside the requests.
    pub async fn read_file(&self, text: String) -> anyhow::Result<Result<SignedBadge, FileFault>> {
        // What is too large, or empty, needs no permit.
        if let Some(fault) = file::find_size_fault(&text) {
            return Ok(Err(fault));
        }
        let permit = Arc::clone(&self.checks).acquire_owned().await?;
        let checking = tokio::task::spawn_blocking(move || {
            let read = SignedBadge::read(&text);
            drop(permit);
            read
        });
        Ok(checking.await?)
    }

    /// A person's credentials, revoked ones too, the latest first.
    pub async fn list_of_person(&self, person: &PersonId) -> db::Result<Vec<Credential>> {
        store::list_of_person(&mut *self.core.db.read().await?, person).await
    }

    /// Up to `limit` credentials of people whose name contains `search`, from the one issued before `before`, the latest
    /// first.
    pub async fn list(
        &self,
        search: Option<&str>,
        before: Option<&CredentialId>,
        limit: i64,
    ) -> db::Result<Vec<Credential>> {
        let escape = |text: &str| text::fold(text).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = search.map(|text| format!("%{}%", escape(text)));
        store::list(&mut *self.core.db.read().await?, pattern.as_deref(), before, limit).await
    }

    /// What the site knows of a file whose signature is valid.
    pub async fn find_provenance(&self, signed: &SignedBadge) -> db::Result<Provenance> {
        let mut conn = self.core.db.read().await?;
        let is_ours = store::has_key(&mut conn, &signed.signer.key).await?;
        let id = signed.badge.id.rsplit('/').next().unwrap_or_default().to_owned();
        let credential = if is_ours { store::find(&mut conn, &CredentialId::from(id)).await? } else { None };
        Ok(Provenance { is_ours, credential })
    }
}
