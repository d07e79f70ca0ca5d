//! Links that work once, and the tokens that stand in them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};

use super::model::{LinkId, PersonId};
use crate::id::{Secret, keyed_hash};

/// Makes the token of a link out of its id, so that a mail that is sent again carries the same link and no token is stored.
#[derive(Clone)]
pub(super) struct LinkKey([u8; 32]);

impl LinkKey {
    pub(super) fn new(secret: &Secret) -> Self {
        Self(secret.derive("account links"))
    }

    /// The token of the link with this id, which is unique among all kinds of links.
    pub(super) fn token(&self, id: &str) -> String {
        URL_SAFE_NO_PAD.encode(keyed_hash(&self.0, id.as_bytes()))
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LinkKey")
    }
}

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Lets them choose a new password.
    Recover,
    /// Gives an account a new address, which it verifies.
    ChangeEmail,
    /// Makes the first admin.
    FirstAdmin,
}

impl LinkPurpose {
    /// Every purpose.
    const ALL: [Self; 3] = [Self::Recover, Self::ChangeEmail, Self::FirstAdmin];

    /// The purpose as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recover => "recover",
            Self::ChangeEmail => "change_email",
            Self::FirstAdmin => "first_admin",
        }
    }

    /// How long such a link works after its mail has left.
    pub fn lifetime(self) -> SignedDuration {
        match self {
            Self::ChangeEmail | Self::FirstAdmin => SignedDuration::from_hours(24),
            Self::Recover => SignedDuration::from_hours(1),
        }
    }
}

impl FromStr for LinkPurpose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a purpose"))
    }
}

/// A link that works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which one.
    pub id: LinkId,
    /// What it does.
    pub purpose: LinkPurpose,
    /// Whose it is; nobody's for the first admin.
    pub person: Option<PersonId>,
    /// The new address, if it gives one.
    pub email: Option<String>,
    /// Who asked for the new address.
    pub actor: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// Why a link does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// No link has this token, or it does something else.
    #[error("unknown link")]
    Unknown,
    /// It worked before.
    #[error("used link")]
    Used,
    /// Its time is over, or a newer one took its place.
    #[error("expired link")]
    Expired,
    /// The address that it verifies belongs to somebody else's account by now.
    #[error("the address is taken")]
    Taken,
}

impl Link {
    /// Whether the link still does `purpose` at `now`.
    pub fn check(&self, purpose: LinkPurpose, now: Timestamp) -> Result<(), LinkRefusal> {
        if self.purpose != purpose {
            Err(LinkRefusal::Unknown)
        } else if self.used_at.is_some() {
            Err(LinkRefusal::Used)
        } else if self.expires_at <= now {
            Err(LinkRefusal::Expired)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_one_token_and_another_link_another() {
        let key = |secret: &str| LinkKey::new(&Secret::parse(&secret.repeat(32)).unwrap());
        assert_eq!(key("ab").token("one"), key("ab").token("one"));
        assert_ne!(key("ab").token("one"), key("ab").token("two"));
        assert_ne!(key("ab").token("one"), key("cd").token("one"));
    }
}
