//! The traces of a session on the real cluster: requests of a learner's own, found on the pages with where their time went.

use std::path::Path;
use std::time::Duration;

use seaworthy::labs::LabSession;
use seaworthy::yaml;
use serde_json::Value;

use crate::site::eventually;
use crate::{PAGE, Page, Site, Visitor};

/// A server's span for each service and a client's for each of three requests between them.
const SPANS: usize = 7;

/// Runs a command in the toolbox, as the learner does in the terminal.
async fn run(site: &Site, session: &LabSession, command: &str) -> String {
    let (pod, command) = (seaworthy::labs::TOOLBOX, ["sh", "-c", command]);
    let outcome = site.app.cluster.run_in_pod(&session.namespace, pod, pod, &command).await.unwrap();
    assert!(outcome.is_success, "{command:?}: {}", outcome.output);
    outcome.output
}

/// Deploys the four services of the demo in place of the one that the lab has.
async fn deploy_system(site: &Site, session: &LabSession) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/images/qotm/system.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    for mut object in yaml::read_all::<Value>(&text).unwrap() {
        object["metadata"]["namespace"] = session.namespace.clone().into();
        site.app.cluster.apply(&object).await.unwrap();
    }
    for name in ["front", "qotm", "authors", "store"] {
        run(site, session, &format!("kubectl rollout status deployment/{name} --timeout=4m")).await;
    }
    // A new pod is closed to the others for a moment, until its policies are in force.
    run(
        site,
        session,
        "curl -sSf --max-time 10 --retry 60 --retry-delay 1 --retry-all-errors -o /dev/null http://front/",
    )
    .await;
}

/// Asks the front for its page and gives the id of the trace that it answers with.
async fn open_front(site: &Site, session: &LabSession) -> String {
    let head = run(site, session, "curl -sS -o /dev/null -D - http://front/").await;
    let line = head.lines().find_map(|line| line.strip_prefix("X-Trace-Id: ").or(line.strip_prefix("x-trace-id: ")));
    line.unwrap_or_else(|| panic!("no trace's id in {head}")).trim().to_owned()
}

/// The page of a trace once it shows what it should: the services send their spans one after another.
async fn page_of(visitor: &Visitor, id: &str, is_whole: impl Fn(&Page) -> bool) -> Page {
    let path = format!("{PAGE}/traces/{id}");
    eventually(&format!("{path} is not whole"), async || {
        let page = visitor.get(&path).await;
        assert!([200, 404].contains(&page.status.as_u16()), "{}: {}", page.status, page.body);
        is_whole(&page)
    })
    .await;
    visitor.get(&path).await.expect(200)
}

fn count_spans(page: &Page) -> usize {
    page.attributes("li.span", "data-service").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_found_by_its_id_with_its_services_and_the_slow_hop() {
    let site = Site::spawn().await;
    let (ada, ben) = (site.learner("ada").await, site.learner("ben").await);
    let (session, _) = (site.start(&ada).await, site.start(&ben).await);
    deploy_system(&site, &session).await;
    run(&site, &session, r#"curl -sS -X POST http://authors/fault -d '{"latency_ms":400}'"#).await;
    let mut slowest = None;
    // On a busy node another hop may take longer once, or the pod that is being replaced answer.
    eventually("authors is never the longest hop", async || {
        let id = open_front(&site, &session).await;
        let path = format!("{PAGE}/traces/{id}");
        for _ in 0..100 {
            let page = ada.get(&path).await;
            if count_spans(&page) >= SPANS {
                let longest = page.text("[data-longest]");
                slowest = longest.contains("The longest hop is authors, GET /authors/{id}").then_some((id, page));
                break;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        slowest.is_some()
    })
    .await;
    let (id, page) = slowest.unwrap();
    assert_eq!(page.attributes("tr[data-service]", "data-service")[0], "authors");
    let mut services = page.attributes("tr[data-service]", "data-service");
    services.sort();
    assert_eq!(services, ["authors", "front", "qotm", "store"]);
    assert_eq!(page.text("h1"), "GET / front");
    assert_eq!(page.texts(".waterfall-rows > li.span").len(), 1, "all stand below one");

    let list = ada.get(&format!("{PAGE}/traces?service=authors&at_least=400")).await.expect(200);
    // Whatever waited for policies before may have taken as long; the newest is the first.
    assert_eq!(list.attributes("[data-trace]", "data-trace")[0], id);
    assert!(ada.get(&format!("{PAGE}/traces?at_least=60000")).await.text("#traces").contains("No trace fits"));
    ben.get(&format!("{PAGE}/traces/{id}")).await.expect(404);
    let list = ben.get(&format!("{PAGE}/traces")).await.expect(200);
    assert!(list.text("#traces").contains("No traces yet"), "{}", list.text("#traces"));
    site.abandon(&[&ada, &ben]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_request_says_where_it_failed_and_finds_its_log_lines() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let session = site.start(&ada).await;
    deploy_system(&site, &session).await;
    run(&site, &session, r#"curl -sS -X POST http://store/fault -d '{"error_rate":1}'"#).await;
    let id = open_front(&site, &session).await;
    let page = page_of(&ada, &id, |page| {
        count_spans(page) >= 5 && !page.texts("li.span[data-service=store] .span-row").is_empty()
    })
    .await;
    let failed = page.text("li.span[data-service=store] .span-row");
    assert!(failed.contains("It ended with an error"), "{failed}");
    let list = ada.get(&format!("{PAGE}/traces?errors=1")).await.expect(200);
    assert_eq!(list.attributes("[data-trace]", "data-trace")[0], id);
    let commands = page.texts("#logs-title ~ .code code");
    for command in &commands {
        eventually(&format!("{command} shows no line of the trace"), async || {
            let lines = run(&site, &session, command).await;
            lines.contains(&id) && lines.contains("store")
        })
        .await;
    }
    assert_eq!(commands.len(), 2);
    site.abandon(&[&ada]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_without_traces_advises_makes_one() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let session = site.start(&ada).await;
    let page = ada.get(&format!("{PAGE}/traces")).await.expect(200);
    let commands = page.texts("#traces .code code");
    assert_eq!(commands.len(), 2, "{}", page.text("#traces"));
    for command in &commands {
        // Of two commands on lines of their own, a page's text is one line.
        run(&site, &session, &command.replace(" \\ ", " ").replace(" kubectl rollout", "\nkubectl rollout")).await;
    }
    let mut found = None;
    eventually("no trace arrives", async || {
        tokio::time::sleep(Duration::from_secs(1)).await;
        found = ada.get(&format!("{PAGE}/traces")).await.attribute(".traces a", "href");
        if found.is_none() {
            // A pod that is being replaced may have answered the request before.
            run(&site, &session, &commands[1]).await;
        }
        found.is_some()
    })
    .await;
    let page = ada.get(&found.unwrap()).await.expect(200);
    assert_eq!(page.attributes("tr[data-service]", "data-service"), ["qotm"]);
    site.abandon(&[&ada]).await;
}
