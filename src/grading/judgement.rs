//! The rule by which a check becomes a verdict: no cluster, no clock.

use super::hint::shorten;
use super::model::{Facts, Judged, Names, VALUE, Verdict};
use super::placeholder::PreservedForm;
use super::tasks::{Check, Task};
use crate::text;

/// What a learner reads when no hint of the check fits.
const NO_HINT: &str = "What was asked for is not there yet.";

/// Judges one check by what was read.
///
/// A fault inside an expression is the lab's, so it is never held against the learner.
pub fn judge(check: &Check, facts: &Facts) -> Judged {
    let judged = match &check.value {
        Some(value) => value.text(&facts.named()).and_then(|text| weigh_text(check, facts, &text)),
        None => weigh(check, &facts.named()),
    };
    judged.unwrap_or_else(|fault| blame_check(check, &fault))
}

/// Judges one check as if `text` were the text that it is about.
pub(super) fn judge_text(check: &Check, facts: &Facts, text: &str) -> Judged {
    weigh_text(check, facts, text).unwrap_or_else(|fault| blame_check(check, &fault))
}

/// Judges every check of a task by what was read; one whose `needs` did not pass is left out.
pub fn judge_task<'a>(task: &'a Task, facts: &Facts) -> Vec<(&'a Check, Judged)> {
    let mut judged: Vec<(&Check, Judged)> = Vec::new();
    for check in &task.checks {
        let is_passed =
            |needed: &String| judged.iter().any(|(one, judged)| one.id == *needed && judged.verdict == Verdict::Pass);
        if check.needs.iter().all(is_passed) {
            let verdict = judge(check, facts);
            judged.push((check, verdict));
        }
    }
    judged
}

fn weigh_text(check: &Check, facts: &Facts, text: &str) -> Result<Judged, String> {
    let text = text::trim(text);
    if let Some(kept) = check.placeholders.find(text, &facts.learner) {
        let quoted = shorten(text);
        let hint = match kept {
            PreservedForm::Words => {
                format!("\"{quoted}\" is the guide's example, still waiting for something of yours in its place.")
            }
            PreservedForm::Mark(mark) => format!(
                "\"{quoted}\" still has the guide's example in it: {mark} stands for something of yours. Put that in."
            ),
        };
        return Ok(Judged { verdict: Verdict::Fail, hint: Some(hint) });
    }
    let mut names = facts.named();
    names.insert(VALUE.to_owned(), text.into());
    weigh(check, &names)
}

fn weigh(check: &Check, names: &Names) -> Result<Judged, String> {
    if check.pass.holds(names)? {
        return Ok(Judged { verdict: Verdict::Pass, hint: None });
    }
    Ok(Judged { verdict: Verdict::Fail, hint: Some(find_hint(check, names)) })
}

fn blame_check(check: &Check, fault: &str) -> Judged {
    tracing::error!(check = check.id, fault, "check evaluation failed");
    let hint = format!("The check \"{}\" itself is at fault, not your work. It costs you nothing.", check.title);
    Judged { verdict: Verdict::CouldNotGrade, hint: Some(hint) }
}

fn find_hint(check: &Check, names: &Names) -> String {
    for hint in &check.hints {
        match hint.fit(names) {
            Ok(Some(said)) => return said,
            Ok(None) => {}
            Err(fault) => tracing::error!(check = check.id, fault, "hint evaluation failed"),
        }
    }
    NO_HINT.to_owned()
}
