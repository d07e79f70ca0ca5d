//! What is asked often is found by an index, however many rows there are.

use seaworthy::db::Engine;

use crate::support::TestDatabase;

#[tokio::test]
async fn what_grows_is_looked_up_by_an_index() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    // PostgreSQL reads small tables from end to end whatever indices they have.
    if db.engine() != Engine::Sqlite {
        return;
    }
    let mut conn = db.read().await.unwrap();
    for (query, index) in [
        ("SELECT id FROM lab_sessions WHERE nonce = 'x'", "lab_sessions_nonce"),
        ("SELECT id FROM vouchers WHERE awarded_at IS NULL ORDER BY imported_at, id LIMIT 1", "vouchers_free"),
        ("DELETE FROM jobs WHERE finished_at < 1", "jobs_finished"),
        ("SELECT id FROM jobs WHERE state = 'failed' AND id < 'x' ORDER BY id DESC LIMIT 1", "jobs_state"),
        ("DELETE FROM sessions WHERE expires_at < 1", "sessions_expires"),
        ("DELETE FROM account_links WHERE expires_at < 1", "account_links_expires"),
        ("SELECT seq FROM audit_events WHERE actor = 'x' AND seq < 9 ORDER BY seq DESC LIMIT 1", "audit_events_actor"),
        ("SELECT id FROM entries WHERE person_id = 'x'", "entries_person"),
        ("SELECT session_id, revision FROM grading_live WHERE recorded_at > 1", "grading_live_recorded"),
        ("DELETE FROM grading_hints WHERE asked_at < 1", "grading_hints_asked"),
        ("SELECT hints FROM grading_attempts WHERE lab = 'x' AND task = 'y'", "grading_attempts_lab"),
        (
            "SELECT passed_at FROM grading_passes WHERE lab = 'x' AND task = 'y' ORDER BY passed_at DESC LIMIT 1",
            "grading_passes_lab",
        ),
        (
            "SELECT id FROM grading_requests WHERE lab = 'x' AND origin = 'learner' ORDER BY requested_at DESC LIMIT 1",
            "grading_requests_origin",
        ),
    ] {
        let explain = format!("EXPLAIN QUERY PLAN {query}");
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(explain)).fetch_all(&mut *conn).await.unwrap();
        assert!(plan.iter().any(|step| step.3.contains(index)), "{query}: {plan:?}");
        assert!(!plan.iter().any(|step| step.3.contains("TEMP B-TREE")), "{query} sorts: {plan:?}");
    }
}
