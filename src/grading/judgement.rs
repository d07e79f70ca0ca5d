//! The rule by which a check gives a verdict on its input: no cluster, no clock.

use super::hint::truncate;
use super::model::{CheckInput, Judged, VALUE, Variables, Verdict};
use super::placeholder::Leftover;
use super::tasks::{Check, Task};
use crate::text;

/// The hint of a failed check of which no hint applies.
const NO_HINT: &str = "What was asked for is not there yet.";

/// Judges one check on its input.
///
/// An error inside an expression is a fault of the lab, so the check could not be graded.
pub fn judge(check: &Check, input: &CheckInput) -> Judged {
    let judged = match &check.value {
        Some(value) => value.text(&input.variables()).and_then(|text| evaluate_text(check, input, &text)),
        None => evaluate(check, &input.variables()),
    };
    judged.unwrap_or_else(|fault| report_faulty_check(check, &fault))
}

/// Judges one check as if `text` were the text that it is about.
pub(super) fn judge_text(check: &Check, input: &CheckInput, text: &str) -> Judged {
    evaluate_text(check, input, text).unwrap_or_else(|fault| report_faulty_check(check, &fault))
}

/// Judges every check of a task on its input; one whose `needs` did not pass is left out.
pub fn judge_task<'a>(task: &'a Task, input: &CheckInput) -> Vec<(&'a Check, Judged)> {
    let (mut judged, mut passed) = (Vec::new(), Vec::new());
    for check in &task.checks {
        if !check.has_needs(&passed) {
            continue;
        }
        let verdict = judge(check, input);
        if verdict.verdict == Verdict::Pass {
            passed.push(check.id.as_str());
        }
        judged.push((check, verdict));
    }
    judged
}

fn evaluate_text(check: &Check, input: &CheckInput, text: &str) -> Result<Judged, String> {
    let text = text::trim(text);
    if let Some(leftover) = check.placeholders.find(text, &input.learner) {
        let quoted = truncate(text);
        let hint = match leftover {
            Leftover::Text => {
                format!("\"{quoted}\" is the guide's example, still waiting for something of yours in its place.")
            }
            Leftover::Marker(marker) => format!(
                "\"{quoted}\" still has the guide's example in it: {marker} stands for something of yours. Put that in."
            ),
        };
        return Ok(Judged { verdict: Verdict::Fail, hint: Some(hint) });
    }
    let mut variables = input.variables();
    variables.insert(VALUE.to_owned(), text.into());
    evaluate(check, &variables)
}

fn evaluate(check: &Check, variables: &Variables) -> Result<Judged, String> {
    if check.pass.holds(variables)? {
        return Ok(Judged { verdict: Verdict::Pass, hint: None });
    }
    Ok(Judged { verdict: Verdict::Fail, hint: Some(find_hint(check, variables)) })
}

fn report_faulty_check(check: &Check, fault: &str) -> Judged {
    tracing::error!(check = check.id, fault, "check evaluation failed");
    let hint = format!("The check \"{}\" itself is at fault, not your work. It costs you nothing.", check.title);
    Judged { verdict: Verdict::CouldNotGrade, hint: Some(hint) }
}

fn find_hint(check: &Check, variables: &Variables) -> String {
    for hint in &check.hints {
        match hint.render(variables) {
            Ok(Some(text)) => return text,
            Ok(None) => {}
            Err(fault) => tracing::error!(check = check.id, fault, "hint evaluation failed"),
        }
    }
    NO_HINT.to_owned()
}
