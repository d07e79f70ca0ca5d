//! Course CI: runs a lab on a real cluster untouched, solved, and with each known mistake, and checks the verdicts.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, sleep};

use super::Grading;
use super::model::{CheckResult, Verdict};
use super::tasks::TaskSet;
use crate::accounts::Person;
use crate::labs::{Lab, LabSession, SessionState, Solution, TOOLBOX};

/// How long a session may take to be ready, and its namespace to be deleted.
const TIMEOUT: Duration = Duration::from_mins(3);

impl Grading {
    /// Verifies a lab as `person`, calls `report` with each step, and answers the faults.
    ///
    /// The worker of the jobs must be running.
    pub async fn verify(
        &self,
        lab: &str,
        person: &Person,
        report: &mut (dyn FnMut(&str) + Send),
    ) -> anyhow::Result<Vec<String>> {
        let lab = self.labs.catalogue().find(lab).with_context(|| format!("there is no lab called {lab}"))?;
        let solution =
            lab.solution.as_ref().with_context(|| format!("labs/{}/solution/solve.sh is missing", lab.name))?;
        self.labs.start(&person.id, &lab.name).await?;
        report("started a session");
        let ready = self.wait_for(person, lab, Some(SessionState::Ready)).await;
        let namespace_of = ready.as_ref().ok().cloned().flatten();
        let outcome = match ready {
            Ok(session) => self.verify_session(lab, solution, (&session.context("no session")?, person), report).await,
            Err(fault) => Err(fault),
        };
        self.labs.stop(&person.id, &lab.name).await?;
        if let Some(session) = namespace_of {
            self.wait_until_deleted(&session).await?;
        }
        report("stopped the session, and its namespace is deleted");
        outcome
    }

    async fn verify_session(
        &self,
        lab: &Lab,
        solution: &Solution,
        (session, person): (&LabSession, &Person),
        report: &mut (dyn FnMut(&str) + Send),
    ) -> anyhow::Result<Vec<String>> {
        let mut faults = Vec::new();
        let tasks: Vec<String> = self
            .find_tasks(&lab.name)
            .into_iter()
            .flat_map(|set| set.list().iter().map(|task| task.id.clone()))
            .collect();
        let untouched = self.collect(lab, session, &person.name).await?;
        for task in self.list_passed(lab, &untouched) {
            faults.push(format!("{task} passes though nothing was done"));
        }
        report("graded an untouched session");
        for round in ["once", "twice"] {
            self.run(session, person, &solution.script).await.context("solution/solve.sh")?;
            let solved = self.collect(lab, session, &person.name).await?;
            let passed = self.list_passed(lab, &solved);
            for task in tasks.iter().filter(|task| !passed.contains(task)) {
                faults.push(format!("{task} does not pass with the solution run {round}: {}", describe(task, &solved)));
            }
            report(&format!("graded the solution, run {round}"));
        }
        for mutation in &solution.mutations {
            anyhow::ensure!(tasks.contains(&mutation.fails), "mutations.yaml: there is no task {}", mutation.fails);
            self.run(session, person, &mutation.run).await.with_context(|| format!("mutation {:?}", mutation.run))?;
            let mutated = self.collect(lab, session, &person.name).await?;
            if self.list_passed(lab, &mutated).contains(&mutation.fails) {
                faults.push(format!("{} passes in spite of {:?}", mutation.fails, mutation.run.trim()));
            }
            report(&format!("graded a mistake in {}", mutation.fails));
            self.run(session, person, &solution.script).await.context("solution/solve.sh")?;
        }
        Ok(faults)
    }

    fn list_passed(&self, lab: &Lab, results: &[CheckResult]) -> Vec<String> {
        let tasks = self.find_tasks(&lab.name).map(TaskSet::list).unwrap_or_default().iter();
        tasks.filter(|task| task.is_passed(results)).map(|task| task.id.clone()).collect()
    }

    /// Runs a script in the session's toolbox, with the learner's own rights, and reports what its output says.
    async fn run(&self, session: &LabSession, person: &Person, script: &str) -> anyhow::Result<()> {
        let learner = format!("LEARNER={}", person.name);
        let namespace = format!("NAMESPACE={}", session.namespace);
        let command = ["env", &learner, &namespace, "sh", "-euc", script];
        let outcome = self.cluster.run_in_pod(&session.namespace, TOOLBOX, TOOLBOX, &command).await?;
        anyhow::ensure!(outcome.is_success, "it failed: {}", outcome.output);
        self.report_lines(session, &outcome.output).await
    }

    async fn wait_until_deleted(&self, session: &LabSession) -> anyhow::Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        while self.labs.is_namespace_terminating(session).await? {
            anyhow::ensure!(
                Instant::now() < deadline,
                "after {} s namespace {} is not deleted",
                TIMEOUT.as_secs(),
                session.namespace
            );
            sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    async fn wait_for(
        &self,
        person: &Person,
        lab: &Lab,
        expected: Option<SessionState>,
    ) -> anyhow::Result<Option<LabSession>> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let session = self.labs.find_session(&person.id, &lab.name).await?;
            let state = session.as_ref().map(|session| session.state);
            if state == expected {
                return Ok(session);
            }
            let failed = session.filter(|session| session.state == SessionState::Failed);
            if let Some(failed) = failed {
                anyhow::bail!("the session failed: {}", failed.reason.unwrap_or_default());
            }
            anyhow::ensure!(Instant::now() < deadline, "after {} s the session is {state:?}", TIMEOUT.as_secs());
            sleep(Duration::from_millis(200)).await;
        }
    }
}

/// The hints of the checks of a task that did not pass.
fn describe(task: &str, results: &[CheckResult]) -> String {
    let mut text = String::new();
    for result in results.iter().filter(|result| result.task == task && result.judged.verdict != Verdict::Pass) {
        let hint = result.judged.hint.as_deref().unwrap_or_default();
        // Writing to a String cannot fail.
        let _written = write!(text, "[{}] {hint} ", result.check);
    }
    text.trim_end().to_owned()
}
