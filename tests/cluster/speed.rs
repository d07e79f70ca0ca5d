//! How long a click takes to become a namespace full of objects.

use jiff::Timestamp;

use crate::Site;

const STARTS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "the figures are what it is run for")]
async fn the_last_object_is_applied_soon_after_the_click() {
    let site = Site::spawn().await;
    let mut applied = Vec::new();
    let mut ready = Vec::new();
    // The first start of a process opens connections and writes what the whole cluster needs.
    for number in 0..=STARTS {
        let learner = site.learner(&format!("learner{number}")).await;
        learner.get(crate::PAGE).await.expect(200);
        let token = learner.csrf_token().await;
        let clicked = now();
        learner.post_with_token("/labs/service-annotations/start", &token, &[]).await.location();
        let session = site.wait_for(&learner, Some(seaworthy::labs::SessionState::Ready)).await.unwrap();
        if number > 0 {
            applied.push(session.applied_at.unwrap().duration_since(clicked).as_millis());
            ready.push(session.ready_at.unwrap().duration_since(clicked).as_millis());
        }
        site.stop(&learner).await;
    }
    let (applied, ready) = (percentiles(applied), percentiles(ready));
    eprintln!("click to last object applied: p50 {} ms, p95 {} ms", applied.0, applied.1);
    eprintln!("click to ready: p50 {} ms, p95 {} ms", ready.0, ready.1);
    site.shut_down().await;
    assert!(applied.0 < 150, "half of the starts took longer than {} ms", applied.0);
}

fn percentiles(mut lengths: Vec<i128>) -> (i128, i128) {
    lengths.sort_unstable();
    (lengths[lengths.len() / 2], lengths[lengths.len() * 95 / 100])
}

fn now() -> Timestamp {
    seaworthy::clock::Clock::System.now()
}
