//! Which host gets what: never the platform's pages on a lab's host, and never a lab's on the platform's.

use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Browser, Setting};

/// Sends a request as it is written, and reads the answer.
async fn send_raw(setting: &Setting, request: &str) -> String {
    let mut stream = TcpStream::connect(setting.app.url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_lab_host_serves_nothing_of_the_platform() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    for path in ["/labs", "/sign-in", "/healthz", "/metrics", "/assets/app.css", "/labs/service-annotations/status"] {
        let page = browser.get(&host, path).await.expect(200);
        assert!(page.body.contains(&format!(r#""uri":"{path}""#)), "{path}: {}", page.body);
        let port = setting.app.url.rsplit(':').next().unwrap();
        assert_eq!(
            page.headers.get("content-security-policy").unwrap(),
            &*format!("frame-ancestors 'self' http://localhost:{port} http://127.0.0.1:{port}")
        );
        assert!(!page.headers.contains_key("cross-origin-opener-policy"), "{path}");
    }
    let form = browser.request(Method::POST, &host, "/sign-out").body("no token");
    assert_eq!(browser.send(&host, form).await.status, 200, "no token of the platform's is asked for");
    assert!(setting.ada.get("/account").await.status == 200, "and nobody was signed out");
}

#[tokio::test]
async fn what_is_under_the_lab_domain_and_no_page_is_told_in_words() {
    let setting = Setting::open().await;
    let browser = Browser::of(&setting.app.url, &setting.ada);
    for host in ["labs.localhost", "www.labs.localhost", "a.b.labs.localhost:8080", "QUOTE.Labs.localhost."] {
        let page = browser.get(host, "/labs").await.expect(404);
        assert_eq!(page.text("h1"), "There is no page at this address", "{host}");
    }
    let text = browser.request(Method::GET, "www.labs.localhost", "/api").header("accept", "application/json");
    let answer = browser.send("www.labs.localhost", text).await.expect(404);
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let page = browser.get(&setting.host("quote"), "/.seaworthy/other").await.expect(404);
    assert!(page.text("main").contains("/.seaworthy/"), "{}", page.body);
}

#[tokio::test]
async fn a_host_is_the_same_page_however_it_is_written() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let access = format!("lab-access={}", browser.cookie(&host, "lab-access").unwrap());
    let name = host.split(':').next().unwrap();
    for written in [name.to_uppercase(), format!("{name}."), format!("{name}:9999"), format!("{name}.:80")] {
        let request = browser.request(Method::GET, &written, "/").header("cookie", access.clone());
        assert_eq!(browser.send(&written, request).await.status, 200, "{written}");
    }
}

#[tokio::test]
async fn hosts_that_contradict_each_other_get_neither() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let access = browser.cookie(&host, "lab-access").unwrap();
    let platform = browser.platform();
    let with = |line: &str, headers: &str| {
        format!("GET {line} HTTP/1.1\r\n{headers}cookie: lab-access={access}\r\nconnection: close\r\n\r\n")
    };
    for request in [
        with("/", &format!("host: {host}\r\nhost: {platform}\r\n")),
        with("/", &format!("host: {platform}\r\nhost: {host}\r\n")),
        with(&format!("http://{host}/"), &format!("host: {platform}\r\n")),
        with(&format!("http://{platform}/"), &format!("host: {host}\r\n")),
        with("/", &format!("host: ada@{host}\r\n")),
        with("/", &format!("host: {platform}, {host}\r\n")),
        with("/", &format!("host: {host}/x\r\n")),
        with("/", "host: quote%2elabs.localhost\r\n"),
    ] {
        let answer = send_raw(&setting, &request).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{request}\n{answer}");
        assert!(!answer.contains("the learner"), "{answer}");
    }
    let answer = send_raw(&setting, &with(&format!("http://{host}/a"), &format!("host: {host}\r\n"))).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""uri":"/a""#), "{answer}");
    let answer = send_raw(&setting, "GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200"), "without a host it is the platform: {answer}");
    let answer = send_raw(&setting, "GET /healthz HTTP/1.1\r\nhost: [::1]:8080\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn requests_of_other_origins_are_not_passed_on_and_links_are() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let sibling = format!("http://{}", setting.host("other"));
    let own = format!("http://{host}");
    for (method, headers, expected) in [
        (Method::GET, vec![("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")], 200),
        (Method::GET, vec![("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")], 200),
        (Method::GET, vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], 200),
        (Method::POST, vec![("sec-fetch-site", "same-origin"), ("origin", &own)], 200),
        (Method::POST, vec![("sec-fetch-site", "same-origin"), ("origin", "null")], 200),
        (Method::GET, vec![("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")], 403),
        (Method::POST, vec![("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate")], 403),
        (Method::POST, vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")], 403),
        (Method::POST, vec![("origin", &sibling)], 403),
        (Method::GET, vec![("origin", &sibling)], 403),
        (Method::POST, vec![("origin", "null")], 403),
        (Method::DELETE, vec![("origin", "http://localhost")], 403),
        (Method::POST, vec![], 200),
    ] {
        let mut request = browser.request(method.clone(), &host, "/");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        assert_eq!(browser.send(&host, request).await.status, expected, "{method} {headers:?}");
    }
}

#[tokio::test]
async fn the_metrics_name_no_host_and_no_path_of_a_page() {
    let setting = Setting::open_with(|config| config.server.metrics_token = Some("0123456789abcdef".into())).await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    browser.get(&host, "/labs/secret-path").await;
    Browser::new(&setting.app.url).get(&host, "/").await.expect(403);
    let request = browser.request(Method::GET, browser.platform(), "/metrics").bearer_auth("0123456789abcdef");
    let metrics = browser.send(browser.platform(), request).await.expect(200).body;
    assert!(metrics.contains(r#"route="lab page""#), "{metrics}");
    assert!(metrics.contains(r#"seaworthy_lab_page_requests_total{outcome="answered"} 2"#), "{metrics}");
    assert!(metrics.contains(r#"seaworthy_lab_page_requests_total{outcome="no_access"} 1"#), "{metrics}");
    assert!(!metrics.contains("secret-path") && !metrics.contains(&setting.session.namespace), "{metrics}");
}
