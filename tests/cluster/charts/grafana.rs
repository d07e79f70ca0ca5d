//! A learner's own Grafana beside their Prometheus: its admin, what it is provisioned with, and what outlives a restart.

use serde_json::Value;

use super::{CURL, Shell, when};
use crate::Site;

/// A data source and two folders of dashboards, one of them from a `ConfigMap` of the learner's own.
const VALUES: &str = r#"adminPassword: first
datasources:
  datasources.yaml:
    apiVersion: 1
    datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "http://prometheus-server", isDefault: true }]
dashboardProviders:
  providers.yaml:
    apiVersion: 1
    providers:
      - { name: default, type: file, options: { path: /var/lib/grafana/dashboards/default } }
      - { name: older, type: file, options: { path: /var/lib/grafana/dashboards/older } }
dashboards: { default: { requests: { json: '{ "uid": "requests", "title": "Requests", "panels": [] }' } } }
dashboardsConfigMaps: { older: older-dashboards }
"#;

/// A dashboard as they were before Grafana 8, with a data source that whoever imports it is asked for.
const OLDER: &str = r#"{ "uid": "older", "title": "An older one", "schemaVersion": 18,
  "__inputs": [{ "name": "DS_PROMETHEUS", "type": "datasource", "pluginId": "prometheus" }],
  "panels": [
    { "id": 1, "type": "graph", "datasource": "${DS_PROMETHEUS}", "targets": [{ "expr": "up" }], "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 } },
    { "id": 2, "type": "singlestat", "datasource": "${DS_PROMETHEUS}", "targets": [{ "expr": "up" }], "gridPos": { "x": 12, "y": 0, "w": 12, "h": 8 } }
  ] }"#;

impl Shell<'_> {
    /// Asks Grafana with a password, until there is an answer; gives its status and its body.
    async fn grafana(&self, password: &str, path: &str, more: &str) -> (u16, Value) {
        let command = format!(
            "curl --silent --show-error --max-time 10 -u admin:{password} {more} -w '\\n%{{http_code}}' 'http://grafana{path}'"
        );
        let answer = self
            .wait_for("an answer of Grafana", async || {
                let outcome = self.outcome(&command).await;
                if outcome.is_success { Ok(outcome.output) } else { Err(outcome.output) }
            })
            .await;
        let (body, status) = answer.rsplit_once('\n').unwrap_or(("", &answer));
        (status.parse().unwrap_or_default(), serde_json::from_str(body).unwrap_or_else(|_| body.into()))
    }

    /// Has the container end, and waits until it is there again in the same pod.
    async fn restart_grafana(&self) {
        let pod = self.run("kubectl get pod -l app.kubernetes.io/name=grafana -o name").await;
        // Who ends a process has to be its user, as everybody in its pod is.
        let kill = "--profile=restricted --image=seaworthy.local/toolbox:1 --target=grafana -- kill 1";
        self.run(&format!("kubectl debug {pod} {kill}")).await;
        self.wait_for("the container to be started again", async || {
            let state = "{.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}";
            let seen = self.run(&format!("kubectl get {pod} -o jsonpath='{state}'")).await;
            when(seen == "1 true", &seen)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_installs_grafana_that_knows_their_prometheus_and_their_dashboards() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let shell = Shell::open(&site, &ada).await;
    shell.write("values.yaml", VALUES).await;
    shell.write("older.json", OLDER).await;
    shell.run("helm install prometheus ~/charts/prometheus --set server.global.scrape_interval=2s,server.global.scrape_timeout=2s").await;
    shell.run("kubectl create configmap older-dashboards --from-file=older.json").await;
    let notes = shell.run("helm install grafana ~/charts/grafana -f ~/values.yaml --wait").await;
    assert!(notes.contains("http://grafana") && !notes.contains("would violate PodSecurity"), "{notes}");
    assert!(notes.contains("kubectl port-forward svc/grafana 3000:80") && notes.contains("Web pages"), "{notes}");
    let refusal = shell.refused("helm install grafana ~/charts/grafana").await;
    assert!(refusal.contains("still in use") && notes.contains("helm uninstall grafana"), "{refusal}\n{notes}");

    let (status, health) = shell.grafana("wrong", "/api/health", "").await;
    assert!(status == 200 && health["database"] == "ok", "{status} {health}");
    let headers = shell.run(&format!("{CURL} --head --location http://grafana/")).await.to_lowercase();
    assert!(headers.contains("200 ok") && !headers.contains("x-frame-options"), "a lab's page shows it: {headers}");
    let (status, found) = shell.grafana("first", "/api/search?type=dash-db", "").await;
    let titles: Vec<&str> = found.as_array().unwrap().iter().filter_map(|hit| hit["title"].as_str()).collect();
    assert!(status == 200 && titles == ["An older one", "Requests"], "{status} {found}");
    let (status, older) = shell.grafana("first", "/api/dashboards/uid/older", "").await;
    assert!(status == 200 && older["meta"]["provisioned"] == true, "{status} {older}");

    shell
        .wait_for("data of Prometheus", async || {
            let query = r#"{"from":"now-5m","to":"now","queries":[{"refId":"A","datasource":{"uid":"prometheus"},"expr":"up","instant":true}]}"#;
            let more = format!("-H 'content-type: application/json' -d '{query}'");
            let (status, answer) = shell.grafana("first", "/api/ds/query", &more).await;
            let value = &answer["results"]["A"]["frames"][0]["data"]["values"][1][0];
            when(status == 200 && value.as_f64() == Some(1.0), &(status, &answer))
        })
        .await;
    let (status, answer) = shell.grafana("first", "/api/datasources/uid/prometheus/health", "").await;
    assert!(status == 200 && answer["status"] == "OK", "{status} {answer}");
    shell.run("helm uninstall grafana prometheus --wait; kubectl delete configmap older-dashboards").await;
    let left = "kubectl get deployments,services,configmaps -l app.kubernetes.io/managed-by=Helm -o name; kubectl get secrets -o name";
    shell
        .wait_for("nothing left", async || {
            let left = shell.run(left).await;
            when(left.is_empty(), &left)
        })
        .await;
    site.stop(&ada).await;
    site.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admins_password_is_that_of_the_first_start_as_long_as_the_database_lives() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let shell = Shell::open(&site, &ada).await;
    shell.run("helm install grafana ~/charts/grafana --set adminPassword=first --wait").await;
    let (status, org) = shell.grafana("first", "/api/org", "").await;
    assert!(status == 200 && org["name"] == "Main Org.", "{status} {org}");
    let (status, refusal) = shell.grafana("admin", "/api/org", "").await;
    assert!(status == 401 && refusal["messageId"] == "password-auth.failed", "{status} {refusal}");

    shell.run("kubectl patch secret grafana -p '{\"stringData\":{\"admin-password\":\"second\"}}'").await;
    shell.restart_grafana().await;
    assert_eq!(shell.grafana("second", "/api/org", "").await.0, 401, "it was read when the database was made");
    assert_eq!(shell.grafana("first", "/api/org", "").await.0, 200);

    shell.run("helm upgrade grafana ~/charts/grafana --set adminPassword=third --wait").await;
    assert_eq!(shell.grafana("third", "/api/org", "").await.0, 200, "a new pod has a new database");
    shell.run("helm upgrade grafana ~/charts/grafana --reset-values --wait").await;
    let kept = "kubectl get secret grafana -o jsonpath='{.data.admin-password}' | base64 -d";
    assert_eq!(shell.run(kept).await, "third", "without a password the one that is there stays");
    site.stop(&ada).await;
    site.shut_down().await;
}
