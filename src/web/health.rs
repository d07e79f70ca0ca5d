//! What an orchestrator asks: whether the process is alive, and whether it can answer people.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde_json::json;

use crate::db::Db;

/// `GET /healthz`: the process answers, whatever else is out of reach.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// `GET /readyz`: the database answers too, so that people can be sent here.
pub async fn readyz(db: Data<Db>) -> HttpResponse {
    match db.ping().await {
        Ok(()) => HttpResponse::Ok().json(json!({ "status": "ready", "database": "answers" })),
        Err(fault) => {
            tracing::warn!(error = %fault, "not ready: the database does not answer");
            HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
                .json(json!({ "status": "not ready", "database": "does not answer" }))
        }
    }
}
