//! Whether a PostgreSQL server answers, asked once for all who wait.
//!
//! The pool goes on trying a server that refuses connections until the time of whoever asked is over, and then answers the
//! same as when every connection is taken. So whoever waits for long asks here which of the two it is.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sqlx::AnyConnection;
use sqlx::any::AnyConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::{Error, Result};

/// How long an answer holds.
const CACHED_FOR: Duration = Duration::from_secs(1);
/// How long a server may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks a server whether it answers; clones share what it said last.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    server: Arc<str>,
    options: AnyConnectOptions,
    last: Arc<Mutex<Option<(Instant, Outcome)>>>,
}

/// `None` when it answers, and else what was in the way.
type Outcome = Option<(io::ErrorKind, String)>;

impl Probe {
    /// Nothing is known yet of the server called `server`.
    pub(super) fn new(server: &str, options: AnyConnectOptions) -> Self {
        Self { server: server.into(), options, last: Arc::default() }
    }

    /// Fails with host and port when the server does not answer.
    pub(super) async fn check(&self) -> Result<()> {
        let mut last = self.last.lock().await;
        let outcome = match &*last {
            Some((at, outcome)) if at.elapsed() < CACHED_FOR => outcome.clone(),
            _ => {
                let outcome = self.connect().await;
                *last = Some((Instant::now(), outcome.clone()));
                outcome
            }
        };
        match outcome {
            None => Ok(()),
            Some((kind, words)) => {
                let words = format!("{}: {words}", self.server);
                Err(Error::Unreachable(sqlx::Error::Io(io::Error::new(kind, words))))
            }
        }
    }

    async fn connect(&self) -> Outcome {
        match timeout(CONNECT_TIMEOUT, self.options.connect()).await {
            Ok(Ok(conn)) => {
                let conn: AnyConnection = conn;
                conn.close().await.ok();
                None
            }
            Ok(Err(sqlx::Error::Io(fault))) => Some((fault.kind(), fault.to_string())),
            Ok(Err(fault)) => match Error::from(fault) {
                Error::Unreachable(fault) => Some((io::ErrorKind::NotConnected, fault.to_string())),
                // It answers, and whoever tries to connect is told what it says.
                _ => None,
            },
            Err(_elapsed) => {
                let words = format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
                Some((io::ErrorKind::TimedOut, words))
            }
        }
    }
}
