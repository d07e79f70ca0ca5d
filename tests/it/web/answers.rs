//! How answers are kept, compressed, measured and told apart.

use http::HeaderMap;
use reqwest::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use seaworthy::web::health::Draining;

use tempfile::TempDir;

use crate::lessons::{harbour, with_file};
use crate::support::{Page, TestApp, Visitor};

const LESSON: &str = "/modules/watch/first-watch/lamps";

async fn spawn() -> TestApp {
    TestApp::spawn_with(|config| config.content.folder = Some(harbour())).await
}

async fn get_with(app: &TestApp, visitor: &Visitor, path: &str, headers: &[(&str, &str)]) -> Page {
    let request = reqwest::Client::new().get(format!("{}{path}", app.url));
    visitor.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

fn text<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_page_without_a_token_is_compressed_and_not_sent_twice() {
    let app = spawn().await;
    let visitor = app.visitor();
    let page = visitor.get(LESSON).await.expect(200);
    assert!(!page.headers.contains_key("set-cookie") && !page.body.contains("name=\"csrf\""));
    assert_eq!(text(&page.headers, &CACHE_CONTROL), "no-cache");
    assert_eq!(text(&page.headers, &VARY), "cookie, accept-encoding");
    let tag = text(&page.headers, &ETAG).to_owned();
    app.advance(jiff::SignedDuration::from_secs(5));
    let again = get_with(&app, &visitor, LESSON, &[(IF_NONE_MATCH.as_str(), &tag)]).await.expect(304);
    assert!(again.body.is_empty() && text(&again.headers, &ETAG) == tag);
    let other = get_with(&app, &visitor, "/modules", &[(IF_NONE_MATCH.as_str(), &tag)]).await.expect(200);
    assert_ne!(text(&other.headers, &ETAG), tag);
    let packed = get_with(&app, &visitor, LESSON, &[(ACCEPT_ENCODING.as_str(), "gzip;q=0.5, br")]).await.expect(200);
    assert_eq!(text(&packed.headers, &CONTENT_ENCODING), "gzip");
    let refused = get_with(&app, &visitor, LESSON, &[(ACCEPT_ENCODING.as_str(), "gzip;q=0")]).await.expect(200);
    assert_eq!(text(&refused.headers, &CONTENT_ENCODING), "");
}

#[tokio::test]
async fn a_page_with_a_token_or_a_name_is_kept_by_nobody() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    for (visitor, path) in [(&app.visitor(), "/sign-in"), (&ada, LESSON), (&ada, "/account")] {
        let page = get_with(&app, visitor, path, &[(ACCEPT_ENCODING.as_str(), "gzip, br")]).await.expect(200);
        assert_eq!(text(&page.headers, &CACHE_CONTROL), "no-store", "{path}");
        assert!(!page.headers.contains_key(CONTENT_ENCODING) && !page.headers.contains_key(ETAG), "{path}");
    }
    let problem = app.visitor().get("/none").await.expect(404);
    assert_eq!(text(&problem.headers, &CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn a_page_of_another_version_gets_this_versions_files_which_are_not_kept_under_their_name() {
    let app = spawn().await;
    let visitor = app.visitor();
    let page = visitor.get("/sign-in").await.expect(200);
    let own = [
        page.attribute("link[rel=stylesheet]", "href").unwrap(),
        page.attribute("script[type=module]", "src").unwrap(),
        page.attribute("link[rel=preload]", "href").unwrap(),
        page.attribute("link[rel=icon]", "href").unwrap(),
    ];
    for path in own {
        let file = visitor.get(&path).await.expect(200);
        assert_eq!(text(&file.headers, &CACHE_CONTROL), "public, max-age=31536000, immutable", "{path}");
        let (name, hash_and_ending) = path.rsplit_once('-').unwrap();
        let (hash, ending) = hash_and_ending.split_once('.').unwrap();
        let other = get_with(&app, &visitor, &format!("{name}-0123ABCD.{ending}"), &[]).await.expect(200);
        assert_eq!(text(&other.headers, &CACHE_CONTROL), "no-store", "{path}");
        assert_eq!(other.headers[CONTENT_TYPE], file.headers[CONTENT_TYPE]);
        assert!(other.body == file.body, "{path}");
        for unknown in [format!("{name}-.{ending}"), format!("{name}-{hash}x.{ending}"), format!("{name}.{ending}")] {
            visitor.get(&unknown).await.expect(404);
        }
    }
    visitor.get("/assets/none-0123ABCD.css").await.expect(404);
}

/// The harbour module with an image in a lesson.
async fn spawn_with_image() -> (TestApp, TempDir) {
    let lesson = std::fs::read_to_string(harbour().join("watch/01-first-watch/01-lamps.md")).unwrap();
    let lesson = format!("{lesson}\n![A lamp](lamp.svg)\n");
    let folder = with_file("watch/01-first-watch/01-lamps.md", &lesson);
    let image = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><circle r=\"4\"/></svg>";
    std::fs::write(folder.path().join("watch/01-first-watch/lamp.svg"), image).unwrap();
    let content = folder.path().to_owned();
    (TestApp::spawn_with(|config| config.content.folder = Some(content)).await, folder)
}

#[tokio::test]
async fn an_image_is_sent_once() {
    let (app, _folder) = spawn_with_image().await;
    let visitor = app.visitor();
    let path = visitor.get(LESSON).await.attribute("main img[src^='/media/']", "src").unwrap();
    let image = visitor.get(&path).await.expect(200);
    let tag = text(&image.headers, &ETAG);
    let again = get_with(&app, &visitor, &path, &[(IF_NONE_MATCH.as_str(), tag)]).await.expect(304);
    assert!(again.body.is_empty());
    get_with(&app, &visitor, &path, &[(IF_NONE_MATCH.as_str(), "\"another\"")]).await.expect(200);
}

#[tokio::test]
async fn made_up_methods_share_one_series() {
    let app = TestApp::spawn().await;
    let client = reqwest::Client::new();
    for number in 0..20 {
        let method = reqwest::Method::from_bytes(format!("A{number}").as_bytes()).unwrap();
        client.request(method, format!("{}/labs", app.url)).send().await.unwrap();
        client.get(format!("{}/none-{number}", app.url)).send().await.unwrap();
    }
    let text = app.app.metrics.encode().unwrap();
    assert!(text.contains("route=\"/labs\",method=\"_OTHER\""), "{text}");
    assert!(!text.contains("method=\"A1") && !text.contains("none-1"), "{text}");
}

#[tokio::test]
async fn what_is_refused_before_its_handler_counts_for_its_address() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let client = reqwest::Client::new();
    let post = |body: String| {
        let form = "application/x-www-form-urlencoded";
        client.post(format!("{}/account/name", app.url)).header("content-type", form).body(body).send()
    };
    assert_eq!(post("a".repeat(300 * 1024)).await.unwrap().status().as_u16(), 413);
    ada.get("/modules/none").await.expect(404);
    ada.get("/labsx").await.expect(404);
    let text = app.app.metrics.encode().unwrap();
    for series in [
        "route=\"/account/name\",method=\"POST\",status=\"4xx\"",
        "route=\"/modules/{module}\",method=\"GET\",status=\"4xx\"",
        "route=\"none\",method=\"GET\",status=\"4xx\"",
    ] {
        assert!(text.contains(series), "{series} in {text}");
    }
}

#[tokio::test]
async fn whoever_asks_is_looked_up_for_pages_alone() {
    let (app, _folder) = spawn_with_image().await;
    let ada = app.learner("ada").await;
    let image = ada.get(LESSON).await.attribute("main img[src^='/media/']", "src").unwrap();
    let asset = ada.get("/").await.attribute("link[rel=stylesheet]", "href").unwrap();
    // Without a database, only what does not ask it is answered.
    app.app.core.db.close().await;
    for path in ["/healthz", "/content/revision", &image, &asset] {
        assert!(ada.get(path).await.status.as_u16() < 500, "{path}");
    }
    assert!(ada.get("/modules").await.status.is_server_error());
}

#[tokio::test]
async fn a_process_about_to_stop_is_alive_and_not_ready() {
    let app = TestApp::spawn().await;
    app.visitor().get("/readyz").await.expect(200);
    let draining: &Draining = &app.app.draining;
    draining.begin();
    assert!(app.visitor().get("/readyz").await.expect(503).body.contains("draining"));
    app.visitor().get("/healthz").await.expect(200);
    app.visitor().get("/").await.expect(200);
}
