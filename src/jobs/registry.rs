//! Which code runs which kind of job.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use jiff::SignedDuration;
use serde::de::Error as _;
use serde_json::Value;

use super::model::{Job, JobError, Queue};

/// What an attempt returns: done, or due again after a time.
pub(super) type JobResult = Result<Option<SignedDuration>, JobError>;
type Attempt = Pin<Box<dyn Future<Output = JobResult> + Send>>;
/// Reads the payload, and returns the attempt, which is to be awaited.
type Run = Box<dyn Fn(&str) -> Result<Attempt, serde_json::Error> + Send + Sync>;

/// Which code runs which kind of job, and which kinds recur by themselves.
#[derive(Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Kind>,
    recurring: Vec<Recurring>,
    duplicates: Vec<&'static str>,
}

/// The code for one kind.
pub(super) struct Kind {
    pub(super) queue: Queue,
    pub(super) retries: Retries,
    can_read: fn(&str) -> bool,
    run: Run,
}

/// What follows an attempt that went wrong.
#[derive(Clone, Copy, Debug)]
pub(super) enum Retries {
    /// Another one, until there were so many.
    UpTo(i64),
    /// Another one, for as long as it takes.
    Unlimited,
    /// None: the schedule brings the next one.
    Once,
}

/// A kind that recurs by itself.
pub(super) struct Recurring {
    pub(super) kind: &'static str,
    pub(super) every: SignedDuration,
    pub(super) payload: String,
}

impl Registry {
    /// Runs jobs of type `J` with `run`; one that fails is tried again after a pause, as often as its type says.
    pub fn on<J, F, Fut>(&mut self, run: F)
    where
        J: Job,
        F: Fn(J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.add::<J, _, _>(Retries::UpTo(J::MAX_ATTEMPTS), finishing(run));
    }

    /// Runs jobs of type `J` with `run` until it answers that there is nothing left to do: `Some` names the time after
    /// which it runs again, and a fault is followed by another attempt for as long as it takes.
    pub fn reconcile<J, F, Fut>(&mut self, run: F)
    where
        J: Job,
        F: Fn(J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<SignedDuration>, JobError>> + Send + 'static,
    {
        self.add::<J, _, _>(Retries::Unlimited, run);
    }

    /// Runs a job of type `J` with `run`, and again `every` so often for as long as any worker lives; what went wrong is
    /// shown until the next time.
    pub fn every<J, F, Fut>(&mut self, every: SignedDuration, run: F)
    where
        J: Job + Default,
        F: Fn(J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let payload = serde_json::to_string(&J::default()).unwrap_or_else(|_unit| "null".to_owned());
        self.recurring.push(Recurring { kind: J::KIND, every, payload });
        self.add::<J, _, _>(Retries::Once, finishing(run));
    }

    fn add<J, F, Fut>(&mut self, retries: Retries, run: F)
    where
        J: Job,
        F: Fn(J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = JobResult> + Send + 'static,
    {
        let run: Run = Box::new(move |payload| Ok(Box::pin(run(read(payload)?)) as Attempt));
        let can_read = |payload: &str| read::<J>(payload).is_ok();
        if self.kinds.insert(J::KIND, Kind { queue: J::QUEUE, retries, can_read, run }).is_some() {
            self.duplicates.push(J::KIND);
        }
    }

    /// Fails, naming them, when kinds have more than one subscriber: all but the last would never hear of a job.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let duplicates = self.duplicates.join(", ");
        anyhow::ensure!(self.duplicates.is_empty(), "jobs have more than one subscriber: {duplicates}");
        Ok(())
    }

    pub(super) fn find(&self, kind: &str) -> Option<&Kind> {
        self.kinds.get(kind)
    }

    pub(super) fn recurring(&self) -> &[Recurring] {
        &self.recurring
    }
}

impl Kind {
    /// The attempt of a job with this payload; fails when the payload is of a shape that this version does not know.
    pub(super) fn read(
        &self,
        payload: &str,
    ) -> Result<impl Future<Output = JobResult> + Send + use<>, serde_json::Error> {
        (self.run)(payload)
    }

    /// Whether the payload is of a shape that this version knows.
    pub(super) fn can_read(&self, payload: &str) -> bool {
        (self.can_read)(payload)
    }
}

/// Reads a payload. One that holds more than this version would write is a newer one's, and doing a part of it would not be
/// what was asked for.
fn read<J: Job>(payload: &str) -> Result<J, serde_json::Error> {
    let given: Value = serde_json::from_str(payload)?;
    let job: J = serde_json::from_str(payload)?;
    match find_unknown(&given, &serde_json::to_value(&job)?) {
        Some(field) => Err(serde_json::Error::custom(format!("unknown field `{field}`"))),
        None => Ok(job),
    }
}

/// A field of `given` that `known` does not have.
fn find_unknown<'v>(given: &'v Value, known: &Value) -> Option<&'v str> {
    let (given, known) = (given.as_object()?, known.as_object()?);
    given.iter().find_map(|(field, value)| match known.get(field) {
        Some(known) => find_unknown(value, known),
        None => Some(field.as_str()),
    })
}

impl Recurring {
    /// The key of its one job.
    pub(super) fn key(&self) -> String {
        format!("recurring:{}", self.kind)
    }
}

fn finishing<J, F, Fut>(run: F) -> impl Fn(J) -> Pin<Box<dyn Future<Output = JobResult> + Send>> + Send + Sync + 'static
where
    F: Fn(J) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), JobError>> + Send + 'static,
{
    move |job| {
        let run = run(job);
        Box::pin(async move { run.await.map(|()| None) })
    }
}
