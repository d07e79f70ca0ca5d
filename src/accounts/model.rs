//! People, their roles, sessions and links.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

crate::id_types! {
    /// A person with an account.
    PersonId;
    /// One session of a person on one device, from signing in to signing out.
    SessionId;
    /// A link that works once.
    LinkId;
}

/// How long a session lasts without a visit.
pub const SESSION_LASTS: SignedDuration = SignedDuration::from_hours(14 * 24);

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

/// A session of a person on one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
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
    fn roles_are_ordered_by_what_they_may_do() {
        assert!(Role::Learner < Role::Instructor && Role::Instructor < Role::Admin);
        assert_eq!("admin".parse(), Ok(Role::Admin));
    }
}
