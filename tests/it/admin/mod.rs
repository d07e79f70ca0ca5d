//! The admin's pages.

mod audit;
mod health;
mod jobs;
mod people;

use crate::prizes;
use crate::support::TestApp;

#[actix_web::test]
async fn the_pages_are_for_admins() {
    let app = TestApp::spawn().await;
    let (visitor, learner, instructor) = (app.visitor(), app.learner("ada").await, app.instructor("ines").await);
    for page in ["/admin", "/admin/people", "/admin/jobs", "/admin/audit", "/admin/vouchers", "/admin/credentials"] {
        assert!(visitor.get(page).await.location().starts_with("/sign-in"), "{page}");
        learner.get(page).await.expect(403);
        instructor.get(page).await.expect(403);
    }
    for form in ["/admin/people/x/role", "/admin/people/x/sign-out", "/admin/jobs/x/retry", "/admin/jobs/x/discard"] {
        learner.post(form, &[("role", "admin")]).await.expect(403);
    }
}

#[actix_web::test]
async fn the_overview_counts_what_waits() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    app.learner("ada").await;
    let page = admin.get("/admin").await.expect(200);
    assert!(page.text(".tiles").contains("People20 more signed up and not verified"), "{}", page.text(".tiles"));
    assert!(page.text("main").contains("Labs cannot run yet"), "{}", page.text("main"));
    assert!(page.text(".tiles").contains("Vouchers left this week50of 50"), "{}", page.text(".tiles"));
    for link in page.attributes(".tiles a", "href") {
        admin.get(&link).await.expect(200);
    }
}

#[actix_web::test]
async fn the_overview_counts_this_weeks_entries_and_vouchers() {
    let app = prizes::spawn().await;
    let (admin, imre) = (app.admin("noor").await, app.instructor("imre").await);
    admin.upload("/admin/vouchers", b"A-1\nB-2\nC-3").await.expect(200);
    let first = prizes::enter(&app.learner("ada").await).await;
    prizes::enter(&app.learner("bo").await).await;
    prizes::accept(&imre, &first).await;
    app.run_jobs().await;
    let tiles = admin.get("/admin").await.expect(200).text(".tiles");
    for expected in ["Entries to review12 this week", "Vouchers left this week1of 2", "Vouchers in stock21 given away"]
    {
        assert!(tiles.contains(expected), "{expected}: {tiles}");
    }
}
