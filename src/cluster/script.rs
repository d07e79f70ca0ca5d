//! A program run in a container to its end, without a terminal.

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::AttachParams;
use tokio::io::AsyncReadExt as _;

use super::{Cluster, ClusterError};

/// How a program ended, and what it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptOutcome {
    /// Whether its exit code was 0.
    pub is_success: bool,
    /// What it wrote to its standard output and error, in the order of arrival within each.
    pub output: String,
}

impl Cluster {
    /// Runs `command` in a container of a pod and waits for its end.
    pub async fn run_in_pod(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[&str],
    ) -> Result<ScriptOutcome, ClusterError> {
        let pods: Api<Pod> = Api::namespaced(self.client().await?, namespace);
        let params = AttachParams::default().container(container);
        let mut process = self.bounded(pods.exec(pod, command.iter().copied(), &params)).await?;
        let missing = || ClusterError::Other("the program came without its streams".to_owned());
        let mut stdout = process.stdout().ok_or_else(missing)?;
        let mut stderr = process.stderr().ok_or_else(missing)?;
        let status = process.take_status().ok_or_else(missing)?;
        let (mut written, mut complained) = (Vec::new(), Vec::new());
        let (out, err, status) =
            tokio::join!(stdout.read_to_end(&mut written), stderr.read_to_end(&mut complained), status);
        out.and(err).map_err(|fault| ClusterError::Unreachable(fault.to_string()))?;
        written.extend(complained);
        Ok(ScriptOutcome {
            is_success: status.is_some_and(|status| status.status.as_deref() == Some("Success")),
            output: String::from_utf8_lossy(&written).trim().to_owned(),
        })
    }
}
