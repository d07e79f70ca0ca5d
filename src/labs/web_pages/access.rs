//! The access to a page as its cookie shows it.

use subtle::ConstantTimeEq as _;

use super::model::PageHost;
use crate::accounts::SessionId as AccountSessionId;
use crate::id::keyed_hash;
use crate::labs::model::SessionId;

/// A person's access to one page of their running session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAccess {
    /// The page's host.
    pub host: PageHost,
    /// The lab.
    pub lab: String,
    /// The session of the lab.
    pub session: SessionId,
    pub(in crate::labs) account_session: AccountSessionId,
}

/// Signs access, and reads what was signed.
#[derive(Clone)]
pub(in crate::labs) struct AccessKey(pub(in crate::labs) [u8; 32]);

impl AccessKey {
    /// What a browser is to show for access to a page.
    pub(in crate::labs) fn sign(&self, access: &PageAccess) -> String {
        let PageAccess { host, session, account_session, .. } = access;
        format!("{session}.{account_session}.{}", self.mac(host, session, account_session))
    }

    /// The sessions behind what a browser shows at a host, if it was signed for that.
    pub(in crate::labs) fn read(&self, host: &PageHost, shown: &str) -> Option<(SessionId, AccountSessionId)> {
        let mut parts = shown.splitn(3, '.');
        let (session, account_session, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let sessions = (SessionId::from(session.to_owned()), AccountSessionId::from(account_session.to_owned()));
        let expected = self.mac(host, &sessions.0, &sessions.1);
        bool::from(expected.as_bytes().ct_eq(mac.as_bytes())).then_some(sessions)
    }

    fn mac(&self, host: &PageHost, session: &SessionId, account_session: &AccountSessionId) -> String {
        let statement = format!("access {host} {session} {account_session}");
        hex::encode(keyed_hash(&self.0, statement.as_bytes()))
    }
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AccessKey")
    }
}
