//! A load that is applied: second by second, each claimed in the database before its requests are sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use jiff::SignedDuration;
use tokio::time::{Instant, sleep_until, timeout};

use super::model::{Load, LoadCounts, LoadId, LoadState, Outcome};
use super::sender::{REQUEST_TIMEOUT, Sender};
use super::{Loads, store};
use crate::db;

/// How long a process that stops waits for what it has sent.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// After what time another process goes on with a load that this one gives back.
const HANDOVER: SignedDuration = SignedDuration::from_millis(1);

/// The requests that are under way, each with its second.
type Pending<'a> = FuturesUnordered<BoxFuture<'a, (u32, Outcome)>>;

/// What became of requests, by second, and of which seconds that is not written yet.
#[derive(Default)]
struct Results {
    counts: BTreeMap<u32, LoadCounts>,
    changed: BTreeSet<u32>,
}

impl Results {
    fn add(&mut self, (second, outcome): (u32, Outcome)) {
        self.counts.entry(second).or_default().add(outcome);
        self.changed.insert(second);
    }

    /// Takes the seconds that changed, and forgets those before `second`, whose requests have all ended.
    fn take_changed(&mut self, second: u32) -> Vec<(u32, LoadCounts)> {
        let changed = std::mem::take(&mut self.changed);
        let taken =
            changed.into_iter().filter_map(|second| Some((second, self.counts.get(&second)?.clone()))).collect();
        let oldest = second.saturating_sub(u32::try_from(REQUEST_TIMEOUT.as_secs()).unwrap_or(u32::MAX) + 3);
        self.counts.retain(|second, _| *second >= oldest);
        taken
    }
}

/// What a second is to a worker.
enum Claim {
    /// Its own: it sends so many requests.
    Own(u32),
    /// Another worker's.
    Taken,
    /// The load has come to its end, or was ended.
    Over,
}

impl Loads {
    /// Sends the requests of a load until it has ended, or until this process stops: then it answers after what time
    /// another one is to go on with it.
    pub(super) async fn apply(&self, id: &LoadId) -> db::Result<Option<SignedDuration>> {
        let Some((load, namespace)) = self.begin(id).await? else { return Ok(None) };
        let host = self.cluster.ingress_host(&namespace, load.plan.subdomain.as_deref());
        let now = self.core.clock.now();
        let passed = load.started_at.map_or(SignedDuration::ZERO, |started| now.duration_since(started));
        // The clock of the site says which second it is, and that of the process how the next ones follow.
        let origin = Instant::now().checked_sub(passed.try_into().unwrap_or_default()).unwrap_or_else(Instant::now);
        let (mut sender, mut pending) = (Sender::new(&self.cluster, &self.http), Pending::new());
        let mut results = Results::default();
        loop {
            let second = u32::try_from(origin.elapsed().as_secs()).unwrap_or(u32::MAX);
            sender.look_up().await;
            match self.claim(&load, second, &mut results).await? {
                Claim::Over => break,
                Claim::Taken => {}
                Claim::Own(planned) => {
                    for number in 0..planned {
                        let at =
                            origin + Duration::from_secs(second.into()) + Duration::from_secs(1) * number / planned;
                        let sent = sender.send((&host, &load.plan.path), at.max(Instant::now()));
                        pending.push(sent.map(move |outcome| (second, outcome)).boxed());
                    }
                }
            }
            let next = origin + Duration::from_secs(u64::from(second) + 1);
            if !self.collect_until(next, &mut pending, &mut results).await {
                drop(timeout(LAST_ANSWERS, drain(&mut pending, &mut results)).await);
                self.write(&load, &mut results).await?;
                return Ok(Some(HANDOVER));
            }
        }
        drain(&mut pending, &mut results).await;
        self.write(&load, &mut results).await?;
        Ok(None)
    }

    /// The load with its namespace, if it runs; its time begins with the first call.
    async fn begin(&self, id: &LoadId) -> db::Result<Option<(Load, String)>> {
        let mut tx = self.core.db.write().await?;
        let locked = store::lock(&mut tx, id, self.core.clock.now()).await?;
        tx.commit().await?;
        Ok(locked.map(|(load, namespace, _is_ready)| (load, namespace)))
    }

    /// Makes a second this worker's own, if the load still runs and nobody else has it, and writes what is known of those
    /// before.
    async fn claim(&self, load: &Load, second: u32, results: &mut Results) -> db::Result<Claim> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let locked = store::lock(&mut tx, &load.id, now).await?;
        for (second, counts) in results.take_changed(second) {
            store::put_counts(&mut tx, &load.id, second, &counts).await?;
        }
        let claim = match (locked, load.plan.planned_in(second)) {
            (None, _) => Claim::Over,
            (Some((_, _, false)), _) => {
                store::finish(&mut tx, &load.id, (LoadState::Stopped, Some("The lab ended."), now)).await?;
                Claim::Over
            }
            (Some(_), None) => {
                store::finish(&mut tx, &load.id, (LoadState::Done, None, now)).await?;
                Claim::Over
            }
            (Some(_), Some(planned)) if store::add_second(&mut tx, &load.id, (second, planned)).await? => {
                Claim::Own(planned)
            }
            (Some(_), Some(_)) => Claim::Taken,
        };
        tx.commit().await?;
        if matches!(claim, Claim::Over) {
            tracing::info!(load = %load.id, session = %load.session_id, "load ended");
        }
        Ok(claim)
    }

    /// Takes what ends until `next`; `false` when the process stops meanwhile.
    async fn collect_until(&self, next: Instant, pending: &mut Pending<'_>, results: &mut Results) -> bool {
        loop {
            tokio::select! {
                () = self.closing.cancelled() => return false,
                Some(ended) = pending.next() => results.add(ended),
                () = sleep_until(next) => return true,
            }
        }
    }

    async fn write(&self, load: &Load, results: &mut Results) -> db::Result<()> {
        let changed = results.take_changed(0);
        if changed.is_empty() {
            return Ok(());
        }
        let mut tx = self.core.db.write().await?;
        for (second, counts) in changed {
            store::put_counts(&mut tx, &load.id, second, &counts).await?;
        }
        tx.commit().await
    }
}

async fn drain(pending: &mut Pending<'_>, results: &mut Results) {
    while let Some(ended) = pending.next().await {
        results.add(ended);
    }
}
