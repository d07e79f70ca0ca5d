//! The record of one request, as it was sealed.

use crate::db::{self, Conn};
use crate::grading::model::GradingRequestId;

/// The record of a request that has its verdicts, as canonical JSON.
pub(in crate::grading) async fn find_record(conn: &mut Conn, request: &GradingRequestId) -> db::Result<Option<String>> {
    let row: Option<(Option<String>,)> = sqlx::query_as("SELECT record FROM grading_requests WHERE id = $1")
        .bind(request.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row.and_then(|(record,)| record))
}
