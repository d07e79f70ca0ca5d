//! Background jobs: a passed lab or an accepted entry may complete a module, for which a credential is issued; and the mail
//! about it.

use serde::{Deserialize, Serialize};

use super::mails::CredentialMail;
use super::{CredentialId, Credentials};
use crate::checkpoints::EntryAccepted;
use crate::grading::LabPassed;
use crate::jobs::{Job, JobError, Queue, Registry};
use crate::mail::{self, MailId};

/// Tells a person of their new credential.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendCredential {
    /// The mail's id.
    pub(super) mail: MailId,
    /// The credential.
    pub(super) credential: CredentialId,
}

impl Job for SendCredential {
    const KIND: &'static str = "credentials.send_credential";
    const QUEUE: Queue = Queue::Mail;
    const MAX_ATTEMPTS: i64 = mail::MAX_ATTEMPTS;
}

/// Registers the jobs of this part.
pub fn register_jobs(registry: &mut Registry, credentials: &Credentials) {
    let owner = credentials.clone();
    registry.on(move |job: LabPassed| {
        let credentials = owner.clone();
        async move {
            for module in credentials.content.library().modules() {
                if module.sections.iter().any(|section| section.lab.as_ref() == Some(&job.lab)) {
                    credentials.issue(&job.person, &module.slug).await?;
                }
            }
            Ok::<(), JobError>(())
        }
    });
    let owner = credentials.clone();
    registry.on(move |job: EntryAccepted| {
        let credentials = owner.clone();
        async move {
            credentials.issue(&job.person, &job.module).await?;
            Ok(())
        }
    });
    let owner = credentials.clone();
    registry.on(move |job: SendCredential| {
        let credentials = owner.clone();
        async move { credentials.mail_credential(&job).await }
    });
}

impl Credentials {
    async fn mail_credential(&self, job: &SendCredential) -> Result<(), JobError> {
        let Some(credential) = self.find(&job.credential).await? else { return Ok(()) };
        let Some(person) = self.accounts.find_person(&credential.person).await? else { return Ok(()) };
        let url = format!("{}/credentials/{}", self.core.public_url, credential.id);
        let mail = CredentialMail { name: person.name, module: credential.achievement, url };
        self.core.mailer.send(&job.mail, &person.email, &mail).await
    }
}
