//! One trace: its spans, where its time went, and what is not there.

use serde_json::json;

use super::{ID, Setting, TRACES};

#[tokio::test]
async fn a_trace_shows_its_spans_and_names_the_slow_hop() {
    let setting = Setting::open().await;
    setting.receive_request(ID);
    let page = setting.ada.get(&format!("{TRACES}/{ID}")).await.expect(200);
    assert_eq!(page.text("h1"), "GET / front");
    assert_eq!(page.text("#trace-id"), ID);
    let longest = page.text("[data-longest]");
    assert!(longest.contains("The longest hop is authors, GET /authors/{id}"), "{longest}");
    assert!(longest.contains("waited 389 ms") && longest.contains("96 % of the whole"), "{longest}");
    let services = page.attributes("li.span", "data-service");
    assert_eq!(services, ["front", "front", "qotm", "store", "authors"]);
    assert_eq!(page.attributes("tr[data-service]", "data-service")[0], "authors", "the table begins with it");
    let slow = page.text("#span-00000000000000d1");
    for said in
        ["Error", "It ended with an error: no <author>.", "http.response.status_code", "500", "cache missed", "389 ms"]
    {
        assert!(slow.contains(said), "{said}: {slow}");
    }
    let line = page.text("#line-00000000000000d1 .span-time");
    assert_eq!(line, "389 ms, 389 ms of its own, begins after 11 ms, on the critical path for 389 ms, level 4");
    assert!(page.text("#logs-title + p ~ .code").contains(&format!("lablogs --trace {ID} --since 15m")));
    assert_eq!(page.texts("li.span li.span li.span li.span").len(), 2, "both stand below the service that asked them");
}

#[tokio::test]
async fn spans_whose_parent_has_not_arrived_are_shown_and_looked_for_again() {
    let setting = Setting::open().await;
    let lone = json!({ "spanId": "0a", "parentSpanId": "0b", "name": "GET /late", "from": 0, "to": 10 });
    setting.receive(ID, "store", lone);
    let page = setting.ada.get(&format!("{TRACES}/{ID}")).await.expect(200);
    assert!(page.text("#trace").contains("1 span names a parent that is not here"), "{}", page.text("#trace"));
    assert!(page.text("li.span").contains("Parent not here"));
    assert_eq!(page.attribute("#trace", "data-live"), Some(format!("{TRACES}/{ID}")));
    setting.app.advance(jiff::SignedDuration::from_mins(1));
    let page = setting.ada.get(&format!("{TRACES}/{ID}")).await.expect(200);
    assert_eq!(page.attribute("#trace", "data-live"), None, "nothing more is to be expected");
}

#[tokio::test]
async fn clocks_that_differ_are_told() {
    let setting = Setting::open().await;
    setting.receive(ID, "front", json!({ "spanId": "0a", "name": "GET /", "from": 100, "to": 200 }));
    setting.receive(
        ID,
        "store",
        json!({ "spanId": "0b", "parentSpanId": "0a", "name": "GET /q", "from": 60, "to": 90 }),
    );
    let text = setting.ada.get(&format!("{TRACES}/{ID}")).await.text("#trace");
    assert!(text.contains("The clocks of front and store differ by 40 ms or more."), "{text}");
    assert!(text.contains("Clock differs"), "{text}");
}

#[tokio::test]
async fn a_trace_that_is_not_there_may_still_arrive_and_one_of_another_session_never_does() {
    let setting = Setting::open().await;
    setting.receive_request(ID);
    let ben = setting.app.learner("ben").await;
    crate::labs::start_until_ready(&setting.app, &ben).await;
    let page = ben.get(&format!("{TRACES}/{ID}")).await.expect(404);
    assert!(page.text("#trace").contains("It may not have arrived yet"), "{}", page.text("#trace"));
    assert_eq!(page.attribute("#trace", "data-live"), Some(format!("{TRACES}/{ID}")), "it is looked for again");
    assert!(page.text("#trace").contains(&format!("lablogs --trace {ID}")));
    setting.ada.get(&format!("{TRACES}/{ID}")).await.expect(200);
}

#[tokio::test]
async fn what_is_no_id_is_refused_in_words_and_asked_of_nobody() {
    let setting = Setting::open().await;
    let before = setting.kube.jaeger(|jaeger| jaeger.asked.len());
    for id in ["none", "4bf92f", "..%2f..%2fservices", "%3Fa=b", &"g".repeat(32), &"0".repeat(32)] {
        let page = setting.ada.get(&format!("{TRACES}/{id}")).await;
        assert_eq!(page.status, 400, "{id}");
        assert!(page.text("main").contains("32 hexadecimal digits"), "{id}: {}", page.text("main"));
    }
    assert_eq!(setting.kube.jaeger(|jaeger| jaeger.asked.len()), before);
}

#[tokio::test]
async fn a_trace_with_thousands_of_spans_is_shown_a_page_at_a_time() {
    let setting = Setting::open().await;
    setting.receive(ID, "front", json!({ "spanId": "01", "name": "GET /", "from": 0, "to": 9_000 }));
    for number in 2..6_001_u64 {
        let id = format!("{number:016x}");
        setting.receive(
            ID,
            "store",
            json!({ "spanId": id, "parentSpanId": "01", "name": "GET /q", "from": 1, "to": 2 }),
        );
    }
    let here = format!("{TRACES}/{ID}");
    let page = setting.ada.get(&here).await.expect(200);
    let text = page.text("#trace");
    assert!(text.contains("Spans 1 to 300 of 6 000 stand here"), "{}", text.chars().take(900).collect::<String>());
    assert!(page.body.len() < 400_000, "{} bytes", page.body.len());
    assert_eq!(page.attribute("#trace", "data-live"), None, "so large a page is not sent again by itself");
    let more = page.attributes("#trace .actions a[href*='from=']", "href");
    assert_eq!(more, [format!("{here}?from=300#spans-title"), format!("{here}?from=300#spans-title")]);

    let page = setting.ada.get(&format!("{here}?from=5900")).await.expect(200);
    assert!(page.text("#trace").contains("Spans 5 701 to 6 000 of"), "{}", page.text("#trace .callout"));
    let page = setting.ada.get(&format!("{here}?span=0000000000000f00")).await.expect(200);
    assert_eq!(
        page.attributes("details.span-row", "id"),
        ["open-0000000000000f00"],
        "the one that is asked for is open, on the page on which it is"
    );
    assert_eq!(page.attributes("li.span", "id").len(), 300);
}

#[tokio::test]
async fn a_failed_request_says_where_its_error_began() {
    let setting = Setting::open().await;
    setting.receive_request(ID);
    let page = setting.ada.get(&format!("{TRACES}/{ID}")).await.expect(200);
    let origin = page.text("[data-origin]");
    assert_eq!(origin, "The error began in authors, GET /authors/{id}: 500, no <author>.");
    assert_eq!(page.attribute("[data-origin] a", "href").as_deref(), Some("#span-00000000000000d1"));
    let shares = page.texts("tr[data-service] td:last-child");
    assert_eq!(shares, ["96 %", "1 %", "under 1 %", "under 1 %"], "what took time is not said to have taken none");
}
