//! A learner's own Prometheus: what it scrapes, records and alerts on, and what becomes of mistakes.

use k8s_openapi::api::rbac::v1::Role;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::{CURL, Shell, when};
use crate::Site;
use crate::site::client;

/// Short intervals, one recording rule and one alert.
const VALUES: &str = r#"server: { global: { scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s } }
serverFiles:
  recording_rules.yml: { groups: [{ name: requests, rules: [{ record: "service:up:sum", expr: "sum(up{pod=~\"qotm-.*\"})" }] }] }
  alerting_rules.yml: { groups: [{ name: instances, rules: [{ alert: InstanceDown, expr: "up == 0", for: 10s }] }] }
"#;

impl Shell<'_> {
    /// Has the demo service scraped at a port.
    async fn scrape_at(&self, port: &str) {
        let patch = json!({ "spec": { "template": { "metadata": { "annotations": {
            "prometheus.io/scrape": "true", "prometheus.io/port": port,
        } } } } });
        self.run(&format!("kubectl patch deployment qotm --patch '{patch}'; kubectl rollout status deployment/qotm"))
            .await;
    }

    /// Waits until the demo service's one target is as it should be, with an error that says `why` where it is down.
    async fn target_with(&self, health: &str, why: &str) -> Value {
        self.wait_for(&format!("one target that is {health}: {why}"), async || {
            let targets = self.targets("kubernetes-pods").await;
            let says_why = |target: &Value| target["lastError"].as_str().unwrap_or_default().contains(why);
            match &targets[..] {
                [target] if target["health"] == health && says_why(target) => Ok(target.clone()),
                _ => Err(format!("{targets:?}")),
            }
        })
        .await
    }

    async fn alert_is(&self, state: Option<&str>) {
        self.wait_for(&format!("the alert {state:?}"), async || {
            let alerts = self.ask("/api/v1/alerts").await["data"]["alerts"].clone();
            when(alerts[0]["state"].as_str() == state, &alerts)
        })
        .await;
    }

    /// Upgrades to other values and waits until their file is in the pod: the kubelet brings it at once where the pod changes.
    async fn upgrade(&self, values: &str, expected: &str) {
        self.write("values.yaml", values).await;
        self.run("helm upgrade prometheus ~/charts/prometheus -f ~/values.yaml --wait").await;
        let pod = "$(kubectl get pod -l app.kubernetes.io/component=server -o name)";
        self.wait_for("the changed file in the pod", async || {
            let annotate = format!("kubectl annotate {pod} --overwrite example.org/changed=$(date +%s)");
            self.run(&annotate).await;
            let files = self
                .run(&format!(
                    "kubectl exec {pod} -- /usr/bin/promtool check config /etc/config/prometheus.yml || true"
                ))
                .await;
            when(files.contains(expected), &files)
        })
        .await;
    }

    async fn rules(&self) -> Vec<String> {
        let groups = self.ask("/api/v1/rules").await["data"]["groups"].clone();
        let rules = groups.as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
        rules.map(|rule| rule["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Asks for a reload, until there is an answer; gives the body and the status.
    async fn reload(&self) -> String {
        let command = "curl --silent --max-time 10 -X POST -w ' %{http_code}' http://prometheus-server/-/reload";
        self.wait_for("an answer to the reload", async || {
            let outcome = self.outcome(command).await;
            if outcome.is_success { Ok(outcome.output) } else { Err(outcome.output) }
        })
        .await
    }
}

/// Takes the right to list pods from Prometheus, or gives it back.
async fn let_it_list(namespace: &str, resources: &[&str]) {
    let granted: Api<Role> = Api::namespaced(client(None).await, namespace);
    let rules = json!({ "rules": [
        { "apiGroups": [""], "resources": resources, "verbs": ["get", "list", "watch"] },
        { "apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"] },
    ] });
    granted.patch("prometheus", &PatchParams::default(), &Patch::Merge(rules)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_installs_prometheus_that_scrapes_records_alerts_and_goes_without_a_trace() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let shell = Shell::open(&site, &ada).await;
    shell.write("values.yaml", VALUES).await;
    let notes = shell.run("helm install prometheus ~/charts/prometheus -f ~/values.yaml --wait").await;
    assert!(notes.contains("http://prometheus-server") && !notes.contains("would violate PodSecurity"), "{notes}");
    assert!(notes.contains("kubectl port-forward svc/prometheus-server 9090:80"), "{notes}");

    shell.scrape_at("8080").await;
    let target = shell.target_with("up", "").await;
    assert_eq!(target["labels"]["namespace"], shell.namespace.as_str());
    shell.value_is("service:up:sum", 1.0).await;
    let requests = r#"sum(http_requests_total{app_kubernetes_io_name="qotm"})"#;
    shell
        .wait_for("its requests", async || {
            // The pod before this one may answer some of them.
            shell.run(&format!("for n in 1 2 3; do {CURL} --fail http://qotm/ -o /dev/null; done")).await;
            let seen = shell.query(requests).await;
            when(seen >= Some(3.0), &seen)
        })
        .await;

    shell.run("kubectl annotate service qotm prometheus.io/scrape=true prometheus.io/path=/metrics").await;
    shell
        .wait_for("the Service's endpoint", async || {
            let targets = shell.targets("kubernetes-service-endpoints").await;
            let is_up = targets.iter().any(|target| target["health"] == "up" && target["labels"]["service"] == "qotm");
            when(is_up, &targets)
        })
        .await;
    shell.run("kubectl annotate service qotm prometheus.io/scrape-").await;

    shell.scrape_at("9").await;
    shell.target_with("down", "connection refused").await;
    shell.value_is(r#"up{job="kubernetes-pods"}"#, 0.0).await;
    shell.alert_is(Some("firing")).await;
    let waited = r#"count(count_over_time(ALERTS{alertname="InstanceDown", alertstate="pending"}[5m]))"#;
    assert!(shell.query(waited).await >= Some(1.0), "it waited for its time before it fired");
    shell.scrape_at("8080").await;
    shell.target_with("up", "").await;
    shell.alert_is(None).await;

    shell.run("helm uninstall prometheus --wait").await;
    shell
        .wait_for("nothing left", async || {
            let kinds =
                "deployments,replicasets,pods,services,endpointslices,configmaps,serviceaccounts,roles,rolebindings";
            let of_release = format!("kubectl get {kinds} -l app.kubernetes.io/instance=prometheus -o name");
            let left = shell.run(&format!("{of_release}; kubectl get secrets -o name")).await;
            when(left.is_empty(), &left)
        })
        .await;
    site.stop(&ada).await;
    site.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_rule_file_changes_nothing_and_a_right_one_is_read_without_a_restart() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let shell = Shell::open(&site, &ada).await;
    shell.write("values.yaml", VALUES).await;
    shell.run("helm install prometheus ~/charts/prometheus -f ~/values.yaml --wait").await;
    let pods = "kubectl get pod -l app.kubernetes.io/component=server -o name";
    let pod = shell.run(pods).await;
    assert_eq!(shell.rules().await, ["InstanceDown", "service:up:sum"]);

    shell.upgrade(&VALUES.replace("up == 0", "up == (0"), "FAILED").await;
    let answer = shell.reload().await;
    assert!(answer.contains("failed to reload config") && answer.ends_with(" 500"), "{answer}");
    assert_eq!(shell.rules().await, ["InstanceDown", "service:up:sum"], "the old rules stay");
    let metrics = shell.fetch("/metrics").await;
    assert!(metrics.contains("\nprometheus_config_last_reload_successful 0\n"));

    shell.upgrade(&VALUES.replace("InstanceDown", "TargetDown"), "SUCCESS").await;
    shell
        .wait_for("the new rule, read by itself", async || {
            let rules = shell.rules().await;
            when(rules == ["TargetDown", "service:up:sum"], &rules)
        })
        .await;
    let answer = shell.reload().await;
    assert!(answer.ends_with("200"), "{answer}");
    assert_eq!(shell.run(pods).await, pod, "it was not restarted");
    shell.run("helm upgrade prometheus ~/charts/prometheus -f ~/values.yaml --set server.extraFlags=null --wait").await;
    let answer = shell.reload().await;
    assert!(answer.contains("Lifecycle API is not enabled") && answer.ends_with(" 403"), "{answer}");
    site.stop(&ada).await;
    site.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_list_pods_prometheus_is_ready_and_has_no_targets() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let shell = Shell::open(&site, &ada).await;
    shell.write("values.yaml", VALUES).await;
    shell.scrape_at("8080").await;
    let_it_list(&shell.namespace, &["endpoints", "services"]).await;
    shell.run("helm install prometheus ~/charts/prometheus -f ~/values.yaml --wait").await;
    let ready = shell.run(&format!("{CURL} -o /dev/null -w '%{{http_code}}' http://prometheus-server/-/ready")).await;
    assert_eq!(ready, "200");
    shell
        .wait_for("failures of discovery", async || {
            let metrics = shell.fetch("/metrics").await;
            let failures = metrics.lines().find(|line| line.starts_with("prometheus_sd_kubernetes_failures_total"));
            when(failures.is_some_and(|line| !line.ends_with(" 0")), &failures)
        })
        .await;
    assert_eq!(shell.targets("kubernetes-pods").await, Vec::<Value>::new());
    let seen = shell.run("kubectl get role prometheus -o jsonpath='{.rules[0].resources}'").await;
    assert_eq!(seen, r#"["endpoints","services"]"#, "a learner sees why");
    shell
        .wait_for("the reason in the log", async || {
            let logs = shell.run("kubectl logs deployment/prometheus-server").await;
            when(logs.contains("pods is forbidden"), &logs)
        })
        .await;

    let_it_list(&shell.namespace, &["endpoints", "pods", "services"]).await;
    shell.target_with("up", "").await;
    site.stop(&ada).await;
    site.shut_down().await;
}
