//! A page inside the lab's own page: its way in, its cookies, and what it says where a browser or a Service allows none.

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Browser, PAGE, Setting};
use crate::labs::stop;
use crate::support::Page;

/// Asks as a browser does for what it shows in a frame of the platform's page.
async fn get_framed(browser: &Browser, host: &str, path: &str) -> Page {
    let request = browser.request(Method::GET, host, path).header("accept", "text/html");
    let request = request.header("sec-fetch-dest", "iframe").header("sec-fetch-mode", "navigate");
    browser.send(host, request.header("sec-fetch-site", "cross-site")).await
}

fn cookies_set(page: &Page) -> Vec<String> {
    page.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap().to_owned()).collect()
}

/// Takes the way into a frame as far as to the page; answers each cookie that was set on it.
async fn enter(setting: &Setting, browser: &Browser) -> Vec<String> {
    let host = setting.host("quote");
    let first = get_framed(browser, browser.platform(), PAGE).await.location();
    let mark = first.strip_prefix(&format!("http://{host}")).unwrap();
    assert!(mark.starts_with("/.seaworthy/frame?path=%2F&from=127%2E0%2E0%2E1"), "{mark}");
    let marked = get_framed(browser, &host, mark).await.expect(200);
    let policy = marked.headers["content-security-policy"].to_str().unwrap();
    let platform = format!("http://{}", browser.platform());
    assert!(
        policy.ends_with(&format!("frame-ancestors {platform}")) && policy.contains("script-src 'nonce-"),
        "{policy}"
    );
    assert!(marked.body.contains(&format!(", \"{platform}\");")), "{}", marked.body);
    let (_, told) = marked.body.split_once("{\"labPage\":\"").unwrap();
    let (admit, _) = told.split_once('"').unwrap();
    assert!(admit.starts_with("/labs/web/quote--"), "{admit}");
    let ticket = get_framed(browser, browser.platform(), admit).await.location();
    let redeemed = get_framed(browser, &host, ticket.strip_prefix(&format!("http://{host}")).unwrap()).await;
    assert_eq!(redeemed.location(), "/");
    [cookies_set(&marked), cookies_set(&redeemed)].concat()
}

/// A browser that has only the cookies of a frame at a host, as one has whose lab domain is another site.
fn keep_framed_cookies(setting: &Setting, browser: &Browser) -> Browser {
    let host = setting.host("quote");
    let framed = Browser::of(&setting.app.url, &setting.ada);
    for name in ["lab-framed-entry", "lab-framed-access"] {
        if let Some(value) = browser.cookie(&host, name) {
            framed.set_cookie(&host, name, &value);
        }
    }
    framed
}

#[tokio::test]
async fn a_page_is_shown_inside_the_labs_page_by_cookies_of_that_frame() {
    let setting = Setting::open().await;
    let (browser, host) = (Browser::of(&setting.app.url, &setting.ada), setting.host("quote"));
    let set = enter(&setting, &browser).await;
    let framed: Vec<&String> = set.iter().filter(|cookie| cookie.starts_with("lab-framed-")).collect();
    assert_eq!(framed.len(), 2, "{set:?}");
    for cookie in framed {
        assert!(cookie.contains("; HttpOnly; Secure; SameSite=None; Partitioned; Path=/"), "{cookie}");
    }
    let framed = keep_framed_cookies(&setting, &browser);
    let page = get_framed(&framed, &host, "/").await.expect(200);
    assert_eq!(page.headers["x-served-by"], "the learner");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    let port = browser.platform().rsplit_once(':').unwrap().1;
    assert!(policy.ends_with(&format!(" http://localhost:{port} http://127.0.0.1:{port}")), "{policy}");
    assert!(!page.body.contains("lab-framed"), "the Service sees neither: {}", page.body);
    let path = format!("/header/set-cookie/{}", utf8_percent_encode("a=b; SameSite=Lax", NON_ALPHANUMERIC));
    let page = framed.get(&host, &path).await.expect(200);
    assert_eq!(page.headers["set-cookie"], "a=b; Secure; SameSite=None; Partitioned");
    // In a tab of its own they are as the Service sets them.
    let page = setting.browser().await.get(&host, &path).await.expect(200);
    assert_eq!(page.headers["set-cookie"], "a=b; SameSite=Lax");
    let policy = setting.ada.get("/labs/service-annotations").await.headers["content-security-policy"].clone();
    assert!(policy.to_str().unwrap().contains("; frame-src 'self' http://*.labs.localhost:*;"), "{policy:?}");
}

#[tokio::test]
async fn access_in_a_frame_ends_with_the_lab_and_is_bound_to_its_host() {
    let setting = Setting::open().await;
    let browser = Browser::of(&setting.app.url, &setting.ada);
    enter(&setting, &browser).await;
    let framed = keep_framed_cookies(&setting, &browser);
    let other = setting.host("other");
    framed.set_cookie(
        &other,
        "lab-framed-access",
        &browser.cookie(&setting.host("quote"), "lab-framed-access").unwrap(),
    );
    assert_eq!(get_framed(&framed, &other, "/").await.status, 403);
    stop(&setting.ada).await;
    let page = get_framed(&framed, &setting.host("quote"), "/a?b=c").await.expect(403);
    assert_eq!(
        page.attribute("a.go", "href").as_deref(),
        Some("/.seaworthy/enter?path=%2Fa%3Fb%3Dc"),
        "it is opened in a tab of its own"
    );
    assert_eq!(page.attribute("a.go", "target").as_deref(), Some("_blank"));
    setting.app.run_jobs().await;
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_in_frames_is_led_to_a_tab() {
    let setting = Setting::open().await;
    let (browser, host) = (Browser::of(&setting.app.url, &setting.ada), setting.host("quote"));
    let page = get_framed(&browser, &host, "/.seaworthy/ticket?ticket=x&path=%2F").await.expect(403);
    assert_eq!(page.text("h1"), "This page needs a tab of its own");
    assert_eq!(page.attribute("a.go", "target").as_deref(), Some("_blank"));
    assert_eq!(page.attribute("a.go", "href").as_deref(), Some("/.seaworthy/enter?path=%2F"));
    // The same in a tab is only a link that is spent.
    let page = browser.get(&host, "/.seaworthy/ticket?ticket=x&path=%2F").await.expect(403);
    assert_eq!((page.text("h1").as_str(), page.attribute("a.go", "target")), ("This link works no more", None));
}

#[tokio::test]
async fn a_service_that_refuses_frames_is_believed_and_told_of() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    for option in ["DENY", "SameOrigin"] {
        let path = format!("/header/x-frame-options/{option}");
        let page = get_framed(&browser, &host, &path).await.expect(403);
        assert!(page.text(".lead").contains("X-Frame-Options"), "{}", page.body);
        let encoded = utf8_percent_encode(&path, NON_ALPHANUMERIC);
        assert_eq!(page.attribute("a.go", "href"), Some(format!("/.seaworthy/enter?path={encoded}")));
        browser.get(&host, &path).await.expect(200);
        // A page of its own may frame it, if it says so.
        let request = browser.request(Method::GET, &host, &path).header("sec-fetch-dest", "iframe");
        let request = request.header("sec-fetch-site", "same-origin").header("sec-fetch-mode", "navigate");
        browser.send(&host, request).await.expect(200);
    }
}
