//! What is passed on to a Service and back: methods, headers, bodies.

use http::Method;
use serde_json::Value;

use super::{Setting, labs_with};
use crate::support::Page;

fn echoed(page: &Page) -> Value {
    serde_json::from_str(&page.body).unwrap_or_else(|fault| panic!("{fault}: {}", page.body))
}

#[tokio::test]
async fn any_method_and_body_reaches_the_service_as_it_was_sent() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"] {
        let request =
            browser.request(Method::from_bytes(method.as_bytes()).unwrap(), &host, "/a%2Fb//c?d=%20&e").body("typed");
        let told = echoed(&browser.send(&host, request).await.expect(200));
        assert_eq!((&told["method"], &told["uri"]), (&method.into(), &"/a%2Fb//c?d=%20&e".into()));
        assert_eq!(told["body"], "typed", "{method}");
        assert_eq!(told["headers"]["content-length"][0], "5");
    }
    let chunks = futures_util::stream::iter(["in ", "parts"].map(Ok::<_, std::io::Error>));
    let request = browser.request(Method::POST, &host, "/").body(reqwest::Body::wrap(http_body_util::StreamBody::new(
        futures_util::StreamExt::map(chunks, |part| {
            part.map(|part| hyper::body::Frame::data(bytes::Bytes::from(part)))
        }),
    )));
    assert_eq!(echoed(&browser.send(&host, request).await)["body"], "in parts");
    let connect =
        format!("CONNECT {host} HTTP/1.1\r\nhost: {host}\r\ncookie: {}\r\n\r\n", browser.cookie_header(&host).unwrap());
    let mut stream = tokio::net::TcpStream::connect(browser.platform()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, connect.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 405");
}

#[tokio::test]
async fn the_service_sees_who_asked_and_nothing_of_the_platform() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    browser.set_cookie(&host, "session", &setting.ada.cookie("session").unwrap());
    browser.set_cookie(&host, "grafana_session", "theirs");
    let request = browser
        .request(Method::GET, &host, "/")
        .header("authorization", "Basic YTpi")
        .header("x-forwarded-for", "6.6.6.6")
        .header("x-forwarded-user", "admin")
        .header("connection", "x-private")
        .header("x-private", "1")
        .header("accept-encoding", "br, zstd");
    let headers = &echoed(&browser.send(&host, request).await)["headers"];
    assert_eq!(headers["host"][0], host.as_str());
    assert_eq!(headers["x-forwarded-host"][0], host.as_str());
    assert_eq!(headers["x-forwarded-proto"][0], "http");
    assert_eq!(headers["x-forwarded-for"], serde_json::json!(["127.0.0.1"]));
    assert_eq!(headers["authorization"][0], "Basic YTpi");
    assert_eq!(headers["accept-encoding"][0], "br, zstd");
    assert_eq!(headers["cookie"], serde_json::json!(["grafana_session=theirs"]));
    assert_eq!((headers.get("x-forwarded-user"), headers.get("x-private")), (None, None));
    browser.set_cookie(&host, "session", "of-the-service");
    let headers = &echoed(&browser.get(&host, "/").await)["headers"];
    assert_eq!(headers["cookie"][0], "grafana_session=theirs; session=of-the-service");
}

#[tokio::test]
async fn what_the_service_answers_is_kept_to_the_origin_of_the_page() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let header = async |name: &str, value: &str| {
        let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
        browser.get(&host, &format!("/header/{name}/{value}")).await.expect(200).headers
    };
    let set = header("set-cookie", "a=b; Domain=labs.localhost; Path=/").await;
    assert_eq!(set["set-cookie"], "a=b; Path=/");
    assert!(!header("set-cookie", "lab-access=x").await.contains_key("set-cookie"));
    let location = format!("http://qotm.{}.svc.cluster.local/login?a=b", setting.session.namespace);
    assert_eq!(header("location", &location).await["location"], "/login?a=b");
    assert_eq!(header("location", "https://docs.example.org/").await["location"], "https://docs.example.org/");
    assert!(!header("clear-site-data", "\"*\"").await.contains_key("clear-site-data"));
    assert!(!header("alt-svc", "h3").await.contains_key("alt-svc"));
    assert_eq!(header("x-frame-options", "DENY").await["content-security-policy"], "frame-ancestors 'none'");
    assert_eq!(header("content-encoding", "br").await["content-encoding"], "br");
    assert_eq!(header("cache-control", "max-age=60").await["cache-control"], "max-age=60");
    assert!(!header("x-other", "1").await.contains_key("cache-control"), "nothing of the platform's is added");
    assert_eq!(header("service-worker-allowed", "/").await["service-worker-allowed"], "/");
}

#[tokio::test]
async fn answers_come_with_their_length_or_in_parts() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let whole = browser.get(&host, "/numbers").await.expect(200);
    assert_eq!((whole.body.len(), &whole.headers["content-length"]), (1 << 20, &"1048576".parse().unwrap()));
    let parts = browser.get(&host, "/numbers?parts").await.expect(200);
    assert_eq!((parts.body == whole.body, parts.headers.get("content-length")), (true, None));
    let head = browser.send(&host, browser.request(Method::HEAD, &host, "/numbers")).await.expect(200);
    assert_eq!((head.body.as_str(), &head.headers["content-length"]), ("", &"1048576".parse().unwrap()));
    for status in [201, 204, 302, 304, 404, 418, 500, 503] {
        let page = browser.get(&host, &format!("/status/{status}")).await;
        assert_eq!((page.status.as_u16(), page.body.as_str()), (status, ""), "the Service's own error is its own");
    }
    let broken = browser.request(Method::GET, &host, "/breaks").send().await.unwrap();
    assert_eq!(broken.status(), 200);
    assert!(broken.bytes().await.is_err(), "an answer that breaks off is not taken for a whole one");
}

#[tokio::test]
async fn connections_to_a_pod_are_kept_and_used_again() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    for _ in 0..10 {
        browser.get(&host, "/").await.expect(200);
    }
    assert_eq!(setting.kube.forwards(), 1);
}

#[tokio::test]
async fn more_than_is_taken_is_refused() {
    let setting = Setting::open_with(|config| config.labs.page_max_body_mib = 1).await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let upload = |length: usize| browser.request(Method::POST, &host, "/upload").body(vec![b'x'; length]);
    assert_eq!(browser.send(&host, upload(1 << 20)).await.expect(200).body, "1048576");
    let refused = browser.send(&host, upload((1 << 20) + 1)).await.expect(413);
    assert!(refused.body.contains("1 MiB"), "{}", refused.body);
    let parts =
        (0..40).map(|_| Ok::<_, std::io::Error>(hyper::body::Frame::data(bytes::Bytes::from(vec![b'x'; 64 * 1024]))));
    let body = reqwest::Body::wrap(http_body_util::StreamBody::new(futures_util::stream::iter(parts)));
    let request = browser.request(Method::POST, &host, "/upload").body(body);
    assert_eq!(browser.send(&host, request).await.status, 413, "without a length said before");
    let request = browser.request(Method::GET, &host, "/").header("x-long", "x".repeat(33 * 1024));
    assert_eq!(browser.send(&host, request).await.status, 431);
}

#[tokio::test]
async fn one_session_has_so_many_requests_under_way_and_no_more() {
    let setting = Setting::open_with(|config| config.labs.page_max_requests = 2).await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let open = async || browser.request(Method::GET, &host, "/events").send().await.unwrap();
    let (first, second) = (open().await, open().await);
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    let refused = browser.get(&host, "/").await.expect(503);
    assert_eq!(refused.text("h1"), "Too many requests at once");
    assert_eq!(refused.headers["retry-after"], "5");
    drop(first);
    crate::support::eventually("a place is free", async || browser.get(&host, "/").await.status == 200).await;
}

#[tokio::test]
async fn the_requests_go_round_the_pods() {
    let folder = labs_with("web:\n  - { name: quote, title: Quote, service: qotm, path: /begin }\n");
    let setting = Setting::open_with(|config| config.labs.folder = Some(folder.path().to_owned())).await;
    setting.add_pod("qotm-2");
    setting.put_slice("qotm", &[("qotm-1", true), ("qotm-2", true), ("qotm-3", false)]);
    let browser = super::Browser::of(&setting.app.url, &setting.ada);
    let page = browser.open(super::PAGE).await.expect(200);
    assert!(page.body.contains(r#""uri":"/begin""#), "the page begins where the lab says: {}", page.body);
    for _ in 0..5 {
        browser.get(&setting.host("quote"), "/").await.expect(200);
    }
    assert_eq!(setting.kube.forwards(), 2, "one connection to each ready pod");
}
