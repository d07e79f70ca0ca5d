//! Course CI: runs a lab on a real cluster untouched, solved, and with each known mistake, and checks the verdicts.
//!
//! | file | holds |
//! |---|---|
//! | `states.rs` | the states of a lab, each with the verdicts that it must get |
//! | `copies.rs` | what one learner copies from another |
//! | `outcome.rs` | the verdicts beside those that were expected: faults, and a table |
//! | `recording.rs`, `normal.rs` | what was seen, as a file that leads to the same verdicts without a cluster |

mod copies;
mod normal;
mod outcome;
mod recording;
mod states;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::{Instant, sleep};

use super::model::CheckResult;
use super::tasks::TaskSet;
use super::{Grading, store};
use crate::accounts::Person;
use crate::cluster::ClusterError;
use crate::labs::{Lab, LabSession, Mutation, SessionState, Solution, TOOLBOX};

use states::{SOLVED, State};

pub use outcome::{Verification, VerifiedRun};
pub use recording::replay;

/// How long a session may take to be ready, and how long its namespace is watched while it is deleted.
const TIMEOUT: Duration = Duration::from_mins(10);
/// Within what time the namespace of a session must be deleted: twice what it took on a machine of two cores with three others
/// being verified; what holds one up for good takes longer.
const MAX_DELETION: Duration = Duration::from_mins(2);
/// What the API server says when it counted several new objects against a quota at once, and what is to be done about it.
const CONFLICT: &str = "please apply your changes to the latest version and try again";
/// How often a script is run for that, and when the cluster is too busy to answer.
const MAX_ATTEMPTS: u32 = 3;
/// What shows why a script failed: pods that do not start, and what the cluster warned of.
const SHOW_STATE: &str = "kubectl get pods --output wide; kubectl get events --field-selector type=Warning --sort-by .metadata.creationTimestamp | tail -n 20";
/// How often a state is looked at that is waited for.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The people as whom a lab is verified.
#[derive(Clone, Copy, Debug)]
pub struct Learners<'a> {
    /// Those who solve the lab, and share its mistakes among them; with more of them it takes less time. They are called the
    /// same, so that what is seen of their work does not differ by the name.
    pub solvers: &'a [Person],
    /// Who solves it too, for the mistakes that copy another learner's objects.
    pub other: &'a Person,
}

/// Tells each step with the time that has passed.
struct Progress<'a> {
    begun: Instant,
    report: Mutex<&'a mut (dyn FnMut(&str) + Send)>,
}

impl Progress<'_> {
    fn tell(&self, step: &str) {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report(&format!("{:6.1} s  {step}", self.begun.elapsed().as_secs_f64()));
    }
}

/// A session that is ready, and whose it is.
struct Workplace<'a> {
    session: LabSession,
    person: &'a Person,
}

/// What was found in some of the states.
#[derive(Default)]
struct Findings {
    runs: Vec<VerifiedRun>,
    faults: Vec<String>,
}

impl Findings {
    fn add(&mut self, other: Self) {
        self.runs.extend(other.runs);
        self.faults.extend(other.faults);
    }
}

/// A lab as it is verified.
struct Verifier<'a> {
    grading: &'a Grading,
    lab: &'a Lab,
    solution: &'a Solution,
    /// The ids of its tasks.
    tasks: Vec<String>,
    progress: Progress<'a>,
}

impl Grading {
    /// Verifies a lab and calls `report` with each step.
    ///
    /// The worker of the jobs must be running.
    pub async fn verify(
        &self,
        lab: &str,
        learners: Learners<'_>,
        report: &mut (dyn FnMut(&str) + Send),
    ) -> anyhow::Result<Verification> {
        let lab = self.labs.catalogue().find(lab).with_context(|| format!("there is no lab called {lab}"))?;
        let solution =
            lab.solution.as_ref().with_context(|| format!("labs/{}/solution/solve.sh is missing", lab.name))?;
        let tasks: Vec<String> =
            self.find_tasks(&lab.name).into_iter().flat_map(TaskSet::list).map(|task| task.id.clone()).collect();
        require_known(lab, solution, &tasks)?;
        let progress = Progress { begun: Instant::now(), report: Mutex::new(report) };
        let verifier = Verifier { grading: self, lab, solution, tasks, progress };
        let outcome = verifier.verify(learners).await;
        let people = learners.solvers.iter().chain([learners.other]);
        let late = try_join_all(people.map(|person| verifier.stop(person))).await?;
        let mut found = outcome?;
        found.faults.extend(late.into_iter().flatten());
        Ok(found)
    }
}

/// Refuses mistakes in a task that the lab does not have.
fn require_known(lab: &Lab, solution: &Solution, tasks: &[String]) -> anyhow::Result<()> {
    for mutation in &solution.mutations {
        for task in mutation.failing() {
            anyhow::ensure!(
                tasks.contains(&task),
                "labs/{}/solution/mutations.yaml: {:?} fails {task}, and there is no such task",
                lab.name,
                mutation.title()
            );
        }
    }
    Ok(())
}

impl Verifier<'_> {
    async fn verify(&self, learners: Learners<'_>) -> anyhow::Result<Verification> {
        let count = learners.solvers.len().min(self.solution.mutations.len().max(1));
        let needs_other = self.solution.mutations.iter().any(|one| !one.copies.is_empty());
        let solvers = self.open(learners.solvers.iter().take(count)).await?;
        let others = self.open(needs_other.then_some(learners.other)).await?;
        self.progress.tell(&format!("sessions that are ready: {}", solvers.len() + others.len()));
        let first = solvers.first().context("nobody has a session")?;
        let (begun, untouched) = (Instant::now(), State::untouched(&self.tasks));
        let mut found = self.judge(&untouched, self.collect(first).await?, begun);
        let rest = solvers.iter().skip(1).chain(&others).map(|place| self.solve(place));
        let (solved, _) = tokio::try_join!(self.verify_solution(first), try_join_all(rest))?;
        found.add(solved);
        found.add(self.verify_mutations(&solvers, others.first()).await?);
        let sessions = |places: Vec<Workplace<'_>>| places.into_iter().map(|place| place.session).collect();
        Ok(Verification {
            tasks: self.tasks.clone(),
            runs: found.runs,
            faults: found.faults,
            sessions: sessions(solvers),
            other: others.into_iter().next().map(|place| place.session),
        })
    }

    /// Starts a session for each person, and waits until all are ready.
    async fn open<'p>(&self, people: impl IntoIterator<Item = &'p Person>) -> anyhow::Result<Vec<Workplace<'p>>> {
        let people: Vec<_> = people.into_iter().collect();
        for person in &people {
            self.grading.labs.start(&person.id, &self.lab.name).await?;
        }
        let mut places = Vec::new();
        for person in people {
            places.push(Workplace { session: self.wait_until_ready(person).await?, person });
        }
        Ok(places)
    }

    async fn solve(&self, place: &Workplace<'_>) -> anyhow::Result<()> {
        self.run(place, &self.solution.script, &[]).await.context("solution/solve.sh")
    }

    async fn verify_solution(&self, place: &Workplace<'_>) -> anyhow::Result<Findings> {
        let mut found = Findings::default();
        for title in SOLVED {
            let begun = Instant::now();
            self.solve(place).await?;
            found.add(self.judge(&State::solved(title), self.collect(place).await?, begun));
        }
        Ok(found)
    }

    /// Makes each mistake in one of `places` that is free, and gives what was found in the order of the mistakes.
    async fn verify_mutations(
        &self,
        places: &[Workplace<'_>],
        other: Option<&Workplace<'_>>,
    ) -> anyhow::Result<Findings> {
        let free = Mutex::new(places.iter().collect::<Vec<_>>());
        let (take, give) = (
            || free.lock().unwrap_or_else(PoisonError::into_inner).pop(),
            |place| free.lock().unwrap_or_else(PoisonError::into_inner).push(place),
        );
        let verify_one = async |(number, mutation): (usize, &Mutation)| -> anyhow::Result<(usize, Findings)> {
            let place = take().context("every session is in use")?;
            let verified = self.verify_mutation(mutation, place, other).await;
            let found = verified.with_context(|| format!("the mistake {:?}", mutation.title()))?;
            if let Some(undo) = &mutation.undo {
                let title = mutation.title();
                self.run(place, undo, &[]).await.with_context(|| format!("what undoes the mistake {title:?}"))?;
            }
            self.solve(place).await?;
            give(place);
            Ok((number, found))
        };
        let mutations = stream::iter(self.solution.mutations.iter().enumerate());
        let mut found: Vec<_> = mutations.map(verify_one).buffer_unordered(places.len()).try_collect().await?;
        found.sort_by_key(|(number, _)| *number);
        let mut together = Findings::default();
        for (_, found) in found {
            together.add(found);
        }
        Ok(together)
    }

    async fn verify_mutation(
        &self,
        mutation: &Mutation,
        place: &Workplace<'_>,
        other: Option<&Workplace<'_>>,
    ) -> anyhow::Result<Findings> {
        let (begun, mut found) = (Instant::now(), Findings::default());
        let mut variables = Vec::new();
        let mut copied = None;
        if let Some(other) = other.filter(|_| !mutation.copies.is_empty()) {
            let list = copies::read(&self.grading.cluster, &mutation.copies, &other.session.namespace).await?;
            variables.push(format!("COPIED={list}"));
            copied = copies::has_nonce(&list).then_some(&other.session);
        }
        if let Some(before) = State::before(mutation) {
            found.add(self.judge(&before, self.request(place).await?, begun));
        }
        self.run(place, &mutation.run, &variables).await?;
        let results = if mutation.graded_first { self.request(place).await? } else { self.collect(place).await? };
        if let Some(owner) = copied
            && !super::grade::find_foreign_nonces(&results).contains_key(&owner.nonce)
        {
            found.faults.push(format!("{}: nobody would be told of the copy", mutation.title()));
        }
        found.add(self.judge(&State::mutated(mutation), results, begun));
        if mutation.graded_first {
            found.faults.extend(self.list_lost_passes(mutation, place).await?);
        }
        Ok(found)
    }

    /// Tasks that were passed before and are no more: a passed task stays passed, whatever is broken later.
    async fn list_lost_passes(&self, mutation: &Mutation, place: &Workplace<'_>) -> anyhow::Result<Vec<String>> {
        let mut conn = self.grading.core.db.read().await?;
        let passes = store::passes::list(&mut conn, &place.person.id, &self.lab.name).await?;
        let lost = self.tasks.iter().filter(|task| !passes.contains_key(*task));
        let title = mutation.title();
        Ok(lost.map(|task| format!("{title}: {task} was passed, and is no more")).collect())
    }

    /// Compares the verdicts on a state with those that it must get.
    fn judge(&self, state: &State<'_>, results: Vec<CheckResult>, begun: Instant) -> Findings {
        let tasks = self.grading.find_tasks(&self.lab.name).map(TaskSet::list).unwrap_or_default();
        let run = VerifiedRun::new(&state.title, (tasks, &state.failing), results, begun.elapsed());
        let (title, passed, count) = (&state.title, run.count_passed(), tasks.len());
        self.progress.tell(&format!("{title}: {passed} of {count} pass"));
        Findings { faults: run.list_faults(state.hints), runs: vec![run] }
    }

    async fn collect(&self, place: &Workplace<'_>) -> anyhow::Result<Vec<CheckResult>> {
        Ok(self.grading.collect(self.lab, &place.session, &place.person.name).await?)
    }

    /// Has the work graded as a learner does, and reads the verdicts with what they were based on.
    async fn request(&self, place: &Workplace<'_>) -> anyhow::Result<Vec<CheckResult>> {
        let Workplace { session, person } = place;
        self.grading.request(&person.id, &self.lab.name).await?;
        let deadline = Instant::now() + TIMEOUT;
        while store::is_waiting(&mut *self.grading.core.db.read().await?, &session.id).await? {
            anyhow::ensure!(Instant::now() < deadline, "after {} s it is not graded", TIMEOUT.as_secs());
            sleep(POLL_INTERVAL).await;
        }
        self.grading.list_newest_results(session).await?.context("the request has no verdicts")
    }

    /// Runs a script in the session's toolbox, with the learner's own rights, and reports what its output says.
    async fn run(&self, place: &Workplace<'_>, script: &str, variables: &[String]) -> anyhow::Result<()> {
        let Workplace { session, person } = place;
        let learner = format!("LEARNER={}", person.name);
        let namespace = format!("NAMESPACE={}", session.namespace);
        let mut command = vec!["env", &learner, &namespace];
        command.extend(variables.iter().map(String::as_str));
        command.extend(["sh", "-euc", script]);
        let mut attempts = 1;
        let outcome = loop {
            match self.grading.cluster.run_in_pod(&session.namespace, TOOLBOX, TOOLBOX, &command).await {
                Err(ClusterError::Unreachable(_)) if attempts < MAX_ATTEMPTS => {}
                Err(fault) => return Err(fault.into()),
                Ok(outcome) if !outcome.is_success && attempts < MAX_ATTEMPTS && outcome.output.contains(CONFLICT) => {}
                Ok(outcome) => break outcome,
            }
            attempts += 1;
        };
        if !outcome.is_success {
            let show = ["sh", "-c", SHOW_STATE];
            let state = self.grading.cluster.run_in_pod(&session.namespace, TOOLBOX, TOOLBOX, &show).await;
            let state = state.map_or_else(|fault| format!("{fault:#}"), |shown| shown.output);
            anyhow::bail!("it failed: {}\nwhat the namespace held then:\n{state}", outcome.output);
        }
        self.grading.report_lines(session, &outcome.output).await
    }

    async fn wait_until_ready(&self, person: &Person) -> anyhow::Result<LabSession> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let session = self.grading.labs.find_session(&person.id, &self.lab.name).await?;
            let state = session.as_ref().map(|session| session.state);
            match session {
                Some(session) if session.state == SessionState::Ready => return Ok(session),
                Some(session) if session.state == SessionState::Failed => {
                    anyhow::bail!("the session failed: {}", session.reason.unwrap_or_default());
                }
                _ => {}
            }
            anyhow::ensure!(Instant::now() < deadline, "after {} s the session is {state:?}", TIMEOUT.as_secs());
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Ends the session of a person who has one, waits until its namespace is deleted, and tells when that took too long.
    async fn stop(&self, person: &Person) -> anyhow::Result<Option<String>> {
        let labs = &self.grading.labs;
        let session = labs.find_session(&person.id, &self.lab.name).await?;
        let Some(session) = session.filter(|session| session.state.is_live()) else { return Ok(None) };
        labs.stop(&person.id, &self.lab.name).await?;
        let begun = Instant::now();
        while labs.is_namespace_terminating(&session).await? {
            anyhow::ensure!(
                begun.elapsed() < TIMEOUT,
                "after {} s namespace {} is not deleted",
                TIMEOUT.as_secs(),
                session.namespace
            );
            sleep(POLL_INTERVAL).await;
        }
        let (took, max) = (begun.elapsed(), MAX_DELETION.as_secs());
        self.progress.tell(&format!("stopped; the namespace was deleted within {:.1} s", took.as_secs_f64()));
        Ok((took > MAX_DELETION)
            .then(|| format!("the namespace was deleted after {} s, and {max} s is the most", took.as_secs())))
    }
}
