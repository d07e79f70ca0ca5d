//! What a visitor sees when a page cannot be had.

use crate::support::TestApp;

#[tokio::test]
async fn an_unknown_address_is_a_page_with_security_headers() {
    let app = TestApp::spawn().await;
    let page = app.visitor().get("/no-such-page").await.expect(404);
    assert_eq!(page.text("h1"), "There is no such page");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
}
