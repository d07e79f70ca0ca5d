//! Why a verb of this part refused.

use super::model::LinkRefusal;
use crate::db;

/// Why a sign-in was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The address is unknown or the password wrong; which, nobody is told.
    #[error("wrong address or password")]
    Wrong,
    /// The password is right, and the address not proven yet.
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

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password was not the one typed.
    #[error("wrong password")]
    Wrong,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// Why a role was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetRoleError {
    /// Nobody has this id.
    #[error("nobody has this id")]
    Unknown,
    /// Somebody must be able to run the installation.
    #[error("the last admin stays one")]
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

faults!(SignInError, LinkError, ChangePasswordError);
