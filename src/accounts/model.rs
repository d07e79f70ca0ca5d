//! People, their addresses and roles.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

crate::id_types! {
    /// A person with an account.
    PersonId;
    /// One stay of a person on one device, from signing in to signing out.
    SignInId;
    /// A link that works once.
    LinkId;
}

/// How long a stay lasts without a visit.
pub const SIGN_IN_LASTS: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What a person may do; each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads, works in labs, enters checkpoints.
    Learner,
    /// Reviews entries too.
    Instructor,
    /// Runs the prizes and the installation too.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Learner, Self::Instructor, Self::Admin];

    /// The role as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Learner => "learner",
            Self::Instructor => "instructor",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| format!("{text:?} is not a role"))
    }
}

/// An address that mail can reach: a name, `@`, and a domain with a dot in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    typed: String,
    canonical: String,
}

/// What was typed is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an email address")]
pub struct InvalidEmail;

impl Email {
    /// Reads what a person typed, spaces around it aside.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let typed = text.trim();
        let options =
            email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
        email_address::EmailAddress::parse_with_options(typed, options).map_err(|_reason| InvalidEmail)?;
        Ok(Self { typed: typed.to_owned(), canonical: canonical(typed) })
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The form that decides whether two addresses reach one mailbox: lower case, without a `+tag`, and without dots
    /// where the provider ignores them.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.typed)
    }
}

fn canonical(typed: &str) -> String {
    let lower = typed.to_lowercase();
    let Some((local, domain)) = lower.rsplit_once('@') else { return lower };
    let local = local.split('+').next().unwrap_or(local);
    if domain == "gmail.com" || domain == "googlemail.com" {
        format!("{}@gmail.com", local.replace('.', ""))
    } else {
        format!("{local}@{domain}")
    }
}

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Which one.
    pub id: PersonId,
    /// The address, as typed.
    pub email: String,
    /// The name they go by.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they proved that the address is theirs.
    pub verified_at: Option<Timestamp>,
    /// When they signed up.
    pub created_at: Timestamp,
}

/// A stay of a person on one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stay {
    /// Whether it is the one that asks.
    pub is_current: bool,
    /// When they signed in.
    pub started_at: Timestamp,
    /// The last visit, to the hour.
    pub last_seen_at: Timestamp,
}

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Proves that an address is somebody's.
    Verify,
    /// Lets them choose a new password.
    Recover,
    /// Makes the first admin.
    FirstAdmin,
}

impl LinkPurpose {
    /// The purpose as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Recover => "recover",
            Self::FirstAdmin => "first_admin",
        }
    }

    /// How long such a link works.
    pub fn lasts(self) -> SignedDuration {
        match self {
            Self::Verify | Self::FirstAdmin => SignedDuration::from_hours(24),
            Self::Recover => SignedDuration::from_hours(1),
        }
    }
}

impl FromStr for LinkPurpose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Verify, Self::Recover, Self::FirstAdmin]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a purpose"))
    }
}

/// A link that works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it does.
    pub purpose: LinkPurpose,
    /// Whose it is; nobody's for the first admin.
    pub person: Option<PersonId>,
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
    fn one_mailbox_has_one_canonical_address() {
        let canonical = |text| Email::parse(text).unwrap().canonical().to_owned();
        assert_eq!(canonical("  Ada.Quist+lab@Example.ORG "), "ada.quist@example.org");
        assert_eq!(canonical("a.d.a+x@googlemail.com"), "ada@gmail.com");
    }

    #[test]
    fn what_mail_cannot_reach_is_refused() {
        for text in ["", "ada", "ada@", "@example.org", "ada@localhost", "a b@example.org", "Ada <ada@example.org>"] {
            assert_eq!(Email::parse(text), Err(InvalidEmail), "{text}");
        }
    }

    #[test]
    fn roles_are_ordered_by_what_they_may_do() {
        assert!(Role::Learner < Role::Instructor && Role::Instructor < Role::Admin);
        assert_eq!("admin".parse(), Ok(Role::Admin));
    }
}
