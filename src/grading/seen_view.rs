//! What the grader saw, and a person's work in labs, as pages show them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::evidence::SealedVerdict;
use super::model::{GradingRequestId, Judged, Verdict};
use super::tasks::Check;
use crate::yaml;

/// How many characters of what was read are shown.
const MAX_SHOWN_CHARS: usize = 64 * 1024;

/// What the grader saw at one request.
#[derive(Clone, Debug, Serialize)]
pub struct SeenView {
    /// The lab's name.
    pub lab: String,
    /// The lab's title.
    pub title: String,
    /// When it was graded; none when nothing was.
    pub graded_at: Option<Timestamp>,
    /// Whether nothing of it was changed since.
    pub is_sealed: bool,
    /// Whether it is the reader's own work.
    pub is_own: bool,
    /// The tasks that were graded, in the order of the lab.
    pub tasks: Vec<SeenTask>,
    /// What was read, each once.
    pub reads: Vec<SeenRead>,
}

/// A task that was graded.
#[derive(Clone, Debug, Serialize)]
pub struct SeenTask {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The points that it can bring; none when it is a task no more.
    pub points: Option<u32>,
    /// The checks that were judged, in order.
    pub checks: Vec<SeenCheck>,
}

/// A check that was judged.
#[derive(Clone, Debug, Serialize)]
pub struct SeenCheck {
    /// What it is called.
    pub title: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Where the fault is.
    pub hint: Option<String>,
    /// Whether there is a hint that the learner has not asked for.
    pub is_hint_hidden: bool,
    /// When it was judged.
    pub judged_at: Timestamp,
    /// Whether the check is another one today.
    pub is_changed: bool,
    /// What it read: the anchor on the page, and what it is called.
    pub reads: Vec<(String, String)>,
    /// What was expected, for those who review.
    pub expected: Option<ExpectedWork>,
}

/// What a check expects.
#[derive(Clone, Debug, Serialize)]
pub struct ExpectedWork {
    /// The expression that gives the text that it is about.
    pub value: Option<String>,
    /// The condition.
    pub condition: String,
    /// Examples of what it accepts.
    pub accepts: Vec<String>,
    /// Examples of what it refuses.
    pub refuses: Vec<String>,
}

/// Something that was read.
#[derive(Clone, Debug, Serialize)]
pub struct SeenRead {
    /// Its anchor on the page.
    pub anchor: String,
    /// What it is called.
    pub title: String,
    /// The version of the object that was read.
    pub resource_version: Option<String>,
    /// What was read; none when it is there no more.
    pub text: Option<String>,
    /// Whether the end of it is left out.
    pub is_cut: bool,
}

/// A person's work in one lab.
#[derive(Clone, Debug, Serialize)]
pub struct LabWork {
    /// The lab's name.
    pub lab: String,
    /// The lab's title.
    pub title: String,
    /// Its tasks, in order.
    pub tasks: Vec<WorkTask>,
}

/// A person's work on one task.
#[derive(Clone, Debug, Serialize)]
pub struct WorkTask {
    /// The task's id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// When it was passed.
    pub passed_at: Option<Timestamp>,
    /// The points that it brought, and those that it can bring.
    pub points: (u32, u32),
    /// The request that the pass is based on, or the newest one in which it was judged.
    pub request: Option<GradingRequestId>,
}

/// Another person's mark, found in this person's objects.
#[derive(Clone, Debug, Serialize)]
pub struct FlagView {
    /// When it was found.
    pub found_at: Timestamp,
    /// In what object.
    pub object: Option<String>,
    /// The title of the lab.
    pub lab: String,
    /// Whose mark it is.
    pub other: Option<String>,
}

impl SeenRead {
    /// What was read, after `count` others; `None` when it is there no more.
    pub(super) fn new(count: usize, title: String, value: Option<&Value>) -> Self {
        let version = value.and_then(|value| value.pointer("/metadata/resourceVersion")).and_then(Value::as_str);
        let text = value.map(|value| match value {
            Value::Null => "There was none.".to_owned(),
            value => yaml::write(value).unwrap_or_else(|_fault| value.to_string()),
        });
        let cut = text.as_ref().and_then(|text| text.char_indices().nth(MAX_SHOWN_CHARS)).map(|(end, _)| end);
        Self {
            anchor: format!("seen-{}", count + 1),
            title,
            resource_version: version.map(str::to_owned),
            text: text.map(|text| text[..cut.unwrap_or(text.len())].trim_end().to_owned()),
            is_cut: cut.is_some(),
        }
    }
}

impl SeenCheck {
    pub(super) fn new(
        (sealed, judged): (&SealedVerdict, Judged),
        check: Option<&Check>,
        reads: Vec<(String, String)>,
        (is_reviewer, is_asked): (bool, bool),
    ) -> Self {
        // What could not be graded says why, which is no hint.
        let is_shown = is_reviewer || is_asked || judged.verdict == Verdict::CouldNotGrade;
        Self {
            title: check.map_or_else(|| sealed.check.clone(), |check| check.title.clone()),
            verdict: judged.verdict,
            is_hint_hidden: !is_shown && judged.hint.is_some(),
            hint: judged.hint.filter(|_| is_shown),
            judged_at: Timestamp::from_microsecond(sealed.judged_at).unwrap_or_default(),
            is_changed: check.is_none_or(|check| check.version != sealed.check_version),
            reads,
            expected: check.filter(|_| is_reviewer).map(ExpectedWork::of),
        }
    }
}

impl ExpectedWork {
    fn of(check: &Check) -> Self {
        let (accepts, refuses) = &check.examples;
        Self {
            value: check.value.as_ref().map(|value| value.source().to_owned()),
            condition: check.pass.source().to_owned(),
            accepts: accepts.clone(),
            refuses: refuses.clone(),
        }
    }
}

impl SeenView {
    /// That of a lab in which nothing of the reader's was graded.
    pub(super) fn ungraded(lab: String, title: String) -> Self {
        Self { lab, title, graded_at: None, is_sealed: true, is_own: true, tasks: Vec::new(), reads: Vec::new() }
    }

    /// Examples that between them reach every state.
    pub fn samples() -> Vec<Self> {
        let read = |text: Option<&str>, is_cut| SeenRead {
            anchor: format!("seen-{}", if text.is_some() { 1 } else { 2 }),
            title: "The Service qotm".to_owned(),
            resource_version: text.map(|_| "1207".to_owned()),
            text: text.map(str::to_owned),
            is_cut,
        };
        let expected = ExpectedWork {
            value: Some("annotation(service, 'a8r.io/owner')".to_owned()),
            condition: "same(value, learner)".to_owned(),
            accepts: vec!["Ada Quist".to_owned()],
            refuses: vec!["YOUR NAME".to_owned(), String::new()],
        };
        let check = |verdict, is_changed: bool, expected: Option<&ExpectedWork>| SeenCheck {
            title: "Owner".to_owned(),
            verdict,
            hint: (verdict != Verdict::Pass && !is_changed).then(|| "Look at the owner.".to_owned()),
            is_hint_hidden: verdict == Verdict::Fail && is_changed,
            judged_at: Timestamp::UNIX_EPOCH,
            is_changed,
            reads: vec![("seen-1".to_owned(), "The Service qotm".to_owned())],
            expected: expected.cloned(),
        };
        let sample = |is_own, is_sealed, expected: Option<&ExpectedWork>| Self {
            lab: "service-annotations".to_owned(),
            title: "Annotate a service".to_owned(),
            graded_at: Some(Timestamp::UNIX_EPOCH),
            is_sealed,
            is_own,
            tasks: vec![SeenTask {
                id: "owner".to_owned(),
                title: "Say whose it is".to_owned(),
                points: is_own.then_some(10),
                checks: vec![
                    check(Verdict::Pass, false, expected),
                    check(Verdict::Fail, true, expected),
                    check(Verdict::CouldNotGrade, false, None),
                ],
            }],
            reads: vec![read(Some("kind: Service\nmetadata:\n  name: qotm"), true), read(None, false)],
        };
        let nothing = Self::ungraded("service-annotations".to_owned(), "Annotate a service".to_owned());
        vec![sample(true, true, None), sample(true, false, None), sample(false, true, Some(&expected)), nothing]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_read_is_shown_as_a_person_reads_it() {
        let service = json!({ "kind": "Service", "metadata": { "name": "qotm", "resourceVersion": "7" } });
        let read = SeenRead::new(0, "The Service qotm".to_owned(), Some(&service));
        assert_eq!(read.anchor, "seen-1");
        assert_eq!(read.resource_version.as_deref(), Some("7"));
        assert!(read.text.unwrap().starts_with("kind: Service\nmetadata:\n  name: qotm"));
        let none = SeenRead::new(0, String::new(), Some(&Value::Null));
        assert_eq!(none.text.as_deref(), Some("There was none."));
        assert_eq!(SeenRead::new(0, String::new(), None).text, None);
        let long = SeenRead::new(0, String::new(), Some(&json!("é".repeat(MAX_SHOWN_CHARS + 9))));
        assert_eq!((long.is_cut, long.text.unwrap().chars().count()), (true, MAX_SHOWN_CHARS));
    }
}
