//! The demo system of the toolbox beside a learner's own Prometheus and Grafana.

use std::time::{Duration, Instant};

use super::{Shell, when};
use crate::page_browser::PageBrowser;
use crate::{PAGE, Site, Visitor};

const DEPLOYMENTS: [&str; 6] = ["authors", "front", "grafana", "prometheus-server", "qotm", "store"];

impl Shell<'_> {
    async fn wait_for_rollouts(&self) {
        for name in DEPLOYMENTS {
            self.run(&format!("kubectl rollout status deployment/{name} --timeout=120s")).await;
        }
    }
}

/// How many tasks the page shows as passed and as not passed, once they are checked.
async fn grade(visitor: &Visitor) -> (usize, usize) {
    visitor.post(&format!("{PAGE}/check"), &[]).await.location();
    let begun = Instant::now();
    loop {
        let page = visitor.get(PAGE).await.expect(200);
        let count = |verdict: &str| page.attributes(&format!("#tasks [data-verdict={verdict}]"), "id").len();
        if page.text("#tasks").contains("Last checked") {
            return (count("pass"), count("fail"));
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{}", page.text("#tasks"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_system_fits_beside_prometheus_and_grafana_opens_in_a_browser_and_solves_no_task() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let shell = Shell::open(&site, &ada).await;
    let often = "--set server.global.scrape_interval=2s,server.global.scrape_timeout=2s";
    shell.run(&format!("helm install prometheus ~/charts/prometheus {often}")).await;
    shell.run("helm install grafana ~/charts/grafana --set adminPassword='calm seas'").await;
    shell.run("kubectl apply -f ~/demo/system.yaml").await;
    shell.wait_for_rollouts().await;
    // The quota has room for all of it to be replaced at the same time.
    shell.run("kubectl rollout restart deployment").await;
    shell.wait_for_rollouts().await;
    assert_eq!(grade(&ada).await, (0, 5), "the tasks are the learner's own to solve");

    shell
        .wait_for("a target in each service", async || {
            let targets = shell.targets("kubernetes-pods").await;
            let up = targets.iter().filter(|target| target["health"] == "up");
            let mut names: Vec<&str> =
                up.filter_map(|target| target["labels"]["app_kubernetes_io_name"].as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let is_once = targets.iter().all(|target| target["labels"]["instance"].to_string().contains(":8080"));
            when(names == ["authors", "front", "qotm", "store"] && is_once, &targets)
        })
        .await;
    let browser = PageBrowser::of(&site, &ada);
    let session = site.session(&ada).await.unwrap();
    for (name, says) in [("front", "<h1"), ("grafana", "Grafana"), ("prometheus-server", "Prometheus")] {
        let (host, access) = (browser.host(name, &session), browser.open(name).await.unwrap());
        let path = if name == "prometheus-server" { "/query" } else { "/" };
        shell
            .wait_for(&format!("the page of {name}"), async || {
                let (status, body, location, _) = browser.ask(&host, path, &access).await;
                let is_there = location.is_some() || (status == 200 && body.contains(says));
                when(is_there, &(status, body.chars().take(300).collect::<String>()))
            })
            .await;
        let page = ada.get(PAGE).await.expect(200);
        assert_eq!(page.text(&format!("[data-page={name}] .pill")), "Ready");
    }
    site.stop(&ada).await;
    site.shut_down().await;
}
