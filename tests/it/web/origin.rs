//! By which address the site is reached, and what follows for its forms and cookies.

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn without_a_public_url_people_sign_in_by_whatever_address_they_reach_it() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "192.168.178.20:8080", "learn.lan"] {
        let visitor = app.visitor().at_host(host);
        let page = visitor.get("/sign-in").await.expect(200);
        let set = page.headers["set-cookie"].to_str().unwrap();
        assert!(set.starts_with("csrf=") && !set.contains("Secure"), "Safari drops {set}");
        let signed_in = visitor.press(&page, "Sign in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
        let set = signed_in.headers["set-cookie"].to_str().unwrap().to_owned();
        assert_eq!(signed_in.location(), "/", "{host}");
        assert!(set.starts_with("session=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
        visitor.get("/account").await.expect(200);
    }
}

#[tokio::test]
async fn with_a_public_url_over_tls_the_proxys_own_host_does_not_matter() {
    let app =
        TestApp::spawn_with(|config| config.server.public_url = Some("https://learn.example.org".to_owned())).await;
    let visitor = app.visitor().on_site("https://learn.example.org");
    let page = visitor.get("/recover").await.expect(200);
    let set = page.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-csrf=") && set.contains("Secure"), "{set}");
    visitor.press(&page, "Send the link", &[("email", "nobody@example.org")]).await.expect(200);
    app.run_jobs().await;
}

#[tokio::test]
async fn a_form_under_another_address_than_the_public_one_is_told_both_and_the_setting() {
    let app =
        TestApp::spawn_with(|config| config.server.public_url = Some("https://learn.example.org".to_owned())).await;
    let visitor = app.visitor().at_host("10.0.0.7:8080");
    let page = visitor.get("/recover").await.expect(200);
    let page = visitor.press(&page, "Send the link", &[("email", "ada@example.org")]).await.expect(403);
    for part in
        ["http://10.0.0.7:8080", "https://learn.example.org", "server.public_url", "SEAWORTHY_SERVER__PUBLIC_URL"]
    {
        assert!(page.text(".lead").contains(part), "{part}");
    }
}
