//! The queue of this process's writers.
//!
//! SQLite takes one writer at a time, and lets those who try too early poll. Waiting here instead is fair and costs
//! nothing. It ends early when nobody gets on: then another process holds the database, and everyone in the queue would
//! find that out only one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Engine, Error, Result};

/// Lets writers in by their order.
#[derive(Clone, Debug)]
pub(super) struct WriterQueue {
    permits: Arc<Semaphore>,
    begun: Arc<AtomicU64>,
    timeout: Duration,
}

/// A writer's permit, until it is dropped.
pub(super) type Permit = OwnedSemaphorePermit;

impl WriterQueue {
    /// A queue that lets one in on SQLite, and everybody on PostgreSQL.
    pub(super) fn new(engine: Engine, timeout: Duration) -> Self {
        let permits = if engine == Engine::Sqlite { 1 } else { Semaphore::MAX_PERMITS };
        Self { permits: Arc::new(Semaphore::new(permits)), begun: Arc::default(), timeout }
    }

    /// Waits for a permit for as long as other writers get one.
    pub(super) async fn wait(&self) -> Result<Permit> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        tokio::pin!(permit);
        loop {
            let begun = self.begun.load(Ordering::Relaxed);
            tokio::select! {
                permit = &mut permit => return permit.map_err(|_closed| Error::Closed),
                () = tokio::time::sleep(self.timeout) => {}
            }
            if self.begun.load(Ordering::Relaxed) == begun {
                return Err(Error::Busy(sqlx::Error::PoolTimedOut));
            }
        }
    }

    /// Notes that a writer began its transaction.
    pub(super) fn begun(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_writer_waits_while_others_get_on() {
        let queue = WriterQueue::new(Engine::Sqlite, Duration::from_millis(300));
        let first = queue.wait().await.unwrap();
        let next = tokio::spawn({
            let queue = queue.clone();
            async move { queue.wait().await }
        });
        for _ in 0..70 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            queue.begun();
        }
        assert!(!next.is_finished());
        drop(first);
        assert!(next.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_writer_gives_up_when_nobody_gets_on() {
        let queue = WriterQueue::new(Engine::Sqlite, Duration::from_millis(20));
        let first = queue.wait().await.unwrap();
        assert!(matches!(queue.wait().await, Err(Error::Busy(_))));
        drop(first);
        assert!(queue.wait().await.is_ok());
    }
}
