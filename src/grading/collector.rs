//! Collects what is in a session's namespace and judges a lab's checks by it, with the platform's own credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::evidence::{MAX_READ_BYTES, cut, redact};
use super::judgement::judge;
use super::model::{CheckResult, Facts, Judged, Verdict};
use super::tasks::{Check, Read, Task, TaskSet};
use crate::clock::Clock;
use crate::cluster::{Cluster, ClusterError};
use crate::labs::{Lab, LabSession};

/// How long a cluster that does not answer is asked again before a check counts as "could not grade".
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two reads.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

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
    facts: Facts,
    /// Why no check can be judged by it, for the learner.
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
            self.collect_task(task, Facts::of(lab, session, learner), &mut results).await;
        }
        results
    }

    async fn collect_task(&self, task: &Task, known: Facts, results: &mut Vec<CheckResult>) {
        let mut seen = self.read(&task.reads, known).await;
        let mut passed: Vec<&str> = Vec::new();
        for check in &task.checks {
            if !check.needs.iter().all(|needed| passed.contains(&needed.as_str())) {
                continue;
            }
            let judged = self.judge_until_settled(task, check, &mut seen).await;
            if judged.verdict == Verdict::Pass {
                passed.push(&check.id);
            }
            results.push(CheckResult {
                task: task.id.clone(),
                check: check.id.clone(),
                check_version: check.version.clone(),
                judged,
                judged_at: self.clock.now(),
                facts: seen.facts.clone(),
            });
        }
    }

    /// Reads again while the check may still settle, and once more when it must stay as it is.
    async fn judge_until_settled(&self, task: &Task, check: &Check, seen: &mut Collected) -> Judged {
        let deadline = Instant::now() + check.settle;
        let mut judged = seen.judge(check);
        while judged.verdict != Verdict::Pass && Instant::now() + RETRY_PAUSE <= deadline {
            sleep(RETRY_PAUSE).await;
            *seen = self.read(&task.reads, seen.known()).await;
            judged = seen.judge(check);
        }
        if judged.verdict == Verdict::Pass && !check.stable.is_zero() {
            sleep(check.stable).await;
            *seen = self.read(&task.reads, seen.known()).await;
            judged = seen.judge(check);
            if let (Verdict::Fail, Some(hint)) = (judged.verdict, &judged.hint) {
                judged.hint = Some(format!("It held at first, and not {} s later. {hint}", check.stable.as_secs()));
            }
        }
        judged
    }

    async fn read(&self, reads: &BTreeMap<String, Read>, mut facts: Facts) -> Collected {
        let deadline = Instant::now() + READ_TIMEOUT;
        let mut fault = None;
        for (name, read) in reads {
            let outcome = loop {
                match self.read_one(read, &facts.namespace).await {
                    Err(fault) if fault.is_passing() && Instant::now() + RETRY_PAUSE <= deadline => {
                        sleep(RETRY_PAUSE).await;
                    }
                    outcome => break outcome,
                }
            };
            match outcome {
                Ok(mut value) => {
                    fault = fault.or(cut(&mut value).map(|bytes| describe_cut(read, bytes)));
                    facts.read.insert(name.clone(), value);
                }
                Err(reason) => {
                    fault = Some(format!("{reason} Nothing is held against you; check again in a moment."));
                    break;
                }
            }
        }
        Collected { facts, fault }
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
            None => judge(check, &self.facts),
            Some(fault) => Judged { verdict: Verdict::CouldNotGrade, hint: Some(fault.clone()) },
        }
    }

    fn known(&self) -> Facts {
        Facts { read: BTreeMap::new(), ..self.facts.clone() }
    }
}

/// A verdict on a part of an object could not be repeated, so there is none.
fn describe_cut(read: &Read, bytes: usize) -> String {
    let what = match &read.name {
        Some(name) => format!("The {} {name} takes", read.kind),
        None => format!("The objects of kind {} together take", read.kind),
    };
    let (size, most) = (bytes.div_ceil(1024), MAX_READ_BYTES / 1024);
    format!(
        "{what} {size} KiB, and a check reads {most} KiB at the most. Take out what is not needed, such as a long \
         annotation, and check again."
    )
}
