//! A terminal in a container: bytes in, bytes out, a size.

use futures_util::future::BoxFuture;
use futures_util::{Sink, SinkExt as _};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{AttachParams, AttachedProcess, TerminalSize};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;

use super::{Cluster, ClusterError};

/// How many bytes are buffered in each direction while the other side is slow.
const BUFFER_BYTES: usize = 32 * 1024;

/// A program running on a terminal of its own in a container.
pub struct Terminal {
    /// The program's input.
    pub input: TerminalInput,
    /// The program's output.
    pub output: TerminalOutput,
}

/// The writing half of a [`Terminal`].
pub struct TerminalInput {
    stdin: Box<dyn AsyncWrite + Send + Unpin>,
    size: watch::Sender<Option<(u16, u16)>>,
}

/// The reading half of a [`Terminal`]; dropping it ends the connection.
pub struct TerminalOutput {
    stdout: Box<dyn AsyncRead + Send + Unpin>,
    status: BoxFuture<'static, TerminalEnd>,
    _process: AttachedProcess,
}

/// How a terminal came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalEnd {
    /// The program in it ended.
    Exited,
    /// It could not be run, or was stopped from outside, for this reason.
    Failed(String),
    /// The connection to the cluster broke.
    Lost,
}

impl TerminalInput {
    /// Sends `bytes` to the program; `false` once the connection is closed.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stdin.write_all(bytes).await.is_ok() && self.stdin.flush().await.is_ok()
    }

    /// Sends the program the new size of its window.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.size.send_replace(Some((columns, rows)));
    }
}

impl TerminalOutput {
    /// Reads what was written next into `buffer`; nothing at the end.
    pub async fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        self.stdout.read(buffer).await.ok().filter(|count| *count > 0)
    }

    /// How it ended; to be called after the last [`TerminalOutput::read`].
    pub async fn end(self) -> TerminalEnd {
        self.status.await
    }
}

/// Passes sizes on until either side is closed: while the connection is slow those between are left out, and never the last.
async fn pass_sizes(mut wanted: watch::Receiver<Option<(u16, u16)>>, mut sizes: impl Sink<TerminalSize> + Unpin) {
    while wanted.changed().await.is_ok() {
        let size = *wanted.borrow_and_update();
        let Some((width, height)) = size else { continue };
        if sizes.send(TerminalSize { width, height }).await.is_err() {
            return;
        }
    }
}

impl Cluster {
    /// Runs `command` on a terminal in a container of a pod.
    pub async fn open_terminal(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[&str],
    ) -> Result<Terminal, ClusterError> {
        let pods: Api<Pod> = Api::namespaced(self.client().await?, namespace);
        let params = AttachParams::interactive_tty()
            .container(container)
            .max_stdin_buf_size(BUFFER_BYTES)
            .max_stdout_buf_size(BUFFER_BYTES);
        let mut process = self.bounded(pods.exec(pod, command.iter().copied(), &params)).await?;
        let missing = || ClusterError::Other("the terminal came without its streams".to_owned());
        let stdin = process.stdin().ok_or_else(missing)?;
        let stdout = process.stdout().ok_or_else(missing)?;
        let sizes = process.terminal_size().ok_or_else(missing)?;
        let status = process.take_status().ok_or_else(missing)?;
        let status = Box::pin(async move {
            match status.await {
                Some(status) if status.status.as_deref() == Some("Success") => TerminalEnd::Exited,
                // A shell's exit code is not a fault of the terminal.
                Some(status) if status.reason.as_deref() == Some("NonZeroExitCode") => TerminalEnd::Exited,
                Some(status) => TerminalEnd::Failed(status.message.unwrap_or_default()),
                None => TerminalEnd::Lost,
            }
        });
        let (size, wanted) = watch::channel(None);
        tokio::spawn(pass_sizes(wanted, sizes));
        Ok(Terminal {
            input: TerminalInput { stdin: Box::new(stdin), size },
            output: TerminalOutput { stdout: Box::new(stdout), status, _process: process },
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio_util::sync::PollSender;

    use super::*;

    #[tokio::test]
    async fn the_last_size_arrives_however_slow_the_connection_is() {
        let (size, wanted) = watch::channel(None);
        let (sizes, mut arrived) = mpsc::channel(1);
        let passing = tokio::spawn(pass_sizes(wanted, PollSender::new(sizes)));
        for columns in 1..=100 {
            size.send_replace(Some((columns, 24)));
            tokio::task::yield_now().await;
        }
        drop(size);
        let mut widths = Vec::new();
        while let Some(size) = arrived.recv().await {
            widths.push(size.width);
        }
        passing.await.unwrap();
        assert!(widths.is_sorted() && widths.last() == Some(&100), "{widths:?}");
    }
}
