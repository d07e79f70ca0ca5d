//! Mails that are looked up after the answer has gone, so that the answer tells nothing.

use serde::{Deserialize, Serialize};

use super::{Accounts, Email};
use crate::jobs::{Job, JobError, Registry};

/// Sends a fresh link to prove an address, if somebody unproven has it.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendVerification {
    /// The address as typed.
    pub email: String,
}

impl Job for SendVerification {
    const KIND: &'static str = "accounts.send_verification";
}

/// Sends a link to choose a new password, if somebody has the address.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendRecovery {
    /// The address as typed.
    pub email: String,
}

impl Job for SendRecovery {
    const KIND: &'static str = "accounts.send_recovery";
}

/// Registers the jobs of this part.
pub fn register_jobs(registry: &mut Registry, accounts: &Accounts) {
    let verifier = accounts.clone();
    registry.on(move |job: SendVerification| {
        let accounts = verifier.clone();
        async move { Ok(accounts.send_verification(&parse(&job.email)?).await?) }
    });
    let recoverer = accounts.clone();
    registry.on(move |job: SendRecovery| {
        let accounts = recoverer.clone();
        async move { Ok(accounts.send_recovery(&parse(&job.email)?).await?) }
    });
}

fn parse(email: &str) -> Result<Email, JobError> {
    Email::parse(email).map_err(|fault| JobError::Fail(fault.into()))
}
