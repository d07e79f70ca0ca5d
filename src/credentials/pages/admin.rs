//! `/admin/credentials`, and revoking one

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use super::mine::CredentialSummary;
use crate::accounts::guards::Admin;
use crate::credentials::{CredentialId, Credentials, parse_reason};
use crate::view::View;
use crate::web::{Field, Form, Query, Redirect, Reply, WebError};

/// How many credentials a page shows.
const PAGE_SIZE: usize = 50;

/// `credentials/admin.html`
#[derive(Debug, Serialize)]
pub struct AdminCredentialsPage {
    /// The credentials, the latest first.
    pub rows: Vec<AdminRow>,
    /// The part of a name that was searched for.
    pub search: String,
    /// Where the next page begins.
    pub next: Option<CredentialId>,
}

/// A credential with the form that revokes it.
#[derive(Debug, Serialize)]
pub struct AdminRow {
    /// Which one.
    pub id: CredentialId,
    /// The credential.
    pub credential: CredentialSummary,
    /// Why it was revoked, or the reason typed and what is wrong with it.
    pub reason: Field,
}

impl View for AdminCredentialsPage {
    const TEMPLATE: &'static str = "credentials/admin.html";

    fn samples() -> Vec<Self> {
        let reasons = [Field::default().refused("Please say why."), Field::new("The name was wrong.")];
        let row = |(place, (credential, reason)): (usize, (CredentialSummary, Field))| AdminRow {
            id: CredentialId::from(format!("x{place}")),
            credential,
            reason,
        };
        let rows = CredentialSummary::samples().into_iter().zip(reasons).enumerate().map(row).collect();
        vec![
            Self { rows, search: "ada".to_owned(), next: Some(CredentialId::from("x".to_owned())) },
            Self { rows: Vec::new(), search: String::new(), next: None },
            Self { rows: Vec::new(), search: "nobody".to_owned(), next: None },
        ]
    }
}

/// What to list.
#[derive(Debug, Default, Deserialize)]
pub struct CredentialsQuery {
    /// Part of a name.
    #[serde(default)]
    search: String,
    /// The last credential of the page before.
    before: Option<String>,
}

/// `GET /admin/credentials`
pub async fn admin(
    credentials: Data<Credentials>,
    query: Query<CredentialsQuery>,
    _admin: Admin,
) -> Result<Reply<AdminCredentialsPage>, WebError> {
    Ok(Reply::Page(list(&credentials, query.0).await?))
}

async fn list(credentials: &Credentials, query: CredentialsQuery) -> Result<AdminCredentialsPage, WebError> {
    let CredentialsQuery { search, before } = query;
    let wanted = Some(search.trim()).filter(|text| !text.is_empty());
    let before = before.map(CredentialId::from);
    let limit = i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX);
    let mut found = credentials.list(wanted, before.as_ref(), limit).await?;
    let has_more = found.len() > PAGE_SIZE;
    found.truncate(PAGE_SIZE);
    let next = found.last().filter(|_last| has_more).map(|last| last.id.clone());
    let rows = found.into_iter().map(|credential| AdminRow {
        id: credential.id.clone(),
        reason: Field::new(credential.revocation.as_ref().map_or("", |revocation| revocation.reason.as_str())),
        credential: CredentialSummary::new(credential),
    });
    Ok(AdminCredentialsPage { rows: rows.collect(), search, next })
}

/// The form that revokes.
#[derive(Debug, Deserialize)]
pub struct RevokeForm {
    reason: String,
}

/// `POST /admin/credentials/{id}/revoke`
pub async fn revoke(
    credentials: Data<Credentials>,
    id: Path<String>,
    Admin(admin): Admin,
    Form(form): Form<RevokeForm>,
) -> Result<Reply<AdminCredentialsPage>, WebError> {
    let id = CredentialId::from(id.into_inner());
    let found = credentials.find(&id).await?.ok_or(WebError::NotFound)?;
    let reason = match parse_reason(&form.reason) {
        Ok(reason) => reason,
        Err(fault) => {
            // The page that holds the refused one, whichever page it was on.
            let mut page = list(&credentials, CredentialsQuery { search: found.name, before: None }).await?;
            if let Some(row) = page.rows.iter_mut().find(|row| row.id == id) {
                row.reason = Field::new(form.reason).refused(fault);
            }
            return Ok(Reply::Invalid(page));
        }
    };
    let back = Redirect::to("/admin/credentials");
    Ok(Reply::SeeOther(if credentials.revoke(&admin.id, &id, &reason).await? {
        back.success(format!("The credential of {} is revoked.", found.name))
    } else {
        back.error("This credential was revoked before. Nothing was changed.")
    }))
}
