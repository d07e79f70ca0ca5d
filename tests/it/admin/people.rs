//! Who is there, and what an admin can do to an account.

use crate::support::TestApp;

#[actix_web::test]
async fn people_are_found_by_name_address_and_role() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    for name in ["ada", "bea"] {
        app.learner(name).await;
    }
    let names = |page: crate::support::Page| page.texts("tbody th");
    assert_eq!(names(admin.get("/admin/people").await.expect(200)).len(), 3);
    assert_eq!(names(admin.get("/admin/people?search=BEA%40").await).len(), 1);
    assert_eq!(names(admin.get("/admin/people?role=admin").await).len(), 1);
    assert!(admin.get("/admin/people?search=nobody").await.expect(200).text("main").contains("No one matches"));
    assert_eq!(names(admin.get("/admin/people?search=%25&role=nonsense").await).len(), 0);
}

#[actix_web::test]
async fn a_long_list_has_pages() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    for number in 0..55 {
        app.learner(&format!("learner{number}")).await;
    }
    let first = admin.get("/admin/people").await.expect(200);
    assert_eq!(first.texts("tbody th").len(), 50);
    let next = first.attribute("a[rel=\"next\"]", "href").unwrap();
    let second = admin.get(&next).await.expect(200);
    assert_eq!(second.texts("tbody th").len(), 6);
    assert!(second.attribute("a[rel=\"next\"]", "href").is_none());
}

#[actix_web::test]
async fn a_role_is_changed_and_written_down() {
    let app = TestApp::spawn().await;
    let (admin, ada) = (app.admin("noor").await, app.learner("ada").await);
    let form = format!("/admin/people/{}/role", ada.person().id);
    let list = admin.get("/admin/people?search=ada&role=learner").await.expect(200);
    let (asked, done) = admin.choose_and_confirm(&list, "Change", &[("role", "instructor")], "Make them").await;
    assert_eq!(asked.text("h1"), "Make ada an instructor?");
    assert_eq!(done.location(), "/admin/people?search=ada&role=learner", "the list as it was searched");
    assert!(admin.get("/admin/people").await.text(".flash").contains("ada is an instructor now"));
    ada.get("/review").await.expect(200);
    let audit = admin.get("/admin/audit?action=person.set_role").await.expect(200);
    assert!(audit.text("tbody tr").contains("ada"), "{}", audit.text("tbody"));
    assert!(admin.post(&form, &[("role", "captain")]).await.expect(422).text(".error-summary").contains("choose"));
    admin.post("/admin/people/nobody/role", &[("role", "admin")]).await.expect(404);
    admin.get("/admin/people/nobody/role?role=admin").await.expect(404);
    for (query, told) in [("role=captain", "choose"), ("role=instructor", "already"), ("", "choose")] {
        assert_eq!(admin.get(&format!("{form}?{query}")).await.location(), "/admin/people");
        assert!(admin.get("/admin/people").await.text(".flash").contains(told), "{query}");
    }
    for elsewhere in ["//evil.example", "/admin/peoples", "/account", "https://evil.example/admin/people?"] {
        let sent = admin.post(&form, &[("role", "instructor"), ("next", elsewhere)]).await;
        assert_eq!(sent.location(), "/admin/people");
    }
}

#[actix_web::test]
async fn the_last_admin_stays_one() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    let form = format!("/admin/people/{}/role", admin.person().id);
    let refused = admin.post(&form, &[("role", "learner")]).await.expect(422);
    assert!(refused.text(".error-summary").contains("only admin"));
    app.admin("omar").await;
    assert_eq!(admin.post(&form, &[("role", "learner")]).await.location(), "/");
    admin.get("/admin").await.expect(403);
}

#[actix_web::test]
async fn of_eight_admins_who_step_down_at_once_one_stays() {
    let app = TestApp::spawn().await;
    let mut steps = Vec::new();
    for number in 0..8 {
        let admin = app.admin(&format!("admin{number}")).await;
        steps.push(async move {
            let form = format!("/admin/people/{}/role", admin.person().id);
            admin.post(&form, &[("role", "learner")]).await.status.as_u16()
        });
    }
    let mut answers = futures_util::future::join_all(steps).await;
    answers.sort_unstable();
    assert_eq!(answers, [303, 303, 303, 303, 303, 303, 303, 422]);
}

#[actix_web::test]
async fn a_person_can_be_signed_out_everywhere() {
    let app = TestApp::spawn().await;
    let (admin, ada) = (app.admin("noor").await, app.learner("ada").await);
    ada.get("/account").await.expect(200);
    let form = format!("/admin/people/{}/sign-out", ada.person().id);
    assert_eq!(admin.post(&form, &[]).await.location(), "/admin/people");
    assert!(ada.get("/account").await.location().starts_with("/sign-in"));
    admin.post("/admin/people/nobody/sign-out", &[]).await.expect(404);
}
