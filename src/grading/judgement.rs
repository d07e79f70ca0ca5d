//! The rule by which a check becomes a verdict: no cluster, no clock.

use super::model::{Facts, Judged, Verdict};
use super::tasks::Check;

/// What a learner reads when no hint of the check fits.
const NO_HINT: &str = "What was asked for is not there yet.";

/// Judges one check by what was read.
///
/// A fault inside an expression is the lab's, so it is never held against the learner.
pub fn judge(check: &Check, facts: &Facts) -> Judged {
    match check.pass.holds(facts) {
        Ok(true) => Judged { verdict: Verdict::Pass, hint: None },
        Ok(false) => Judged { verdict: Verdict::Fail, hint: Some(find_hint(check, facts)) },
        Err(fault) => {
            tracing::error!(check = check.id, fault, "a check cannot be evaluated");
            let hint =
                format!("The check \"{}\" itself is at fault, not your work. It costs you nothing.", check.title);
            Judged { verdict: Verdict::CouldNotGrade, hint: Some(hint) }
        }
    }
}

fn find_hint(check: &Check, facts: &Facts) -> String {
    for hint in &check.hints {
        match hint.fit(facts) {
            Ok(Some(said)) => return said,
            Ok(None) => {}
            Err(fault) => tracing::error!(check = check.id, fault, "a hint cannot be evaluated"),
        }
    }
    NO_HINT.to_owned()
}
