//! Failed jobs.

use crate::support::TestApp;

async fn fail_a_job(app: &TestApp) -> String {
    let mut tx = app.app.db.write().await.unwrap();
    sqlx::query(
        "INSERT INTO jobs (id, kind, payload, state, attempts, lease, due_at, last_error, created_at, written_at,
                           finished_at)
         VALUES ('job-1', 'labs.upkeep', '{}', 'failed', 10, 10, 0, 'connection refused', 0, 1, 1)",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    "job-1".to_owned()
}

#[actix_web::test]
async fn a_failed_job_can_be_tried_again_once() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    let id = fail_a_job(&app).await;
    assert!(admin.get("/admin/jobs").await.expect(200).text("tbody tr").contains("connection refused"));
    assert!(admin.get("/admin").await.text("main").contains("1 job has failed"));
    let form = format!("/admin/jobs/{id}/retry");
    for answer in ["in the queue again", "Nothing was changed"] {
        assert_eq!(admin.post(&form, &[]).await.location(), "/admin/jobs");
        assert!(admin.get("/admin/jobs").await.text(".flash").contains(answer));
    }
    app.run_jobs().await;
    let ledger = admin.get("/admin/audit?action=job.retry").await.expect(200);
    assert_eq!(ledger.texts("tbody tr").len(), 1);
}

#[actix_web::test]
async fn a_failed_job_can_be_given_up() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    let id = fail_a_job(&app).await;
    admin.post(&format!("/admin/jobs/{id}/discard"), &[]).await.location();
    assert!(!admin.get("/admin/jobs").await.expect(200).body.contains("connection refused"));
}
