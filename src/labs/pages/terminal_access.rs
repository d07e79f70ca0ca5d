//! Whether a terminal that is open may stay open: who opened it is signed in, with the same role, and the lab runs.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Data;

use crate::accounts::{Accounts, Person};
use crate::labs::{Labs, SessionId, SessionState};
use crate::web::{WebError, cookies};

/// What has to go on being so.
pub(super) struct Access {
    labs: Data<Labs>,
    accounts: Data<Accounts>,
    token: String,
    person: Person,
    lab: String,
    session: Option<SessionId>,
}

impl Access {
    pub(super) async fn new(
        (labs, accounts): (&Data<Labs>, &Data<Accounts>),
        request: &HttpRequest,
        person: &Person,
        lab: &str,
    ) -> Result<Self, WebError> {
        Ok(Self {
            labs: labs.clone(),
            accounts: accounts.clone(),
            token: cookies::read(request, cookies::SESSION).unwrap_or_default(),
            person: person.clone(),
            lab: lab.to_owned(),
            session: labs.find_session(&person.id, lab).await?.map(|session| session.id),
        })
    }

    /// What the terminal leads to.
    pub(super) fn place(&self) -> &str {
        self.session.as_ref().map_or("", SessionId::as_str)
    }

    /// Waits until it is not so any more, and answers why, in words.
    pub(super) async fn until_over(&self, check_every: Duration) -> &'static str {
        let mut checks = tokio::time::interval(check_every);
        checks.reset();
        loop {
            checks.tick().await;
            match self.find_end().await {
                Ok(Some(words)) => return words,
                Ok(None) => {}
                Err(fault) => tracing::warn!(error = %fault, "terminal access not checked"),
            }
        }
    }

    async fn find_end(&self) -> crate::db::Result<Option<&'static str>> {
        let Some(person) = self.accounts.peek_signed_in(&self.token).await? else {
            return Ok(Some("You have been signed out. Sign in again to go on; your shell is kept."));
        };
        if person.role != self.person.role {
            return Ok(Some("Your role was changed meanwhile. Reload the page to go on."));
        }
        let session = self.labs.find_session(&self.person.id, &self.lab).await?;
        let runs = session
            .is_some_and(|session| Some(&session.id) == self.session.as_ref() && session.state == SessionState::Ready);
        Ok((!runs).then_some("This lab session has ended."))
    }
}
