//! Why a verb of this part refused.

use super::links::LinkRefusal;
use crate::db;

/// Why a sign-in was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The address is unknown or the password wrong; the two are not distinguished.
    #[error("wrong address or password")]
    Wrong,
    /// The password is that of a sign-up whose link was not followed yet.
    #[error("the address is not verified")]
    Unverified,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// Why a link did nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The link does not work.
    #[error(transparent)]
    Refused(#[from] LinkRefusal),
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// Why a new password was not set by a mailed link.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The link does not work.
    #[error(transparent)]
    Refused(#[from] LinkRefusal),
    /// The password would be guessed, and why, as a message for the person.
    #[error("{0}")]
    Weak(String),
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

impl From<LinkError> for ResetError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Refused(refusal) => Self::Refused(refusal),
            LinkError::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// Why a sign-up was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The link does not work.
    #[error(transparent)]
    Refused(#[from] LinkRefusal),
    /// The browser is not the one that signed up, and the password not the one typed there.
    #[error("wrong password")]
    WrongPassword,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// Why something that asks for the password was not done.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The password was not the current one.
    #[error("wrong password")]
    Wrong,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// Why an account was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The password was not the current one.
    #[error("wrong password")]
    WrongPassword,
    /// Nobody has this id, or the account is closed.
    #[error("nobody has this id")]
    Unknown,
    /// Somebody must be able to run the installation.
    #[error("the last admin keeps the role")]
    LastAdmin,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// Why a role was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetRoleError {
    /// Nobody has this id, or the account is closed.
    #[error("nobody has this id")]
    Unknown,
    /// Somebody must be able to run the installation.
    #[error("the last admin keeps the role")]
    LastAdmin,
    /// A fault.
    #[error(transparent)]
    Database(#[from] db::Error),
}

macro_rules! faults {
    ($($name:ident),+) => {$(
        impl From<db::Error> for $name {
            fn from(fault: db::Error) -> Self {
                Self::Fault(fault.into())
            }
        }
    )+};
}

faults!(SignInError, LinkError, ResetError, VerifyError, PasswordError, CloseError);
