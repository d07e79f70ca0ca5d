//! The audit log's page.

use crate::support::TestApp;

async fn change_roles(app: &TestApp) -> crate::support::Visitor {
    let (admin, ada) = (app.admin("noor").await, app.learner("ada").await);
    for role in ["instructor", "learner", "instructor"] {
        admin.post(&format!("/admin/people/{}/role", ada.person().id), &[("role", role)]).await.location();
    }
    admin
}

#[actix_web::test]
async fn a_whole_chain_is_told_as_such() {
    let app = TestApp::spawn().await;
    let admin = change_roles(&app).await;
    let page = admin.get("/admin/audit?check=now").await.expect(200);
    assert!(page.text("main").contains("The chain is whole"), "{}", page.text("main"));
    let about = admin.get(&format!("/admin/audit?about={}", "ada%40example.org")).await.expect(200);
    assert!(about.texts("tbody tr").len() >= 3);
    assert!(admin.get("/admin/audit?about=nobody").await.expect(200).text("main").contains("Nothing is recorded"));
}

#[actix_web::test]
async fn a_changed_and_a_cut_off_event_are_found() {
    for change in [
        "UPDATE audit_events SET detail = '{}' WHERE seq = 2",
        "DELETE FROM audit_events WHERE seq = (SELECT MAX(seq) FROM audit_events)",
        "DELETE FROM audit_events WHERE seq = 1",
    ] {
        let app = TestApp::spawn().await;
        let admin = change_roles(&app).await;
        let mut tx = app.app.core.db.write().await.unwrap();
        sqlx::query(change).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let page = admin.get("/admin/audit?check=now").await.expect(200);
        assert!(page.text("main").contains("The chain is broken"), "{change}: {}", page.text("main"));
    }
}
