//! Collects the objects of a session's namespace and judges a lab's checks on them, with the platform's own credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::evidence::{MAX_READ_BYTES, redact, replace_oversized};
use super::judgement::judge;
use super::model::{CheckInput, CheckResult, Judged, Verdict};
use super::tasks::{Check, Read, Task, TaskSet};
use crate::clock::Clock;
use crate::cluster::{Cluster, ClusterError};
use crate::labs::{Lab, LabSession};

/// How long a read is retried, while the cluster does not answer, before its checks count as "could not grade".
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two reads.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// What collecting needs.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    /// Where sessions run.
    pub(super) cluster: Cluster,
    /// The time.
    pub(super) clock: Clock,
}

/// What was read for a task.
struct Collected {
    input: CheckInput,
    /// Why no check can be judged on it, for the learner.
    fault: Option<String>,
}

impl Collector {
    /// Judges every check of every task; a check whose `needs` did not pass is left out.
    pub(super) async fn collect(
        &self,
        lab: &Lab,
        tasks: &TaskSet,
        session: &LabSession,
        learner: &str,
    ) -> Vec<CheckResult> {
        let mut results = Vec::new();
        for task in tasks.list() {
            self.collect_task(task, CheckInput::of(lab, session, learner), &mut results).await;
        }
        results
    }

    async fn collect_task(&self, task: &Task, input: CheckInput, results: &mut Vec<CheckResult>) {
        let mut collected = self.read(&task.reads, input).await;
        let mut passed: Vec<&str> = Vec::new();
        for check in &task.checks {
            if !check.has_needs(&passed) {
                continue;
            }
            let judged = self.judge_with_retries(task, check, &mut collected).await;
            if judged.verdict == Verdict::Pass {
                passed.push(&check.id);
            }
            results.push(CheckResult {
                task: task.id.clone(),
                check: check.id.clone(),
                check_version: check.version.clone(),
                judged,
                judged_at: self.clock.now(),
                input: collected.input.clone(),
            });
        }
    }

    /// Reads again while the check may still pass, and once more when it must hold for some time.
    async fn judge_with_retries(&self, task: &Task, check: &Check, collected: &mut Collected) -> Judged {
        let deadline = Instant::now() + check.retry_for;
        let mut judged = collected.judge(check);
        while judged.verdict != Verdict::Pass && Instant::now() + RETRY_INTERVAL <= deadline {
            sleep(RETRY_INTERVAL).await;
            *collected = self.read(&task.reads, collected.before_reads()).await;
            judged = collected.judge(check);
        }
        if judged.verdict == Verdict::Pass && !check.stable_for.is_zero() {
            sleep(check.stable_for).await;
            *collected = self.read(&task.reads, collected.before_reads()).await;
            judged = collected.judge(check);
            if let (Verdict::Fail, Some(hint)) = (judged.verdict, &judged.hint) {
                judged.hint = Some(format!("It held at first, and not {} s later. {hint}", check.stable_for.as_secs()));
            }
        }
        judged
    }

    async fn read(&self, reads: &BTreeMap<String, Read>, mut input: CheckInput) -> Collected {
        let deadline = Instant::now() + READ_TIMEOUT;
        let mut fault = None;
        for (name, read) in reads {
            let outcome = loop {
                match self.read_one(read, &input.namespace).await {
                    Err(fault) if fault.is_transient() && Instant::now() + RETRY_INTERVAL <= deadline => {
                        sleep(RETRY_INTERVAL).await;
                    }
                    outcome => break outcome,
                }
            };
            match outcome {
                Ok(mut value) => {
                    fault = fault.or(replace_oversized(&mut value).map(|bytes| describe_oversized(read, bytes)));
                    input.read.insert(name.clone(), value);
                }
                Err(reason) => {
                    fault = Some(format!("{reason} Nothing is held against you; check again in a moment."));
                    break;
                }
            }
        }
        Collected { input, fault }
    }

    async fn read_one(&self, read: &Read, namespace: &str) -> Result<Value, ClusterError> {
        let Read { api_version, kind, name, labels } = read;
        let mut value = match name {
            Some(name) => self.cluster.get_object(api_version, kind, namespace, name).await?.unwrap_or_default(),
            None => self.cluster.list_objects(api_version, kind, namespace, labels.as_deref()).await?.into(),
        };
        for object in value.as_array_mut().into_iter().flatten() {
            redact(object);
        }
        redact(&mut value);
        Ok(value)
    }
}

impl Collected {
    fn judge(&self, check: &Check) -> Judged {
        match &self.fault {
            None => judge(check, &self.input),
            Some(fault) => Judged { verdict: Verdict::CouldNotGrade, hint: Some(fault.clone()) },
        }
    }

    /// The input without what was read.
    fn before_reads(&self) -> CheckInput {
        CheckInput { read: BTreeMap::new(), ..self.input.clone() }
    }
}

/// The reason why an oversized read gives no verdict: a verdict on a part of it could not be replayed.
fn describe_oversized(read: &Read, bytes: usize) -> String {
    let what = match &read.name {
        Some(name) => format!("The {} {name} takes", read.kind),
        None => format!("The objects of kind {} together take", read.kind),
    };
    let (size, max) = (bytes.div_ceil(1024), MAX_READ_BYTES / 1024);
    format!(
        "{what} {size} KiB, and a check reads {max} KiB at the most. Take out what is not needed, such as a long \
         annotation, and check again."
    )
}
