//! What the grader saw while a lab was verified, as a file from which the same verdicts follow without a cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::normal::Normaliser;
use super::outcome::{Verification, VerifiedRun};
use super::states::{State, hash, list_states};
use crate::grading::judgement::judge;
use crate::grading::model::{CheckInput, CheckResult, Verdict};
use crate::grading::tasks::{Check, Task, TaskSet};
use crate::labs::{Lab, LabSession, RECORDED_FILE};
use crate::yaml;

/// What a recording says of itself, before its data.
const HEAD: &str = "# What the grader saw of this lab on a cluster: written by `seaworthy lab verify --record`, and replayed by \
                    `--recorded`.\n";
/// What a lab's namespace and nonce are called, and those of the other learner.
const SESSIONS: [(&str, &str); 2] = [
    ("000000000000000a", "0000000000000000000000000000000a"),
    ("000000000000000b", "0000000000000000000000000000000b"),
];

/// The states of a lab that were graded.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Recording {
    /// What the learner is called.
    learner: String,
    /// Each state, in order.
    snapshots: Vec<Snapshot>,
    /// What was read, each once, by its hash.
    seen: BTreeMap<String, Value>,
}

/// One state of the lab.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    title: String,
    /// The hash of what made it.
    made_by: String,
    /// The hashes of what was read by its name: for each task, and for a check that saw something else than its task.
    read: BTreeMap<String, BTreeMap<String, String>>,
    /// The verdicts other than a pass, by `task.check`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    verdicts: BTreeMap<String, Verdict>,
}

impl Verification {
    /// What was seen, as a file; the error says why the file would not lead to the same verdicts.
    ///
    /// Times are left out unless a check needs them.
    pub fn record(&self, lab: &Lab, tasks: &TaskSet) -> anyhow::Result<String> {
        let mut faults = Vec::new();
        for keeps_times in [false, true] {
            let text = format!("{HEAD}{}", yaml::write(&self.to_recording(lab, keeps_times))?);
            faults = replay(lab, tasks, &text)?.faults;
            if faults.is_empty() {
                return Ok(text);
            }
        }
        anyhow::bail!("what was seen does not lead to the same verdicts again:\n  - {}", faults.join("\n  - "))
    }

    fn to_recording(&self, lab: &Lab, keeps_times: bool) -> Recording {
        let mut normaliser = Normaliser::new(keeps_times);
        let [own, others] = SESSIONS;
        let sessions = self.sessions.iter().map(|one| (one, own)).chain(self.other.iter().map(|one| (one, others)));
        for (LabSession { namespace, nonce, .. }, (as_namespace, as_nonce)) in sessions {
            normaliser.name(namespace, as_namespace.to_owned());
            normaliser.name(nonce, as_nonce.to_owned());
        }
        let all = self.runs.iter().flat_map(|run| &run.results).flat_map(|result| result.input.read.values());
        all.for_each(|value| normaliser.learn(value));
        let states = lab.solution.as_ref().map(|solution| list_states(solution, &self.tasks)).unwrap_or_default();
        let mut recording = Recording {
            learner: self
                .runs
                .iter()
                .flat_map(|run| &run.results)
                .map(|one| one.input.learner.clone())
                .next()
                .unwrap_or_default(),
            snapshots: Vec::new(),
            seen: BTreeMap::new(),
        };
        for (run, state) in self.runs.iter().zip(states) {
            let mut snapshot = Snapshot {
                title: run.title.clone(),
                made_by: state.made_by(lab.solution.as_ref()),
                read: BTreeMap::new(),
                verdicts: BTreeMap::new(),
            };
            for result in &run.results {
                let place = format!("{}.{}", result.task, result.check);
                for (name, value) in &result.input.read {
                    let mut value = value.clone();
                    normaliser.normalise(&mut value);
                    let hash = hash(&value.to_string());
                    recording.seen.insert(hash.clone(), value);
                    let of_task = snapshot.read.entry(result.task.clone()).or_default();
                    if *of_task.entry(name.clone()).or_insert_with(|| hash.clone()) != hash {
                        snapshot.read.entry(place.clone()).or_default().insert(name.clone(), hash);
                    }
                }
                if result.judged.verdict != Verdict::Pass {
                    snapshot.verdicts.insert(place, result.judged.verdict);
                }
            }
            recording.snapshots.push(snapshot);
        }
        recording
    }
}

/// Judges what was recorded of a lab by its checks as they are now.
pub fn replay(lab: &Lab, tasks: &TaskSet, recorded: &str) -> anyhow::Result<Verification> {
    let file = format!("labs/{}/{RECORDED_FILE}", lab.name);
    let recording: Recording = yaml::read_file(&file, recorded)?;
    let ids: Vec<String> = tasks.list().iter().map(|task| task.id.clone()).collect();
    let states = lab.solution.as_ref().map(|solution| list_states(solution, &ids)).unwrap_or_default();
    let mut found = Verification { tasks: ids, ..Verification::default() };
    let titles: BTreeSet<&str> = states.iter().map(|state| state.title.as_str()).collect();
    for snapshot in recording.snapshots.iter().filter(|one| !titles.contains(one.title.as_str())) {
        found.faults.push(format!("{}: no mistake is called so; record the lab again", snapshot.title));
    }
    for state in &states {
        let snapshot = recording.snapshots.iter().find(|one| one.title == state.title);
        match snapshot.filter(|one| one.made_by == state.made_by(lab.solution.as_ref())) {
            Some(snapshot) => {
                let run = replay_one((lab, tasks), (&recording, snapshot), state, &mut found.faults);
                found.runs.push(run);
            }
            None if snapshot.is_some() => {
                found.faults.push(format!(
                    "{}: it is made in another way than when it was recorded; record it again",
                    state.title
                ));
            }
            None => found.faults.push(format!("{}: it was not recorded; record the lab again", state.title)),
        }
    }
    Ok(found)
}

fn replay_one(
    (lab, tasks): (&Lab, &TaskSet),
    (recording, snapshot): (&Recording, &Snapshot),
    state: &State<'_>,
    faults: &mut Vec<String>,
) -> VerifiedRun {
    let begun = Instant::now();
    let mut results: Vec<CheckResult> = Vec::new();
    for task in tasks.list() {
        let mut passed: Vec<&str> = Vec::new();
        for check in &task.checks {
            if !check.has_needs(&passed) {
                continue;
            }
            let place = format!("{}.{}", task.id, check.id);
            let input = match recording.input(lab, snapshot, (task, check)) {
                Ok(input) => input,
                Err(name) => {
                    faults.push(format!(
                        "{}: {place} reads {name}, which was not recorded; record it again",
                        state.title
                    ));
                    continue;
                }
            };
            let judged = judge(check, &input);
            let recorded = snapshot.verdicts.get(&place).copied().unwrap_or(Verdict::Pass);
            if judged.verdict == Verdict::Pass {
                passed.push(&check.id);
            }
            if judged.verdict != recorded {
                let (got, hint) = (judged.verdict.as_str(), judged.hint.as_deref().unwrap_or_default());
                faults.push(format!("{}: {place} gave {} and now gives {got} {hint}", state.title, recorded.as_str()));
            }
            results.push(CheckResult {
                task: task.id.clone(),
                check: check.id.clone(),
                check_version: check.version.clone(),
                judged,
                judged_at: jiff::Timestamp::UNIX_EPOCH,
                input,
            });
        }
    }
    let run = VerifiedRun::new(&state.title, (tasks.list(), &state.failing), results, begun.elapsed());
    faults.extend(run.list_faults(state.hints));
    run
}

impl Recording {
    /// What a check reads in a snapshot; the error is the name of what was not recorded.
    fn input(&self, lab: &Lab, snapshot: &Snapshot, (task, check): (&Task, &Check)) -> Result<CheckInput, String> {
        let (namespace, nonce) = SESSIONS[0];
        let mut input = CheckInput {
            learner: self.learner.clone(),
            namespace: namespace.to_owned(),
            nonce: nonce.to_owned(),
            values: lab.values.clone(),
            read: BTreeMap::new(),
        };
        let places = [format!("{}.{}", task.id, check.id), task.id.clone()];
        for name in &check.reads {
            let hash = places.iter().find_map(|place| snapshot.read.get(place)?.get(name));
            let value = hash.and_then(|hash| self.seen.get(hash)).ok_or_else(|| name.clone())?;
            input.read.insert(name.clone(), value.clone());
        }
        Ok(input)
    }
}
