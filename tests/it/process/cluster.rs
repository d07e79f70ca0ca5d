//! `seaworthy check --cluster`.

use serde_json::json;

use super::program::Installation;
use crate::support::MockCluster;

/// What `check` with these arguments says, and whether it succeeded.
fn check(installation: &Installation, arguments: &[&str]) -> (String, bool) {
    let output = tokio::task::block_in_place(|| installation.run(&[&["check"], arguments].concat()));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (said, output.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_the_cluster_says_whether_network_policies_are_enforced() {
    let kube = MockCluster::start();
    let installation = Installation::on_sqlite();
    kube.write_kubeconfig(&installation.path("kubeconfig"));
    let (said, is_success) = check(&installation, &["--cluster"]);
    assert!(is_success && said.contains("Kubernetes v1.34.0-mock"), "{said}");
    assert!(said.contains("The cluster enforces network policies"), "{said}");
    assert!(said.contains("Ingress: none. The cluster has no Service emissary/emissary-ingress."), "{said}");
    assert!(said.contains("  This mends it: deploy/local/start "), "{said}");
    assert!(
        said.contains("Grafana: learners install a stand-in for Grafana, seaworthy.local/grafana-standin:1."),
        "{said}"
    );
    assert!(said.contains("Lab service-annotations: it can run, with what stands in for Grafana."), "{said}");

    kube.switches(|switches| switches.policies_are_enforced = false);
    let (said, is_success) = check(&installation, &["--cluster"]);
    assert!(is_success && said.contains("The cluster does not enforce network policies"), "{said}");

    kube.switches(|switches| switches.refuse = Some(("pods", 403, "no pods here")));
    let (said, is_success) = check(&installation, &["--cluster"]);
    assert!(is_success && said.contains("could not be found out. The cluster refused it: "), "{said}");
    assert!(said.contains("no pods here"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_a_cluster_of_ones_own_says_what_it_has_and_the_command_that_installs_the_rest() {
    let kube = MockCluster::start();
    let installation = Installation::on_sqlite();
    std::fs::create_dir(installation.path("own")).unwrap();
    let kubeconfig = installation.path("own/kubeconfig");
    kube.write_kubeconfig(&kubeconfig);
    let real = json!({ "app.kubernetes.io/version": "edge-26.9.1" });
    kube.put(&json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "linkerd-identity", "namespace": "linkerd" },
        "spec": { "selector": { "app": "identity" } },
    }));
    kube.put(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "linkerd-identity", "namespace": "linkerd", "labels": real },
        "spec": { "template": { "metadata": { "labels": { "app": "identity" } }, "spec": { "containers": [] } } },
    }));
    let path = kubeconfig.display().to_string();
    let grafana = ("SEAWORTHY_CLUSTER__IMAGES__GRAFANA", "seaworthy.local/grafana:12.4.3");
    let variables = [("SEAWORTHY_CLUSTER__KUBECONFIG", path.as_str()), grafana];
    let output = tokio::task::block_in_place(|| installation.run_with(&["check", "--cluster"], &variables));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Mesh: Linkerd edge-26.9.1.\n"), "{said}");
    assert!(said.contains("Grafana: learners install seaworthy.local/grafana:12.4.3.\n"), "{said}");
    assert!(said.contains("Lab service-annotations: it can run.\n"), "{said}");
    assert!(said.contains("Traces: none. The cluster has no Service observability/jaeger. Install Jaeger"), "{said}");
    assert!(said.contains(&format!("  This mends it: KUBECONFIG={path} deploy/cluster/install traces\n")), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_fails_without_the_cluster_only_when_it_is_asked_about() {
    let installation = Installation::on_sqlite();
    let (said, is_success) = check(&installation, &[]);
    assert!(is_success && !said.contains("cluster"), "{said}");
    let (said, is_success) = check(&installation, &["--cluster"]);
    assert!(!is_success && said.contains("No cluster is set up."), "{said}");
}
