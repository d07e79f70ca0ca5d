//! `GET /labs/{lab}/status` and `GET /labs/{lab}/kubeconfig`.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};

use crate::accounts::guards::Learner;
use crate::labs::{Labs, OpenError};
use crate::web::WebError;

/// The reader's session as JSON.
pub async fn status(labs: Data<Labs>, name: Path<String>, Learner(person): Learner) -> Result<HttpResponse, WebError> {
    let lab = labs.catalogue().find(&name).ok_or(WebError::NotFound)?;
    let session = labs.session_view(&person.id, lab).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(session))
}

/// A kubeconfig for the reader's running session, as a download.
pub async fn kubeconfig(
    labs: Data<Labs>,
    name: Path<String>,
    Learner(person): Learner,
) -> Result<HttpResponse, WebError> {
    let text = labs.issue_kubeconfig(&person.id, &name).await.map_err(refusal)?;
    let disposition = "attachment; filename=\"kubeconfig.yaml\"";
    Ok(HttpResponse::Ok()
        .content_type("application/yaml")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(text))
}

/// The answer when no terminal or kubeconfig was given.
pub(super) fn refusal(fault: OpenError) -> WebError {
    match fault {
        OpenError::NotReady => WebError::Conflict("This lab is not running. Start it on its page first.".to_owned()),
        OpenError::Cluster(fault) => WebError::Unavailable(format!("{fault} Try again in a moment.")),
        OpenError::Database(fault) => fault.into(),
    }
}
