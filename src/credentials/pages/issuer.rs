//! `/credentials/issuer`, its document, and `/credentials/status/{list}`: what a verifier elsewhere asks for

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use crate::credentials::{Credentials, PublishedKey};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `credentials/issuer.html`
#[derive(Debug, Serialize)]
pub struct IssuerPage {
    /// The decentralised identifier.
    pub issuer: String,
    /// Every key that ever signed, the newest first.
    pub keys: Vec<PublishedKey>,
}

impl View for IssuerPage {
    const TEMPLATE: &'static str = "credentials/issuer.html";

    fn samples() -> Vec<Self> {
        let key = |retired_at| PublishedKey {
            id: "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            retired_at,
        };
        let issuer = "did:web:learn.example.org:credentials:issuer".to_owned();
        vec![
            Self { issuer: issuer.clone(), keys: Vec::new() },
            Self { issuer, keys: vec![key(None), key(Some(Timestamp::UNIX_EPOCH))] },
        ]
    }
}

/// `GET /credentials/issuer`
pub async fn issuer(credentials: Data<Credentials>) -> Result<Reply<IssuerPage>, WebError> {
    Ok(Reply::Page(IssuerPage { issuer: credentials.issuer(), keys: credentials.list_keys().await? }))
}

/// `GET /credentials/issuer/did.json`
pub async fn document(credentials: Data<Credentials>) -> Result<HttpResponse, WebError> {
    Ok(answer("application/did+json", &credentials.issuer_document().await?))
}

/// `GET /credentials/status/{list}`
pub async fn status(credentials: Data<Credentials>, list: Path<String>) -> Result<HttpResponse, WebError> {
    let list = list.parse().map_err(|_not_a_number| WebError::NotFound)?;
    Ok(answer("application/vc+json", &credentials.status_list(list).await?.ok_or(WebError::NotFound)?))
}

/// JSON that any site may read.
fn answer(kind: &str, document: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .body(document.to_owned())
}
