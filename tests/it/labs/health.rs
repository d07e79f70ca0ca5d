//! What pages show of a cluster, and that they never wait for it.

use futures_util::future::join_all;

use super::{assert_says, eventually, page, start, state};
use crate::support::TestApp;

#[tokio::test]
async fn a_cluster_that_hangs_is_probed_once_for_all_pages_and_blocks_none() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    kube.switches(|switches| switches.hang = true);
    let (before, mut pages) = (kube.count_reads("/version"), 0);
    eventually("no page says that it does not answer", async || {
        // Every page is answered though the cluster answers none.
        let tabs = join_all((0..8).map(|_tab| ada.get("/labs"))).await;
        pages += tabs.len();
        tabs.iter().all(|page| page.text("main").contains("The cluster does not answer"))
    })
    .await;
    start(&ada).await;
    assert_says(&page(&ada).await, "The cluster does not answer");
    let probes = kube.count_reads("/version") - before;
    assert!(probes * 4 < pages, "{pages} pages probed {probes} times");
    assert_eq!(state(&app, &ada).await, None);
}

#[tokio::test]
async fn the_overview_and_the_metrics_read_nothing_from_the_cluster() {
    let (app, kube) =
        TestApp::spawn_with_cluster_and(|config| config.server.metrics_token = Some("a scraper's token".into())).await;
    let admin = app.admin("noor").await;
    kube.switches(|switches| switches.hang = true);
    admin.get("/admin").await.expect(200);
    let scrape = reqwest::Client::new().get(format!("{}/metrics", app.url)).bearer_auth("a scraper's token");
    assert_eq!(scrape.send().await.unwrap().status(), 200);
    assert_eq!(kube.count_reads("/api/v1/namespaces"), 0);
}
