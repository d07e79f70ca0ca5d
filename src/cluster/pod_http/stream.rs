//! A forwarded port as a stream, which tells why it ended.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// A connection to a port of a pod.
///
/// The port is opened in the pod after the stream was given out; the kubelet tells by a message of its own that this
/// failed, and ends the stream.
pub(super) struct PodStream {
    stream: DuplexStream,
    fault: Option<BoxFuture<'static, Option<String>>>,
}

impl PodStream {
    pub(super) fn new(stream: DuplexStream, fault: BoxFuture<'static, Option<String>>) -> Self {
        Self { stream, fault: Some(fault) }
    }

    /// The kubelet's message, if one has come.
    fn poll_fault(&mut self, context: &mut Context<'_>) -> Option<Error> {
        let Poll::Ready(message) = self.fault.as_mut()?.as_mut().poll(context) else { return None };
        self.fault = None;
        let message = message?;
        let kind =
            if message.contains("refused") { ErrorKind::ConnectionRefused } else { ErrorKind::ConnectionAborted };
        Some(Error::new(kind, message))
    }
}

impl AsyncRead for PodStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() == before
            && let Some(fault) = self.poll_fault(context)
        {
            return Poll::Ready(Err(fault));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PodStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        match ready!(Pin::new(&mut self.stream).poll_write(context, bytes)) {
            Ok(count) => Poll::Ready(Ok(count)),
            Err(fault) => Poll::Ready(Err(self.poll_fault(context).unwrap_or(fault))),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Connection for PodStream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}
