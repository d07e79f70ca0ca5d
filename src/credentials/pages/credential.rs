//! `/credentials/{id}` and `/credentials/{id}.json`

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use crate::accounts::guards::Visitor;
use crate::credentials::{Badge, CredentialId, Credentials, Revocation};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `credentials/credential.html`
#[derive(Debug, Serialize)]
pub struct CredentialPage {
    /// What its file says.
    pub claims: Claims,
    /// The signed file.
    pub file_path: String,
    /// The key that signed it, as a Multikey.
    pub key: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When and why it was revoked.
    pub revocation: Option<Revocation>,
    /// Whether the reader is the one who earned it.
    pub is_own: bool,
}

/// What the file of a credential says.
#[derive(Clone, Debug, Serialize)]
pub struct Claims {
    /// The name of the person.
    pub name: String,
    /// What they completed.
    pub achievement: String,
    /// What that is about.
    pub description: String,
    /// Who says so.
    pub issuer: String,
    /// The issuer's decentralised identifier.
    pub issuer_id: String,
    /// When it was earned, as written in the file.
    pub awarded_at: String,
    /// What was checked, and how.
    pub evidence: Vec<(String, String)>,
}

impl Claims {
    /// What `badge` says.
    pub(super) fn new(badge: &Badge) -> Self {
        let achievement = &badge.credential_subject.achievement;
        Self {
            name: badge.credential_subject.name().to_owned(),
            achievement: achievement.name.clone(),
            description: achievement.description.clone(),
            issuer: badge.issuer.name.clone(),
            issuer_id: badge.issuer.id.clone(),
            awarded_at: badge.awarded_date.clone(),
            evidence: badge.evidence.iter().map(|one| (one.name.clone(), one.narrative.clone())).collect(),
        }
    }

    pub(super) fn sample() -> Self {
        Self {
            name: "Ada Quist".to_owned(),
            achievement: "Full service ownership".to_owned(),
            description: "From code to the people behind it.".to_owned(),
            issuer: "Run what you build".to_owned(),
            issuer_id: "did:web:learn.example.org:credentials:issuer".to_owned(),
            awarded_at: "2026-03-04T12:00:00Z".to_owned(),
            evidence: vec![("Checkpoint".to_owned(), "8 questions answered.".to_owned())],
        }
    }
}

impl View for CredentialPage {
    const TEMPLATE: &'static str = "credentials/credential.html";

    fn samples() -> Vec<Self> {
        let revocation = Revocation { at: Timestamp::UNIX_EPOCH, reason: "The name was wrong.".to_owned() };
        [(None, true), (None, false), (Some(revocation), false)]
            .into_iter()
            .map(|(revocation, is_own)| Self {
                claims: Claims::sample(),
                file_path: "/credentials/x.json".to_owned(),
                key: "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2".to_owned(),
                issued_at: Timestamp::UNIX_EPOCH,
                revocation,
                is_own,
            })
            .collect()
    }
}

/// `GET /credentials/{id}`, for everybody who has the address.
pub async fn credential(
    credentials: Data<Credentials>,
    visitor: Visitor,
    id: Path<String>,
) -> Result<Reply<CredentialPage>, WebError> {
    let id = CredentialId::from(id.into_inner());
    let (found, file) = credentials.find_with_file(&id).await?.ok_or(WebError::NotFound)?;
    let signed = credentials
        .read_file(file)
        .await?
        .map_err(|fault| WebError::Fault(anyhow::anyhow!("the stored file of credential {}: {fault}", found.id)))?;
    Ok(Reply::Page(CredentialPage {
        claims: Claims::new(&signed.badge),
        file_path: format!("/credentials/{}.json", found.id),
        key: signed.signer.key,
        issued_at: found.issued_at,
        revocation: found.revocation,
        is_own: visitor.0.is_some_and(|person| person.id == found.person),
    }))
}

/// `GET /credentials/{id}.json`: the signed file, to be saved.
pub async fn file(credentials: Data<Credentials>, id: Path<String>) -> Result<HttpResponse, WebError> {
    let id = CredentialId::from(id.into_inner());
    let (found, file) = credentials.find_with_file(&id).await?.ok_or(WebError::NotFound)?;
    let disposition = format!("attachment; filename=\"credential-{}.json\"", found.module);
    Ok(HttpResponse::Ok()
        .content_type("application/vc+json")
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(file))
}
