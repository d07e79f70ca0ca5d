//! The pages of credentials; but for a person's own list and the admin's, they are for everybody.

mod admin;
mod credential;
mod issuer;
mod mine;
mod verify;

pub use admin::{AdminCredentialsPage, admin, revoke};
pub use credential::{CredentialPage, credential, file};
pub use issuer::{IssuerPage, document, issuer, status};
pub use mine::{CredentialSummary, CredentialsPage, mine};
pub use verify::{VerifyPage, verify, verify_form};
