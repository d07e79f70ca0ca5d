//! Credentials, their revocation, and the issuer's keys.

use jiff::Timestamp;
use serde::Serialize;

use crate::accounts::PersonId;
use crate::text::{self, InvalidText};

crate::id_types! {
    /// A credential.
    CredentialId;
}

/// The most characters of a reason.
const MAX_REASON_CHARS: usize = 500;

/// A credential that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Which one.
    pub id: CredentialId,
    /// Whose it is.
    pub person: PersonId,
    /// The module.
    pub module: String,
    /// The person's name on the day.
    pub name: String,
    /// The module's title on the day.
    pub achievement: String,
    /// The key that signed it, as a Multikey.
    pub key: String,
    /// Its bit of the status lists.
    pub status_index: i64,
    /// When.
    pub issued_at: Timestamp,
    /// When and why it was revoked.
    pub revocation: Option<Revocation>,
}

/// When and why a credential was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// Why, for everybody to read.
    pub reason: String,
}

/// A key as its public half is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedKey {
    /// The Multikey.
    pub id: String,
    /// Since when it signs.
    pub created_at: Timestamp,
    /// Since when it no longer does.
    pub retired_at: Option<Timestamp>,
}

/// Reads the reason of a revocation as typed; the error is what is wrong with it.
pub fn parse_reason(typed: &str) -> Result<String, &'static str> {
    match text::require(typed, MAX_REASON_CHARS) {
        Ok(reason) => Ok(reason.to_owned()),
        Err(InvalidText::Empty) => Err("Please say why: everybody who looks at the credential reads it."),
        Err(InvalidText::TooLong) => Err("Please shorten the reason to 500 characters."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_needs_a_reason() {
        assert!(parse_reason(" \n").is_err() && parse_reason("\u{200b}\u{2800}").is_err());
        assert!(parse_reason(&"x".repeat(501)).is_err());
        assert_eq!(parse_reason(" Wrong name. ").as_deref(), Ok("Wrong name."));
    }
}
