//! What an orchestrator asks: whether the process is alive, and whether it can answer people.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde_json::json;

use crate::db::Db;

/// Whether this process is about to stop; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// Asks whoever sends people here to send them elsewhere.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// `GET /healthz`: the process answers, whatever else is out of reach.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// `GET /readyz`: the database answers too and no stop is near, so that people can be sent here.
pub async fn readyz(db: Data<Db>, draining: Data<Draining>) -> HttpResponse {
    if draining.has_begun() {
        return HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
            .json(json!({ "status": "not ready", "database": "not asked", "draining": true }));
    }
    match db.ping().await {
        Ok(()) => HttpResponse::Ok().json(json!({ "status": "ready", "database": "answers" })),
        Err(fault) => {
            tracing::warn!(error = %fault, "not ready: the database does not answer");
            HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
                .json(json!({ "status": "not ready", "database": "does not answer" }))
        }
    }
}
