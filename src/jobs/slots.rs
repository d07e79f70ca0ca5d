//! The slots of one queue, and a job that does not hold one while it waits.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

/// How many jobs may wait without a slot for each that works.
const WAITING_PER_SLOT: usize = 16;

/// The slots of one queue.
pub(super) struct QueueSlots {
    working: Arc<Semaphore>,
    /// Those under way, working or waiting: each holds some memory and a lease.
    under_way: Arc<Semaphore>,
}

/// The slot of one job.
pub(super) struct Slot {
    working: Arc<Semaphore>,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
    _under_way: OwnedSemaphorePermit,
}

tokio::task_local! {
    static SLOT: Arc<Slot>;
}

impl QueueSlots {
    pub(super) fn new(count: usize) -> Self {
        let under_way = count.saturating_mul(WAITING_PER_SLOT).min(Semaphore::MAX_PERMITS);
        Self { working: Arc::new(Semaphore::new(count)), under_way: Arc::new(Semaphore::new(under_way)) }
    }

    /// Waits for a free slot.
    pub(super) async fn take(&self) -> Slot {
        let under_way = acquire(&self.under_way).await;
        let permit = acquire(&self.working).await;
        Slot { working: Arc::clone(&self.working), permit: Mutex::new(Some(permit)), _under_way: under_way }
    }
}

impl Slot {
    /// Runs a job in this slot.
    pub(super) fn hold<F: Future>(self, job: F) -> impl Future<Output = F::Output> {
        SLOT.scope(Arc::new(self), job)
    }

    async fn give_back(&self) {
        *self.permit.lock().await = None;
    }

    /// Of several waits of one job that end together, the first takes the slot for all.
    async fn take_again(&self) {
        let mut permit = self.permit.lock().await;
        if permit.is_none() {
            *permit = Some(acquire(&self.working).await);
        }
    }
}

/// Gives the slot of the job that runs here to others until `wait` has ended; then waits for a free one again.
///
/// For what takes time and does nothing: a pause, or an answer from outside. Elsewhere than in a job it is `wait` alone.
pub async fn without_slot<F: Future>(wait: F) -> F::Output {
    let Ok(slot) = SLOT.try_with(Arc::clone) else { return wait.await };
    slot.give_back().await;
    let output = wait.await;
    slot.take_again().await;
    output
}

async fn acquire(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    match Arc::clone(semaphore).acquire_owned().await {
        Ok(permit) => permit,
        // Only a closed semaphore gives none, and nobody closes these.
        Err(_closed) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_job_that_waits_leaves_its_slot_to_others_and_takes_one_again() {
        let slots = QueueSlots::new(1);
        let (answer, answered) = oneshot::channel::<()>();
        let first = tokio::spawn(slots.take().await.hold(async { without_slot(answered).await }));
        // There is one slot, so this ends only because the first job waits.
        let second = slots.take().await;
        answer.send(()).unwrap();
        let mut first = std::pin::pin!(first);
        let early = tokio::time::timeout(Duration::from_millis(50), &mut first).await;
        assert!(early.is_err(), "it goes on while another job holds the only slot");
        drop(second);
        first.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_job_that_waits_for_many_things_at_once_goes_on_with_one_slot() {
        let slots = QueueSlots::new(1);
        let pause = |millis| without_slot(tokio::time::sleep(Duration::from_millis(millis)));
        let job = slots.take().await.hold(async { tokio::join!(pause(1), pause(2), pause(1), pause(3)) });
        tokio::time::timeout(Duration::from_secs(10), job).await.expect("it waits for its own slot");
    }

    #[tokio::test]
    async fn outside_a_job_it_is_the_wait_alone() {
        assert_eq!(without_slot(async { 7 }).await, 7);
    }

    #[tokio::test]
    async fn so_many_wait_and_no_more() {
        let slots = QueueSlots::new(1);
        let mut waiting = Vec::new();
        for _ in 0..WAITING_PER_SLOT {
            waiting.push(tokio::spawn(slots.take().await.hold(without_slot(std::future::pending::<()>()))));
            tokio::task::yield_now().await;
        }
        assert!(tokio::time::timeout(Duration::from_millis(50), slots.take()).await.is_err());
        for job in waiting {
            job.abort();
        }
    }
}
