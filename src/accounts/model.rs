//! People, their roles and sessions, and sign-ups.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::email::Email;

crate::id_types! {
    /// A person with an account.
    PersonId;
    /// One session of a person on one device, from signing in to signing out.
    SessionId;
    /// A sign-up.
    RegistrationId;
    /// A link that works once.
    LinkId;
    /// A notice of a change to an account.
    NoticeId;
}

/// The name of everybody whose account is closed.
pub(super) const CLOSED_NAME: &str = "Closed account";

/// How long a session lasts without a visit.
pub const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(14 * 24);

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
    /// When they verified the address.
    pub created_at: Timestamp,
    /// When the account was closed, and the name and the address taken out of it.
    pub closed_at: Option<Timestamp>,
}

/// A session of a person on one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// Whether it is the session of the request.
    pub is_current: bool,
    /// When they signed in.
    pub started_at: Timestamp,
    /// The last visit, to the hour.
    pub last_seen_at: Timestamp,
}

/// A sign-up that waits for its link, or was verified by it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Registration {
    /// Which one.
    pub id: RegistrationId,
    /// The address.
    pub email: Email,
    /// The name.
    pub name: String,
    /// The hash of the password that was typed with them.
    pub password_hash: String,
    /// The hash of the cookie of the browser that signed up.
    pub browser_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its link stops working.
    pub expires_at: Timestamp,
    /// When its link was used.
    pub verified_at: Option<Timestamp>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Registration({})", self.id)
    }
}

/// A notice of a change to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    /// Which one.
    pub id: NoticeId,
    /// What was changed.
    pub kind: NoticeKind,
    /// The address that they had.
    pub email: String,
    /// The name that they had.
    pub name: String,
    /// The new address, or why an admin closed the account.
    pub detail: Option<String>,
    /// When it was changed.
    pub created_at: Timestamp,
}

/// What was changed in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoticeKind {
    /// The password.
    PasswordChanged,
    /// The address.
    EmailChanged,
    /// It was closed.
    Closed,
}

impl NoticeKind {
    /// The kind as stored.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::EmailChanged => "email_changed",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for NoticeKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::PasswordChanged, Self::EmailChanged, Self::Closed]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a kind of notice"))
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
