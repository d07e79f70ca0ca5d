//! Whether an open terminal may stay open: its person is signed in, with the same role, and the lab runs.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Data;

use crate::accounts::{Accounts, Person};
use crate::labs::{LabSession, Labs, SessionState};
use crate::web::cookies;

/// What the terminal was opened with.
pub(super) struct TerminalAccess {
    labs: Data<Labs>,
    accounts: Data<Accounts>,
    token: String,
    person: Person,
    session: LabSession,
}

impl TerminalAccess {
    pub(super) fn new(
        (labs, accounts): (&Data<Labs>, &Data<Accounts>),
        request: &HttpRequest,
        person: Person,
        session: LabSession,
    ) -> Self {
        let token = cookies::read(request, cookies::SESSION).unwrap_or_default();
        Self { labs: labs.clone(), accounts: accounts.clone(), token, person, session }
    }

    /// Waits until it is revoked, and answers the reason for the person.
    pub(super) async fn wait_until_revoked(&self, check_every: Duration) -> &'static str {
        let mut checks = tokio::time::interval(check_every);
        checks.reset();
        loop {
            checks.tick().await;
            match self.find_revocation().await {
                Ok(Some(reason)) => return reason,
                Ok(None) => {}
                Err(fault) => tracing::warn!(error = %fault, "terminal access check failed"),
            }
        }
    }

    async fn find_revocation(&self) -> crate::db::Result<Option<&'static str>> {
        let Some(person) = self.accounts.peek_signed_in(&self.token).await? else {
            return Ok(Some("You have been signed out. Sign in again to go on; your shell is kept."));
        };
        if person.role != self.person.role {
            return Ok(Some("Your role was changed meanwhile. Reload the page to go on."));
        }
        let session = self.labs.find_session(&self.person.id, &self.session.lab).await?;
        let is_running =
            session.is_some_and(|session| session.id == self.session.id && session.state == SessionState::Ready);
        Ok((!is_running).then_some("This lab session has ended."))
    }
}
