//! A Jaeger that is missing, away, slow, or answers what cannot be shown.

use std::time::Instant;

use seaworthy::labs::LabSession;

use super::{ID, Setting, TRACES};
use crate::support::{Jaeger, Visitor};

const SLOW: &str = "Jaeger does not answer: Jaeger gave no answer within 5 s. Its pod may be starting, or busy.";

/// What both pages say, which stay as they are around it.
async fn trouble(ada: &Visitor) -> String {
    let mut said = Vec::new();
    for (path, section) in [(TRACES.to_owned(), "#traces"), (format!("{TRACES}/{ID}"), "#trace")] {
        let page = ada.get(&path).await.expect(200);
        assert!(page.attribute(section, "data-live").is_some(), "{path} is looked at again");
        said.push(
            page.text(&format!("{section} .callout-title"))
                + ": "
                + &page.text(&format!("{section} .callout [data-announce]")),
        );
    }
    assert_eq!(said[0], said[1]);
    said.remove(0)
}

async fn with(change: impl FnOnce(&mut Jaeger)) -> String {
    let setting = Setting::open().await;
    setting.kube.jaeger(change);
    trouble(&setting.ada).await
}

#[tokio::test]
async fn a_cluster_without_jaeger_says_so() {
    let setting = Setting::open().await;
    setting.kube.delete("Service", "observability", "jaeger");
    let said = trouble(&setting.ada).await;
    assert_eq!(
        said,
        "This cluster has no traces: This cluster has no Service observability/jaeger, at which its traces would be asked for."
    );
}

#[tokio::test]
async fn a_jaeger_whose_pod_is_away_is_told_and_found_again() {
    let setting = Setting::open().await;
    let away =
        r#"{"kind":"Status","status":"Failure","code":503,"message":"no endpoints available for service \"jaeger\""}"#;
    setting.kube.jaeger(|jaeger| jaeger.answer = Some((503, away.to_owned())));
    let said = trouble(&setting.ada).await;
    assert_eq!(said, SLOW);
    setting.kube.jaeger(|jaeger| jaeger.answer = None);
    setting.receive_request(ID);
    setting.ada.get(&format!("{TRACES}/{ID}")).await.expect(200);
}

#[tokio::test]
async fn a_jaeger_that_hangs_is_waited_for_no_longer_than_a_page_may_take() {
    let setting = Setting::open().await;
    setting.ada.get(TRACES).await.expect(200);
    setting.kube.jaeger(|jaeger| jaeger.hangs = true);
    let begun = Instant::now();
    let said = trouble(&setting.ada).await;
    assert_eq!(said, SLOW);
    assert!(begun.elapsed().as_secs() < 40);
}

#[tokio::test]
async fn a_jaeger_that_keeps_no_tenants_apart_is_not_read() {
    let said = with(|jaeger| {
        jaeger.ignores_tenants = true;
        jaeger.receive("another", "theirs", serde_json::json!({ "traceId": ID, "spanId": "01", "name": "x" }));
    })
    .await;
    assert!(said.starts_with("The traces of this cluster cannot be shown: This Jaeger does not keep"), "{said}");
    assert!(said.contains("multi-tenancy"), "{said}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_or_no_traces_is_told() {
    let said = with(|jaeger| jaeger.answer = Some((200, "<html>".to_owned()))).await;
    assert!(said.starts_with("The traces could not be read: Jaeger's answer could not be read: "), "{said}");
    let said =
        with(|jaeger| jaeger.answer = Some((500, r#"{"error":{"httpCode":500,"message":"out of <b>"}}"#.to_owned())))
            .await;
    assert_eq!(said, "The traces could not be read: Jaeger answered 500: out of <b>");
    let setting = Setting::open().await;
    setting.kube.jaeger(|jaeger| jaeger.answer = Some((200, " ".repeat(25 * 1024 * 1024))));
    let text = setting.ada.get(&format!("{TRACES}/{ID}")).await.expect(200).text("#trace");
    assert!(text.contains("Jaeger's answer is larger than 24 MiB"), "{text}");
}

#[tokio::test]
async fn one_session_cannot_take_all_the_reading_for_itself() {
    let setting = Setting::open().await;
    let ben = setting.app.learner("ben").await;
    let _session: LabSession = crate::labs::start_until_ready(&setting.app, &ben).await;
    setting.ada.get(TRACES).await.expect(200);
    setting.kube.jaeger(|jaeger| jaeger.hangs = true);
    let all = futures_util::future::join_all((0..4).map(|_| setting.ada.get(TRACES))).await;
    let (busy, read): (Vec<_>, Vec<_>) = all.iter().partition(|page| page.status == 503);
    assert_eq!((busy.len(), read.len()), (1, 3));
    assert!(busy[0].text("#traces").contains("Many traces are being read"), "{}", busy[0].text("#traces"));
    assert_eq!(busy[0].headers["retry-after"], "5");
    setting.kube.jaeger(|jaeger| jaeger.hangs = false);
    assert!(ben.get(TRACES).await.expect(200).text("#traces").contains("No traces yet"));
}
