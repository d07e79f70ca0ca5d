//! `GET /labs/lab.schema.json` and `GET /labs/task.schema.json`: the schemas of what authors of labs write, for their editors.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde_json::Value;

use crate::grading::schema;

/// The media type of a JSON Schema.
const JSON_SCHEMA: &str = "application/schema+json";

/// The schema of `lab.yaml`.
pub async fn lab_schema() -> HttpResponse {
    answer(&schema::lab_schema())
}

/// The schema of a file of `tasks/`.
pub async fn task_schema() -> HttpResponse {
    answer(&schema::task_schema())
}

fn answer(schema: &Value) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(JSON_SCHEMA)
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(schema::publish(schema))
}
