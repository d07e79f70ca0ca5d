//! What an orchestrator and a scraper ask.

use crate::support::TestApp;

const TOKEN: &str = "a scraper's own long token";

#[actix_web::test]
async fn a_process_with_its_database_is_alive_and_ready() {
    let app = TestApp::spawn().await;
    assert!(app.visitor().get("/healthz").await.expect(200).body.contains("alive"));
    assert!(app.visitor().get("/readyz").await.expect(200).body.contains("ready"));
    app.app.core.db.close().await;
    app.visitor().get("/readyz").await.expect(503);
    app.visitor().get("/healthz").await.expect(200);
}

#[actix_web::test]
async fn metrics_are_for_whoever_has_the_token() {
    let app = TestApp::spawn_with(|config| config.server.metrics_token = Some(TOKEN.into())).await;
    let url = format!("{}/metrics", app.url);
    app.visitor().get("/metrics").await.expect(404);
    let client = reqwest::Client::new();
    assert_eq!(client.get(&url).bearer_auth("another").send().await.unwrap().status(), 404);
    let text = client.get(&url).bearer_auth(TOKEN).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("seaworthy_request_duration_seconds_count{route=\"/metrics\""), "{text}");
    assert!(text.contains("seaworthy_database_connections{state=\"idle\"}"), "{text}");
    assert!(text.contains("seaworthy_jobs{state=\"failed\"} 0"), "{text}");
    let closed = TestApp::spawn().await;
    closed.visitor().get("/metrics").await.expect(404);
}

#[actix_web::test]
async fn metrics_come_when_the_database_does_not_answer() {
    let app = TestApp::spawn_with(|config| config.server.metrics_token = Some(TOKEN.into())).await;
    let scrape = async || {
        let answer =
            reqwest::Client::new().get(format!("{}/metrics", app.url)).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    };
    let text = scrape().await;
    assert!(text.contains("seaworthy_database_up 1") && text.contains("seaworthy_jobs{"), "{text}");
    app.app.core.db.close().await;
    let text = scrape().await;
    assert!(
        text.contains("seaworthy_database_up 0") && text.contains("seaworthy_request_duration_seconds_count"),
        "{text}"
    );
    assert!(
        !text.contains("seaworthy_jobs{") && !text.contains("seaworthy_lab_sessions{"),
        "an old value would be taken for a new one"
    );
}

#[actix_web::test]
async fn an_address_with_a_null_character_is_refused() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    for address in ["/admin/people?search=%00", "/entries/a%00b", "/admin/audit?about=%00"] {
        admin.get(address).await.expect(400);
    }
}
