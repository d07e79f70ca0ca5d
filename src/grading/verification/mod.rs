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

use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, sleep};

use super::model::CheckResult;
use super::tasks::TaskSet;
use super::{Grading, store};
use crate::accounts::Person;
use crate::labs::{Lab, LabSession, Mutation, SessionState, Solution, TOOLBOX};

use states::{SOLVED, State};

pub use outcome::{Verification, VerifiedRun};
pub use recording::replay;

/// How long a session may take to be ready, and how long its namespace is watched while it is deleted.
const TIMEOUT: Duration = Duration::from_mins(3);
/// Within what time the namespace of a session must be deleted.
const MAX_DELETION: Duration = Duration::from_mins(1);
/// How often a state is looked at that is waited for.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The people as whom a lab is verified.
#[derive(Clone, Copy, Debug)]
pub struct Learners<'a> {
    /// Who solves the lab, and makes each mistake.
    pub one: &'a Person,
    /// Who solves it too, for the mistakes that copy another learner's objects.
    pub other: &'a Person,
}

/// Tells each step with the time that has passed.
struct Progress<'a> {
    begun: Instant,
    report: &'a mut (dyn FnMut(&str) + Send),
}

impl Progress<'_> {
    fn tell(&mut self, step: &str) {
        (self.report)(&format!("{:6.1} s  {step}", self.begun.elapsed().as_secs_f64()));
    }
}

/// A session that is ready, and whose it is.
struct Workplace<'a> {
    session: LabSession,
    person: &'a Person,
}

/// A lab as it is verified.
struct Verifier<'a> {
    grading: &'a Grading,
    lab: &'a Lab,
    solution: &'a Solution,
    progress: Progress<'a>,
    found: Verification,
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
        let progress = Progress { begun: Instant::now(), report };
        let found = Verification { tasks, ..Verification::default() };
        let mut verifier = Verifier { grading: self, lab, solution, progress, found };
        let outcome = verifier.verify(learners).await;
        for person in [learners.one, learners.other] {
            verifier.stop(person).await?;
        }
        outcome.map(|()| verifier.found)
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
    async fn verify(&mut self, learners: Learners<'_>) -> anyhow::Result<()> {
        let mut people = vec![learners.one];
        people.extend(self.solution.mutations.iter().any(|one| !one.copies.is_empty()).then_some(learners.other));
        for person in &people {
            self.grading.labs.start(&person.id, &self.lab.name).await?;
        }
        let mut places = Vec::new();
        for person in people {
            places.push(Workplace { session: self.wait_until_ready(person).await?, person });
        }
        self.found.sessions = places.iter().map(|place| place.session.clone()).collect();
        let place = places.first().context("nobody has a session")?;
        self.progress.tell(if places.len() == 1 { "a session is ready" } else { "two sessions are ready" });
        let (begun, untouched) = (Instant::now(), State::untouched(&self.found.tasks));
        let results = self.collect(place).await?;
        self.take(&untouched, results, begun);
        for title in SOLVED {
            let begun = Instant::now();
            self.run(place, &self.solution.script, &[]).await.context("solution/solve.sh")?;
            let results = self.collect(place).await?;
            self.take(&State::solved(title), results, begun);
        }
        if let Some(other) = places.get(1) {
            self.run(other, &self.solution.script, &[]).await.context("solution/solve.sh")?;
        }
        for mutation in &self.solution.mutations {
            self.verify_mutation(mutation, place, places.get(1))
                .await
                .with_context(|| format!("the mistake {:?}", mutation.title()))?;
            if let Some(undo) = &mutation.undo {
                let title = mutation.title();
                self.run(place, undo, &[]).await.with_context(|| format!("what undoes the mistake {title:?}"))?;
            }
            self.run(place, &self.solution.script, &[]).await.context("solution/solve.sh")?;
        }
        Ok(())
    }

    async fn verify_mutation(
        &mut self,
        mutation: &Mutation,
        place: &Workplace<'_>,
        other: Option<&Workplace<'_>>,
    ) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut variables = Vec::new();
        let mut copied = None;
        if let Some(other) = other.filter(|_| !mutation.copies.is_empty()) {
            let list = copies::read(&self.grading.cluster, &mutation.copies, &other.session.namespace).await?;
            variables.push(format!("COPIED={list}"));
            copied = copies::has_nonce(&list).then_some(&other.session);
        }
        if let Some(before) = State::before(mutation) {
            let results = self.request(place).await?;
            self.take(&before, results, begun);
        }
        self.run(place, &mutation.run, &variables).await?;
        let results = if mutation.graded_first { self.request(place).await? } else { self.collect(place).await? };
        if let Some(owner) = copied
            && !super::grade::find_foreign_nonces(&results).contains_key(&owner.nonce)
        {
            self.found.faults.push(format!("{}: nobody would be told of the copy", mutation.title()));
        }
        self.take(&State::mutated(mutation), results, begun);
        if mutation.graded_first {
            self.require_passes(mutation, place).await?;
        }
        Ok(())
    }

    /// A passed task stays passed, whatever is broken later.
    async fn require_passes(&mut self, mutation: &Mutation, place: &Workplace<'_>) -> anyhow::Result<()> {
        let mut conn = self.grading.core.db.read().await?;
        let passes = store::list_passes(&mut conn, &place.person.id, &self.lab.name).await?;
        let lost = self.found.tasks.iter().filter(|task| !passes.contains_key(*task));
        let title = mutation.title();
        self.found.faults.extend(lost.map(|task| format!("{title}: {task} was passed, and is no more")));
        Ok(())
    }

    fn take(&mut self, state: &State<'_>, results: Vec<CheckResult>, begun: Instant) {
        let tasks = self.grading.find_tasks(&self.lab.name).map(TaskSet::list).unwrap_or_default();
        let run = VerifiedRun::new(&state.title, (tasks, &state.failing), results, begun.elapsed());
        let (title, passed, count) = (&state.title, run.count_passed(), tasks.len());
        self.progress.tell(&format!("{title}: {passed} of {count} pass"));
        self.found.faults.extend(run.list_faults(state.hints));
        self.found.runs.push(run);
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
        let outcome = self.grading.cluster.run_in_pod(&session.namespace, TOOLBOX, TOOLBOX, &command).await?;
        anyhow::ensure!(outcome.is_success, "it failed: {}", outcome.output);
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

    /// Ends the session of a person who has one, and waits until its namespace is deleted.
    async fn stop(&mut self, person: &Person) -> anyhow::Result<()> {
        let labs = &self.grading.labs;
        let session = labs.find_session(&person.id, &self.lab.name).await?;
        let Some(session) = session.filter(|session| session.state.is_live()) else { return Ok(()) };
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
        if took > MAX_DELETION {
            let fault = format!("the namespace was deleted after {} s, and {max} s is the most", took.as_secs());
            self.found.faults.push(fault);
        }
        Ok(())
    }
}
