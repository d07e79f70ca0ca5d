//! Who may open a web page of a running session: tickets, and the access that they are exchanged for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::model::{LabSession, SessionId, SessionState};
use super::refusal::OpenError;
use super::web_pages::store::{self as tickets, Ticket};
use super::web_pages::{PageAccess, PageHost};
use super::{Labs, store as sessions};
use crate::accounts::{PersonId, SessionId as AccountSessionId};
use crate::db;
use crate::id::hash_token;

/// How long a ticket may take from the platform to the page.
const TICKET_LIFETIME: SignedDuration = SignedDuration::from_secs(60);

impl Labs {
    /// The host of a page of a person's running session, and where the page begins there.
    pub async fn find_page(
        &self,
        person: &PersonId,
        lab: &str,
        name: &str,
    ) -> Result<Option<(PageHost, String)>, OpenError> {
        let Some(lab) = self.catalogue().find(lab) else { return Ok(None) };
        let named = lab.web.iter().find(|page| page.name == name);
        if named.is_none() && !lab.web_services {
            return Ok(None);
        }
        let session = self.find_ready_session(person, &lab.name).await?;
        let host = PageHost::parse(&format!("{name}--{}", session.namespace));
        Ok(host.map(|host| (host, named.map_or_else(|| "/".to_owned(), |page| page.path.clone()))))
    }

    /// Whether a person has a running session in the namespace of a host.
    async fn find_session_of_host(&self, person: &PersonId, host: &PageHost) -> db::Result<Option<LabSession>> {
        let session = sessions::find_by_namespace(&mut *self.core.db.read().await?, &host.namespace).await?;
        Ok(session.filter(|session| session.person_id == *person && session.state == SessionState::Ready))
    }

    /// A ticket for a page of a person's running session, for the browser that has the cookie with the hash `entry_hash`;
    /// `None` when the session is another person's, or not there. `token` is that of the person's session.
    pub async fn issue_page_ticket(
        &self,
        (person, token): (&PersonId, &str),
        host: &PageHost,
        entry_hash: &str,
    ) -> db::Result<Option<String>> {
        let Some(account_session) = self.accounts.find_session(token).await? else { return Ok(None) };
        let Some(session) = self.find_session_of_host(person, host).await? else { return Ok(None) };
        let now = self.core.clock.now();
        let ticket = Ticket {
            host: host.to_string(),
            entry_hash: entry_hash.to_owned(),
            lab_session: session.id,
            account_session,
            expires_at: now + TICKET_LIFETIME,
        };
        let token = self.core.random.token();
        let mut tx = self.core.db.write().await?;
        tickets::prune_tickets(&mut tx, now).await?;
        tickets::add_ticket(&mut tx, &hash_token(&token), &ticket).await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// Exchanges a ticket for access to the page at `host` from the browser with the cookie `entry`; answers what the
    /// browser is to show from now on.
    pub async fn redeem_page_ticket(&self, host: &PageHost, ticket: &str, entry: &str) -> db::Result<Option<String>> {
        let mut tx = self.core.db.write().await?;
        let found = tickets::take_ticket(&mut tx, &hash_token(ticket)).await?;
        tx.commit().await?;
        let now = self.core.clock.now();
        let is_valid = |found: &Ticket| {
            found.host == host.to_string() && found.entry_hash == hash_token(entry) && found.expires_at > now
        };
        let Some(found) = found.filter(is_valid) else { return Ok(None) };
        let access = self.check_access(host, &found.lab_session, &found.account_session, now).await?;
        Ok(access.map(|access| {
            tracing::info!(session = %access.session, page = host.name, "lab page opened");
            self.web_pages.access_key.sign(&access)
        }))
    }

    /// The access that a browser shows, if it still holds.
    pub async fn find_page_access(&self, host: &PageHost, shown: &str) -> db::Result<Option<PageAccess>> {
        let Some((session, account_session)) = self.web_pages.access_key.read(host, shown) else { return Ok(None) };
        self.check_access(host, &session, &account_session, self.core.clock.now()).await
    }

    async fn check_access(
        &self,
        host: &PageHost,
        session: &SessionId,
        account_session: &AccountSessionId,
        now: Timestamp,
    ) -> db::Result<Option<PageAccess>> {
        let owner = tickets::find_owner(&self.core.db, session, account_session, now).await?;
        Ok(owner.filter(|owner| owner.namespace == host.namespace).map(|owner| PageAccess {
            host: host.clone(),
            lab: owner.lab,
            session: session.clone(),
            account_session: account_session.clone(),
        }))
    }

    /// Waits until access ends, which is looked at every `check_every`.
    pub async fn wait_until_access_ends(&self, access: PageAccess, check_every: Duration) {
        loop {
            tokio::time::sleep(check_every).await;
            let now = self.core.clock.now();
            match self.check_access(&access.host, &access.session, &access.account_session, now).await {
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(fault) => tracing::warn!(error = %fault, "lab page access check failed"),
            }
        }
    }

    /// Deletes tickets that ran out.
    pub(super) async fn prune_page_tickets(&self) -> db::Result<u64> {
        let mut tx = self.core.db.write().await?;
        let pruned = tickets::prune_tickets(&mut tx, self.core.clock.now()).await?;
        tx.commit().await?;
        Ok(pruned)
    }
}
