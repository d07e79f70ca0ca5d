//! Looks at a session's namespace and judges a lab's checks by what is there, with the platform's own credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::evidence::redact;
use super::judgement::judge;
use super::model::{CheckResult, Facts, Judged, Verdict};
use super::tasks::{Check, Read, Task, TaskSet};
use crate::clock::Clock;
use crate::cluster::{Cluster, ClusterError};
use crate::labs::{Lab, LabSession};

/// How long a cluster that does not answer is asked again before a check counts as "could not grade".
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// What looking needs.
#[derive(Clone, Debug)]
pub(super) struct Looker {
    /// Where sessions run.
    pub(super) cluster: Cluster,
    /// The time.
    pub(super) clock: Clock,
}

impl Looker {
    /// Judges every check of every task; a check whose `needs` did not pass is left out.
    pub(super) async fn look(
        &self,
        lab: &Lab,
        tasks: &TaskSet,
        session: &LabSession,
        learner: &str,
    ) -> Vec<CheckResult> {
        let mut results = Vec::new();
        for task in tasks.list() {
            let known = Facts::of(lab, session, learner);
            self.look_at_task(task, known, &mut results).await;
        }
        results
    }

    async fn look_at_task(&self, task: &Task, known: Facts, results: &mut Vec<CheckResult>) {
        let mut seen = self.read(&task.reads, known.clone()).await;
        let mut passed: Vec<&str> = Vec::new();
        for check in &task.checks {
            if !check.needs.iter().all(|needed| passed.contains(&needed.as_str())) {
                continue;
            }
            let judged = self.judge_until_settled(task, check, &known, &mut seen).await;
            if judged.verdict == Verdict::Pass {
                passed.push(&check.id);
            }
            results.push(CheckResult {
                task: task.id.clone(),
                check: check.id.clone(),
                check_version: check.version.clone(),
                judged,
                judged_at: self.clock.now(),
                facts: seen.as_ref().unwrap_or(&known).clone(),
            });
        }
    }

    /// Asks again while the check may still settle, and once more when it must stay as it is.
    async fn judge_until_settled(&self, task: &Task, check: &Check, known: &Facts, seen: &mut Seen) -> Judged {
        let deadline = Instant::now() + check.settle;
        let mut judged = judge_seen(check, seen);
        while judged.verdict != Verdict::Pass && Instant::now() + PAUSE <= deadline {
            sleep(PAUSE).await;
            *seen = self.read(&task.reads, known.clone()).await;
            judged = judge_seen(check, seen);
        }
        if judged.verdict == Verdict::Pass && !check.stable.is_zero() {
            sleep(check.stable).await;
            *seen = self.read(&task.reads, known.clone()).await;
            judged = judge_seen(check, seen);
            if let (Verdict::Fail, Some(hint)) = (judged.verdict, &judged.hint) {
                judged.hint = Some(format!("It held at first, and not {} s later. {hint}", check.stable.as_secs()));
            }
        }
        judged
    }

    async fn read(&self, reads: &BTreeMap<String, Read>, mut facts: Facts) -> Seen {
        let deadline = Instant::now() + PATIENCE;
        for (name, read) in reads {
            let object = loop {
                match self.read_one(read, &facts.namespace).await {
                    Err(fault) if fault.is_passing() && Instant::now() + PAUSE <= deadline => sleep(PAUSE).await,
                    outcome => break outcome?,
                }
            };
            facts.read.insert(name.clone(), object);
        }
        Ok(facts)
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

/// What a look at the cluster gave, or why it gave nothing.
type Seen = Result<Facts, ClusterError>;

fn judge_seen(check: &Check, seen: &Seen) -> Judged {
    match seen {
        Ok(facts) => judge(check, facts),
        Err(fault) => Judged {
            verdict: Verdict::CouldNotGrade,
            hint: Some(format!("{fault} Nothing is held against you; check again in a moment.")),
        },
    }
}
