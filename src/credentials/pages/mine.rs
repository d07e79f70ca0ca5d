//! `/credentials`

use actix_web::web::Data;
use jiff::Timestamp;
use serde::Serialize;

use crate::accounts::guards::Learner;
use crate::credentials::{Credential, Credentials};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `credentials/mine.html`
#[derive(Debug, Serialize)]
pub struct CredentialsPage {
    /// The person's credentials, the latest first.
    pub credentials: Vec<CredentialSummary>,
}

/// A credential in a list.
#[derive(Clone, Debug, Serialize)]
pub struct CredentialSummary {
    /// Its page.
    pub path: String,
    /// The module's title.
    pub achievement: String,
    /// Whose it is.
    pub name: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Whether it was revoked.
    pub is_revoked: bool,
}

impl CredentialSummary {
    /// The row of a credential.
    pub fn new(credential: Credential) -> Self {
        Self {
            path: format!("/credentials/{}", credential.id),
            achievement: credential.achievement,
            name: credential.name,
            issued_at: credential.issued_at,
            is_revoked: credential.revocation.is_some(),
        }
    }

    /// One that holds and one that was revoked.
    pub fn samples() -> Vec<Self> {
        let row = |is_revoked| Self {
            path: "/credentials/x".to_owned(),
            achievement: "Full service ownership".to_owned(),
            name: "Ada Quist".to_owned(),
            issued_at: Timestamp::UNIX_EPOCH,
            is_revoked,
        };
        vec![row(false), row(true)]
    }
}

impl View for CredentialsPage {
    const TEMPLATE: &'static str = "credentials/mine.html";

    fn samples() -> Vec<Self> {
        vec![Self { credentials: Vec::new() }, Self { credentials: CredentialSummary::samples() }]
    }
}

/// `GET /credentials`
pub async fn mine(credentials: Data<Credentials>, learner: Learner) -> Result<Reply<CredentialsPage>, WebError> {
    let all = credentials.list_of_person(&learner.0.id).await?;
    Ok(Reply::Page(CredentialsPage { credentials: all.into_iter().map(CredentialSummary::new).collect() }))
}
