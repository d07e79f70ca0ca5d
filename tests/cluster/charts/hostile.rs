//! What a chart cannot get into a lab: rights beyond the namespace, other namespaces' targets, the node, foreign images.

use serde_json::Value;

use super::{Shell, when};
use crate::Site;

/// A copy of the chart, changed by a command, and how its installation is refused.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "an image from elsewhere",
        "sed -i 's|seaworthy.local/prometheus|docker.io/prom/prometheus|' values.yaml",
        "cannot be run in a lab",
    ),
    (
        "the node's network",
        "sed -i 's|      enableServiceLinks: false|      hostNetwork: true|' templates/deploy.yaml",
        "has no hostNetwork",
    ),
    (
        "a volume of the node",
        "sed -i 's|configMap: { name: .* }|hostPath: { path: /etc }|' templates/deploy.yaml",
        "of a kind that labs do not have",
    ),
    (
        "another account",
        "sed -i 's|    name: prometheus|    name: seaworthy|' values.yaml",
        "runs as the ServiceAccount",
    ),
    (
        "a Role of its own",
        "sed -i 's|^  create: false|  create: true|' values.yaml",
        "cannot create resource \"roles\"",
    ),
    (
        "an account of its own",
        "sed -i 's|^    create: false|    create: true|; s|    name: prometheus|    name: mine|' values.yaml",
        "cannot create resource \"serviceaccounts\"",
    ),
    (
        "rights in the whole cluster",
        "printf 'apiVersion: rbac.authorization.k8s.io/v1\\nkind: ClusterRole\\nmetadata: { name: mine }\\nrules: []\\n' >templates/more.yaml",
        "clusterroles.rbac.authorization.k8s.io",
    ),
    ("a load balancer", "sed -i 's|type: ClusterIP|type: LoadBalancer|' templates/service.yaml", "of type ClusterIP"),
    (
        "an unknown value",
        "printf 'ingress: { enabled: true }\\n' >>values.yaml",
        "additional properties 'ingress' not allowed",
    ),
    (
        "a part that is not there",
        "sed -i '/^alertmanager/{n;s/false/true/}' values.yaml",
        "alertmanager.enabled must be false",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_gets_nothing_into_a_lab_that_its_learner_may_not_have() {
    let site = Site::spawn().await;
    let (ada, ben) = (site.learner("ada").await, site.learner("ben").await);
    let (shell, other) = (Shell::open(&site, &ada).await, site.start(&ben).await);
    let mut faults = Vec::new();
    for (what, change, says) in REFUSED {
        let copy = format!(
            "rm -rf ~/copy; cp -r ~/charts/prometheus ~/copy; cd ~/copy; {change}; ! diff -r . ~/charts/prometheus >/dev/null"
        );
        shell.run(&copy).await;
        let refusal = shell.refused("helm install copy ~/copy --wait --timeout 30s").await;
        if !refusal.contains(says) {
            faults.push(format!("{what}: {says:?} is not in {refusal:?}"));
        }
        // Helm's own uninstall fails where the release has kinds that its user may not delete.
        shell.run("kubectl delete deployments,services,configmaps -l app.kubernetes.io/instance=copy; kubectl delete secrets -l owner=helm,name=copy").await;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));

    let job = |name: &str, namespaces: &str| {
        format!("- {{ job_name: {name}, kubernetes_sd_configs: [{{ role: pod{namespaces} }}] }}\n")
    };
    let jobs = job("other", &format!(", namespaces: {{ names: [{}] }}", other.namespace)) + &job("all", "");
    shell.write("jobs.yaml", &jobs).await;
    shell.run("helm install prometheus ~/charts/prometheus --set-file extraScrapeConfigs=$HOME/jobs.yaml --wait").await;
    shell
        .wait_for("its attempts to find them", async || {
            let logs = shell.run("kubectl logs deployment/prometheus-server").await;
            let of_other = format!("in the namespace \\\"{}\\\"", other.namespace);
            when(logs.contains(&of_other) && logs.contains("at the cluster scope"), &logs)
        })
        .await;
    for name in ["other", "all"] {
        assert_eq!(shell.targets(name).await, Vec::<Value>::new(), "{name}");
    }
    site.stop(&ada).await;
    site.stop(&ben).await;
    site.shut_down().await;
}
