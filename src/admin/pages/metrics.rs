//! `GET /metrics`, in the text format of Prometheus.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::admin::Admin;
use crate::web::{Metrics, WebError};

/// Gives the metrics to whoever has the token of the configuration; without one there is no such page.
pub async fn metrics(
    metrics: Data<Metrics>,
    admin: Data<Admin>,
    request: HttpRequest,
) -> Result<HttpResponse, WebError> {
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !metrics.allows(authorization.and_then(|value| value.strip_prefix("Bearer "))) {
        return Err(WebError::NotFound);
    }
    // What this process counts by itself is wanted most when the database does not answer.
    let counts =
        admin.count_states().await.inspect_err(|fault| tracing::warn!(error = %fault, "database counts left out"));
    metrics.set_counts(counts.ok().as_ref(), admin.count_connections());
    let text = metrics.encode().map_err(|fault| WebError::Fault(fault.into()))?;
    Ok(HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text))
}
