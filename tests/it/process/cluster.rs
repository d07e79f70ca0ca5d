//! `seaworthy check --cluster`.

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
    assert!(said.contains("Lab service-annotations: it can run."), "{said}");

    kube.switches(|switches| switches.policies_are_enforced = false);
    let (said, is_success) = check(&installation, &["--cluster"]);
    assert!(is_success && said.contains("The cluster does not enforce network policies"), "{said}");

    kube.switches(|switches| switches.refuse = Some(("pods", 403, "no pods here")));
    let (said, is_success) = check(&installation, &["--cluster"]);
    assert!(is_success && said.contains("could not be found out. The cluster refused it: "), "{said}");
    assert!(said.contains("no pods here"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_fails_without_the_cluster_only_when_it_is_asked_about() {
    let installation = Installation::on_sqlite();
    let (said, is_success) = check(&installation, &[]);
    assert!(is_success && !said.contains("cluster"), "{said}");
    let (said, is_success) = check(&installation, &["--cluster"]);
    assert!(!is_success && said.contains("No cluster is set up."), "{said}");
}
