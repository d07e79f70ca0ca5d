//! Background work as the admin sees it.

use crate::support::TestApp;

async fn fail_a_job(app: &TestApp) -> String {
    let mut tx = app.app.core.db.write().await.unwrap();
    sqlx::query(
        "INSERT INTO jobs (id, kind, payload, state, attempts, lease, due_at, last_error, created_at, written_at,
                           finished_at)
         VALUES ('job-1', 'labs.resync', '{}', 'failed', 10, 10, 0, 'connection refused', 0, 1, 1)",
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
    let audit = admin.get("/admin/audit?action=job.retry").await.expect(200);
    assert_eq!(audit.texts("tbody tr").len(), 1);
}

#[actix_web::test]
async fn a_failed_job_can_be_given_up() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    let id = fail_a_job(&app).await;
    admin.post(&format!("/admin/jobs/{id}/discard"), &[]).await.location();
    assert!(!admin.get("/admin/jobs").await.expect(200).body.contains("connection refused"));
}

/// A job of a kind, in a state, made at a time.
async fn add(app: &TestApp, id: &str, kind: &str, state: &str) {
    let finished_at = matches!(state, "done" | "failed").then_some(1_i64);
    let mut tx = app.app.core.db.write().await.unwrap();
    sqlx::query(
        "INSERT INTO jobs (id, kind, payload, state, attempts, lease, due_at, created_at, written_at, finished_at)
         VALUES ($1, $2, '{}', $3, 0, 0, 1, 0, 1, $4)",
    )
    .bind(id)
    .bind(kind)
    .bind(state)
    .bind(finished_at)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[actix_web::test]
async fn every_job_can_be_paged_to_by_state_and_kind() {
    let app = TestApp::spawn().await;
    app.leave_jobs();
    let admin = app.admin("noor").await;
    for number in 100..230 {
        add(&app, &format!("job-{number}"), "prizes.line_changed", "failed").await;
    }
    for number in 0..3 {
        add(&app, &format!("job-00{number}"), "labs.resync", "done").await;
    }
    for (filter, expected) in [
        ("", 130),
        ("?state=failed", 130),
        ("?state=all", 133),
        ("?state=done", 3),
        ("?state=running", 0),
        ("?state=all&kind=labs.resync", 3),
        ("?kind=labs.resync", 0),
    ] {
        let mut page = admin.get(&format!("/admin/jobs{filter}")).await.expect(200);
        let mut forms = Vec::new();
        let mut rows = page.texts("tbody tr").len();
        loop {
            forms.extend(page.attributes("tbody form[action$=retry]", "action"));
            let Some(next) = page.attribute("a[rel=next]", "href") else { break };
            page = admin.get(&next).await.expect(200);
            rows += page.texts("tbody tr").len();
        }
        assert_eq!(rows, expected, "{filter}");
        let count = forms.len();
        forms.sort();
        forms.dedup();
        assert_eq!(forms.len(), count, "{filter} shows a job twice");
    }
}

#[actix_web::test]
async fn a_job_of_another_version_is_shown_as_waiting_for_it_and_can_be_given_up() {
    let app = TestApp::spawn().await;
    app.leave_jobs();
    let admin = app.admin("noor").await;
    add(&app, "job-0", "labs.reconcile", "queued").await;
    add(&app, "job-1", "moon.landed", "queued").await;
    add(&app, "job-2", "labs.resync", "queued").await;
    add(&app, "job-3", "moon.landed", "running").await;
    let rows = admin.get("/admin/jobs").await.expect(200).texts("tbody tr");
    let waits = |row: &String| row.contains("Waits for another version");
    assert_eq!(rows.iter().map(waits).collect::<Vec<_>>(), [false, false, true, true], "{rows:?}");
    for (id, answer) in [
        ("job-2", "Nothing was changed"),
        ("job-3", "Nothing was changed"),
        ("job-1", "given up"),
        ("job-0", "given up"),
    ] {
        admin.post(&format!("/admin/jobs/{id}/discard"), &[]).await.location();
        assert!(admin.get("/admin/jobs").await.text(".flash").contains(answer), "{id}");
    }
    assert_eq!(admin.get("/admin/jobs").await.texts("tbody tr").len(), 2);
}
