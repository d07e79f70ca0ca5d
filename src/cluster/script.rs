//! A program run in a container to its end, without a terminal, within a time and an amount of output.

use std::time::Duration;

use futures_util::FutureExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::AttachParams;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{Cluster, ClusterError};

/// How long a program may run: the slowest solution of a lab waits for a dozen rollouts, on a machine where other labs run too.
const MAX_RUN_TIME: Duration = Duration::from_mins(20);
/// How many bytes a program may write to each of its two streams.
const MAX_OUTPUT_BYTES: u64 = 256 * 1024;

/// How a program ended, and what it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptOutcome {
    /// Whether its exit code was 0.
    pub is_success: bool,
    /// What it wrote to its standard output, then what it wrote to its standard error.
    pub output: String,
}

impl Cluster {
    /// Runs `command` in a container of a pod and waits for its end, twenty minutes at the most.
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
        let stdout = process.stdout().ok_or_else(missing)?;
        let stderr = process.stderr().ok_or_else(missing)?;
        let status = process
            .take_status()
            .ok_or_else(missing)?
            .map(|status| status.is_some_and(|status| status.status.as_deref() == Some("Success")));
        let outcome = collect(stdout, stderr, status, MAX_RUN_TIME).await;
        if outcome.is_err() {
            process.abort();
        }
        outcome
    }
}

/// Reads both streams to their ends and waits for the status, for as long as `within` and `MAX_OUTPUT_BYTES` allow.
async fn collect(
    stdout: impl AsyncRead + Unpin,
    stderr: impl AsyncRead + Unpin,
    status: impl Future<Output = bool>,
    within: Duration,
) -> Result<ScriptOutcome, ClusterError> {
    let reading = async {
        let (mut output, errors, is_success) =
            tokio::try_join!(read(stdout), read(stderr), status.map(Ok::<bool, ClusterError>))?;
        output.extend(errors);
        Ok(ScriptOutcome { is_success, output: String::from_utf8_lossy(&output).trim().to_owned() })
    };
    let seconds = within.as_secs();
    let late = |_elapsed| ClusterError::Other(format!("the program did not end within {seconds} s"));
    tokio::time::timeout(within, reading).await.map_err(late)?
}

async fn read(stream: impl AsyncRead + Unpin) -> Result<Vec<u8>, ClusterError> {
    let mut bytes = Vec::new();
    let mut limited = stream.take(MAX_OUTPUT_BYTES + 1);
    limited.read_to_end(&mut bytes).await.map_err(|fault| ClusterError::Unreachable(fault.to_string()))?;
    if limited.limit() == 0 {
        return Err(ClusterError::Other(format!("the program wrote more than {} KiB", MAX_OUTPUT_BYTES / 1024)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn both_streams_and_the_status_make_the_outcome() {
        let outcome = collect(&b"done\n"[..], &b"with a warning\n"[..], ready(true), MAX_RUN_TIME).await.unwrap();
        assert_eq!(outcome, ScriptOutcome { is_success: true, output: "done\nwith a warning".to_owned() });
    }

    #[tokio::test]
    async fn a_program_that_never_ends_times_out() {
        let fault = collect(tokio::io::empty(), tokio::io::empty(), pending(), Duration::from_millis(1)).await;
        assert!(fault.unwrap_err().to_string().contains("did not end within"));
        let (silent, _kept_open) = tokio::io::duplex(1);
        let fault = collect(silent, tokio::io::empty(), ready(true), Duration::from_millis(1)).await;
        assert!(fault.unwrap_err().to_string().contains("did not end within"));
    }

    #[tokio::test]
    async fn a_program_that_writes_without_end_is_aborted() {
        let fault = collect(tokio::io::repeat(b'x'), tokio::io::empty(), pending(), MAX_RUN_TIME).await;
        assert!(fault.unwrap_err().to_string().contains("wrote more than 256 KiB"));
    }
}
