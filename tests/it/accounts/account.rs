//! `/account`

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn the_page_is_for_people_who_are_signed_in() {
    let app = TestApp::spawn().await;
    assert_eq!(app.visitor().get("/account").await.location(), "/sign-in?next=%2Faccount");
    let page = app.learner("ada").await.get("/account").await.expect(200);
    assert!(page.text("main").contains("ada@example.org"));
}

#[tokio::test]
async fn a_name_is_changed_or_refused_with_a_reason() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    ada.post("/account/name", &[("name", " Ada Quist ")]).await.location();
    assert_eq!(ada.get("/account").await.attribute("#name", "value").unwrap(), "Ada Quist");
    let page = ada.post("/account/name", &[("name", " ")]).await.expect(422);
    assert!(page.text(".error").contains("name you go by"));
}

#[tokio::test]
async fn a_password_change_asks_for_the_current_one() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let new = "a harbour light at dusk";
    let page = ada.post("/account/password", &[("current_password", "wrong"), ("new_password", new)]).await.expect(422);
    assert!(page.text("#current_password-error").contains("not your current password"));
    ada.post("/account/password", &[("current_password", PASSWORD), ("new_password", "ada ada ada ada")])
        .await
        .expect(422);
    ada.post("/account/password", &[("current_password", PASSWORD), ("new_password", new)]).await.location();
    app.visitor().post("/sign-in", &[("email", "ada@example.org"), ("password", new)]).await.location();
    ada.get("/account").await.expect(200);
    app.run_jobs().await;
}

#[tokio::test]
async fn each_device_is_listed_and_the_others_can_be_signed_out() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let other = app.visitor();
    other.post("/sign-in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.location();
    assert_eq!(ada.get("/account").await.texts("section ul li").len(), 2);
    ada.post("/account/sign-out-others", &[]).await.location();
    assert_eq!(ada.get("/account").await.texts("section ul li").len(), 1);
    other.get("/account").await.location();
}
