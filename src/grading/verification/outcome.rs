//! What a verification found: the verdicts of each of its runs beside those that were expected, as faults and as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use crate::grading::model::{CheckResult, Verdict};
use crate::grading::tasks::Task;
use crate::labs::LabSession;

/// How many characters of a run's title the table shows.
const MAX_TITLE_CHARS: usize = 44;

/// What one lab's verification found.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// The ids of the lab's tasks.
    pub tasks: Vec<String>,
    /// Each state that was graded, in order.
    pub runs: Vec<VerifiedRun>,
    /// What is not as it should be.
    pub faults: Vec<String>,
    /// The sessions in which it was verified.
    pub(super) sessions: Vec<LabSession>,
    /// The session of the learner from whom was copied.
    pub(super) other: Option<LabSession>,
}

/// One state of the lab, and the verdicts on it.
#[derive(Clone, Debug)]
pub struct VerifiedRun {
    /// What the state is.
    pub title: String,
    /// The verdict that each task must get.
    pub expected: BTreeMap<String, Verdict>,
    /// The verdict that each got.
    pub verdicts: BTreeMap<String, Verdict>,
    /// How long it took to make the state and to grade it.
    pub took: Duration,
    /// The result of each check, with what it was based on.
    pub(super) results: Vec<CheckResult>,
}

impl VerifiedRun {
    /// A run in which `failing` of `tasks` must fail, and the others pass.
    pub(super) fn new(
        title: impl Into<String>,
        (tasks, failing): (&[Task], &BTreeSet<String>),
        results: Vec<CheckResult>,
        took: Duration,
    ) -> Self {
        let expect = |task: &Task| if failing.contains(&task.id) { Verdict::Fail } else { Verdict::Pass };
        Self {
            title: title.into(),
            expected: tasks.iter().map(|task| (task.id.clone(), expect(task))).collect(),
            verdicts: tasks.iter().map(|task| (task.id.clone(), outcome(task, &results))).collect(),
            took,
            results,
        }
    }

    /// How many tasks pass.
    pub(super) fn count_passed(&self) -> usize {
        self.verdicts.values().filter(|verdict| **verdict == Verdict::Pass).count()
    }

    /// What is not as expected, with the hints of the checks that did not pass; `hints` are parts of those it must have.
    pub(super) fn list_faults(&self, hints: &BTreeMap<String, String>) -> Vec<String> {
        let (title, results) = (&self.title, &self.results);
        let mut faults = Vec::new();
        for (task, expected) in &self.expected {
            let told = describe(task, results);
            match (expected, self.verdicts.get(task)) {
                (expected, Some(got)) if expected == got => {}
                (Verdict::Fail, Some(Verdict::Pass)) => faults.push(format!("{title}: {task} passes all the same")),
                (_, Some(Verdict::CouldNotGrade)) => {
                    faults.push(format!("{title}: {task} could not be graded: {told}"));
                }
                _ => faults.push(format!("{title}: {task} fails too: {told}")),
            }
        }
        for (place, part) in hints {
            let result = results.iter().find(|result| format!("{}.{}", result.task, result.check) == *place);
            match result.map(|result| result.judged.hint.as_deref().unwrap_or("nothing")) {
                Some(hint) if hint.contains(part) => {}
                Some(hint) => faults.push(format!("{title}: {place} should hint {part:?}, and says {hint:?}")),
                None => faults.push(format!("{title}: {place} should hint {part:?}, and was not judged")),
            }
        }
        faults
    }
}

impl Verification {
    /// The verdicts of every task in every run: `!` marks one that was not expected.
    pub fn table(&self) -> String {
        let widths: Vec<usize> = self.tasks.iter().map(|task| task.chars().count().max(5)).collect();
        let mut text = format!("{:MAX_TITLE_CHARS$}", "");
        for (task, width) in self.tasks.iter().zip(&widths) {
            let _written = write!(text, "  {task:width$}");
        }
        text.push_str("  seconds\n");
        for run in &self.runs {
            let title: String = run.title.chars().take(MAX_TITLE_CHARS).collect();
            let _written = write!(text, "{title:MAX_TITLE_CHARS$}");
            for (task, width) in self.tasks.iter().zip(&widths) {
                let got = run.verdicts.get(task);
                let word = match got {
                    Some(Verdict::Pass) => "pass",
                    Some(Verdict::Fail) => "fail",
                    Some(Verdict::CouldNotGrade) | None => "?",
                };
                let mark = if got == run.expected.get(task) { "" } else { "!" };
                let _written = write!(text, "  {:width$}", format!("{word}{mark}"));
            }
            let _written = writeln!(text, "  {:7.1}", run.took.as_secs_f64());
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// The verdict of a task: that it could not be graded, where that is so of one of its checks.
fn outcome(task: &Task, results: &[CheckResult]) -> Verdict {
    let of_task = |result: &&CheckResult| result.task == task.id;
    if results.iter().filter(of_task).any(|result| result.judged.verdict == Verdict::CouldNotGrade) {
        return Verdict::CouldNotGrade;
    }
    if task.is_passed(results) { Verdict::Pass } else { Verdict::Fail }
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::grading::model::{CheckInput, Judged};

    fn result(task: &str, verdict: Verdict) -> CheckResult {
        CheckResult {
            task: task.to_owned(),
            check: "it".to_owned(),
            check_version: "v".to_owned(),
            judged: Judged { verdict, hint: (verdict != Verdict::Pass).then(|| "Look there.".to_owned()) },
            judged_at: Timestamp::UNIX_EPOCH,
            input: CheckInput::default(),
        }
    }

    fn run(expected: &[(&str, Verdict)], results: Vec<CheckResult>) -> VerifiedRun {
        let verdicts: BTreeMap<String, Verdict> =
            results.iter().map(|result| (result.task.clone(), result.judged.verdict)).collect();
        VerifiedRun {
            title: "A typo".to_owned(),
            expected: expected.iter().map(|(task, verdict)| ((*task).to_owned(), *verdict)).collect(),
            verdicts,
            took: Duration::from_millis(1_250),
            results,
        }
    }

    #[test]
    fn a_mistake_that_fails_more_than_it_should_is_a_fault_with_the_hints_of_what_failed() {
        use Verdict::{CouldNotGrade, Fail, Pass};
        let expected = [("one", Fail), ("two", Pass)];
        let list =
            |one, two| run(&expected, vec![result("one", one), result("two", two)]).list_faults(&BTreeMap::new());
        assert!(list(Fail, Pass).is_empty());
        assert_eq!(list(Pass, Pass), ["A typo: one passes all the same"]);
        assert_eq!(list(Fail, Fail), ["A typo: two fails too: [it] Look there."]);
        assert_eq!(list(CouldNotGrade, Pass), ["A typo: one could not be graded: [it] Look there."]);
    }

    #[test]
    fn a_mistake_that_leads_to_another_hint_is_a_fault() {
        let list = |place: &str, part: &str| {
            let run = run(&[("one", Verdict::Fail)], vec![result("one", Verdict::Fail)]);
            run.list_faults(&[(place.into(), part.into())].into())
        };
        assert!(list("one.it", "there").is_empty());
        assert_eq!(list("one.it", "nowhere"), ["A typo: one.it should hint \"nowhere\", and says \"Look there.\""]);
        assert_eq!(list("two.it", "there"), ["A typo: two.it should hint \"there\", and was not judged"]);
    }

    #[test]
    fn the_table_marks_what_was_not_expected() {
        let results = vec![result("one", Verdict::Fail), result("another", Verdict::Fail)];
        let runs = vec![run(&[("one", Verdict::Fail), ("another", Verdict::Pass)], results)];
        let tasks = vec!["one".to_owned(), "another".to_owned()];
        let table = Verification { tasks, runs, ..Verification::default() }.table();
        let blank = " ".repeat(MAX_TITLE_CHARS - 6);
        assert_eq!(table, format!("      {blank}  one    another  seconds\nA typo{blank}  fail   fail!        1.2"));
    }
}
