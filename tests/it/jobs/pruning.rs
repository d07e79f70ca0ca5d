//! What ended long ago goes.

use seaworthy::jobs::{JobError, JobState};

use super::{Bench, Letter, Session, Task};

#[tokio::test]
async fn what_was_done_goes_after_a_week_and_what_failed_after_a_month() {
    const DAY: i64 = 24 * 3_600;
    let bench = Bench::new().await;
    bench.enqueue(&Letter {}).await;
    bench.enqueue(&Task {}).await;
    let worker = bench.worker(|registry| {
        registry.on(bench.count::<Letter>());
        registry.on(|_task: Task| async { Err(JobError::Fail(anyhow::anyhow!("no good"))) });
    });
    assert_eq!(worker.run_due().await.unwrap(), 2);
    bench.advance(1);
    bench.enqueue(&Session {}).await;
    let mut kept = Vec::new();
    for days in [6, 2, 21, 2] {
        bench.advance(days * DAY);
        bench.jobs.prune().await.unwrap();
        kept.push(bench.all().await.into_iter().map(|job| job.state).collect::<Vec<_>>());
    }
    let (queued, failed) = (JobState::Queued, JobState::Failed);
    assert_eq!(kept[0].len(), 3);
    assert_eq!(kept[1..], [vec![queued, failed], vec![queued, failed], vec![queued]]);
}
