//! How many answers are read at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::trouble::ReadError;
use crate::labs::model::SessionId;
use crate::labs::web_pages::Permits;

/// How many answers are read at once, of all sessions.
const MAX_READS: usize = 6;
/// How many of one session.
const MAX_SESSION_READS: usize = 3;
/// How many answers are read at once for checks, apart from those for pages.
const MAX_CHECK_READS: usize = 2;
/// How long a read waits for others to end.
const READ_PATIENCE: Duration = Duration::from_secs(3);

/// The limit of what is read at once; clones share it.
#[derive(Clone, Debug)]
pub(in crate::labs) struct TraceReads {
    all: Arc<Semaphore>,
    of_session: Permits,
    of_checks: Arc<Semaphore>,
}

impl Default for TraceReads {
    fn default() -> Self {
        let [all, of_checks] = [MAX_READS, MAX_CHECK_READS].map(|reads| Arc::new(Semaphore::new(reads)));
        Self { all, of_session: Permits::default(), of_checks }
    }
}

impl TraceReads {
    /// Reads for a check, after those that came before; the caller bounds how long that may take.
    pub(in crate::labs) async fn read_for_check<T>(
        &self,
        reading: impl Future<Output = Result<T, ReadError>>,
    ) -> Result<T, ReadError> {
        let Ok(_permit) = self.of_checks.acquire().await else { return Err(ReadError::Busy) };
        reading.await
    }

    /// Reads for a session when no more than the limits allow are being read.
    pub(in crate::labs) async fn read<T>(
        &self,
        session: &SessionId,
        reading: impl Future<Output = Result<T, ReadError>>,
    ) -> Result<T, ReadError> {
        let _of_session = self.of_session.take(session, MAX_SESSION_READS).ok_or(ReadError::Busy)?;
        let permit = tokio::time::timeout(READ_PATIENCE, self.all.acquire()).await;
        let Ok(Ok(_permit)) = permit else { return Err(ReadError::Busy) };
        reading.await
    }
}
