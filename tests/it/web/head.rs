//! HEAD: what GET says of a page, without the page.

use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};

use crate::support::{Page, TestApp, Visitor};

async fn ask(visitor: &Visitor, app: &TestApp, method: Method, path: &str) -> Page {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    visitor.send(client.request(method, format!("{}{path}", app.url))).await
}

#[tokio::test]
async fn every_kind_of_address_answers_head_as_it_answers_get() {
    let app = TestApp::spawn().await;
    let visitor = app.visitor();
    let home = visitor.get("/").await.expect(200);
    let asset = home.attribute("link[rel=stylesheet]", "href").unwrap();
    let lesson = "/modules/full-service-ownership/introduction/after-the-deploy";
    for path in ["/", "/sign-in", lesson, &asset, "/healthz", "/readyz", "/account", "/no-such-page", "/modules/none"] {
        let (get, head) = (visitor.get(path).await, ask(&visitor, &app, Method::HEAD, path).await);
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.headers.get(CONTENT_TYPE), get.headers.get(CONTENT_TYPE), "{path}");
        assert!(head.headers.contains_key(CONTENT_LENGTH) && head.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_refused_with_a_page() {
    let app = TestApp::spawn().await;
    let visitor = app.visitor();
    let page = ask(&visitor, &app, Method::DELETE, "/sign-in").await.expect(405);
    assert_eq!(page.text("h1"), "This address does not take that");
    assert_eq!(page.headers["allow"], "GET, HEAD, POST");
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(ask(&visitor, &app, method, "/sign-out").await.location(), "/");
    }
}
