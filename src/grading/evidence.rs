//! The sealed record of what verdicts were based on.
//!
//! What was read is stored by its hash, so that an object that many checks and requests read is stored once. The [`Record`]
//! of a request has those hashes beside the verdicts, and is chained to the person's record before it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::model::{CheckInput, CheckResult, GradingRequest, Verdict};

/// How many bytes, as JSON, one read of a check may have.
pub(super) const MAX_READ_BYTES: usize = 256 * 1024;
/// The key of what replaces a larger value.
const OVERSIZED: &str = "seaworthy.dev/oversized";

/// All verdicts of one request, with the hashes of what they were based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The request.
    pub request: String,
    /// The lab's name.
    pub lab: String,
    /// Each verdict, in the order they were given.
    pub verdicts: Vec<SealedVerdict>,
}

/// One verdict, with the hashes of what it was based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SealedVerdict {
    /// The task's id.
    pub task: String,
    /// The check's id.
    pub check: String,
    /// The hash of the check's definition.
    pub check_version: String,
    /// What the session gives: a [`CheckInput`] without its `read`.
    pub session: String,
    /// What was read, by the names that the task gives, each object with its `resourceVersion`.
    pub read: BTreeMap<String, String>,
    /// The verdict.
    pub verdict: Verdict,
    /// What the learner was told; none on a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// When, in microseconds since 1970.
    pub judged_at: i64,
}

/// Evidence by its hash, as canonical JSON.
pub(super) type Evidence = BTreeMap<String, String>;

impl Record {
    /// The record of a request's results, and the evidence that it names.
    pub(super) fn of(request: &GradingRequest, results: &[CheckResult]) -> Result<(Self, Evidence), serde_json::Error> {
        let mut evidence = Evidence::new();
        let mut store = |value: &Value| {
            let body = value.to_string();
            let hash = hash(&body);
            evidence.insert(hash.clone(), body);
            hash
        };
        let mut verdicts = Vec::new();
        for result in results {
            let session = CheckInput { read: BTreeMap::new(), ..result.input.clone() };
            verdicts.push(SealedVerdict {
                task: result.task.clone(),
                check: result.check.clone(),
                check_version: result.check_version.clone(),
                session: store(&serde_json::to_value(session)?),
                read: result.input.read.iter().map(|(name, value)| (name.clone(), store(value))).collect(),
                verdict: result.judged.verdict,
                hint: result.judged.hint.clone(),
                judged_at: result.judged_at.as_microsecond(),
            });
        }
        Ok((Self { request: request.id.to_string(), lab: request.lab.clone(), verdicts }, evidence))
    }

    /// The record as JSON without spaces and with its keys in order, so that equal records are equal text.
    pub(super) fn to_canonical(&self) -> Result<String, serde_json::Error> {
        // `serde_json::Value` keeps its maps sorted, which a test holds it to.
        serde_json::to_value(self).map(|value| value.to_string())
    }
}

impl SealedVerdict {
    /// The input that it was based on, from the evidence; `None` when some of that is missing or was changed.
    pub(super) fn input(&self, evidence: &Evidence) -> Option<CheckInput> {
        let find = |wanted: &String| evidence.get(wanted).filter(|body| hash(body) == *wanted);
        let mut input: CheckInput = serde_json::from_str(find(&self.session)?).ok()?;
        for (name, wanted) in &self.read {
            input.read.insert(name.clone(), serde_json::from_str(find(wanted)?).ok()?);
        }
        Some(input)
    }
}

/// SHA-256 over the hash before and the record, as lower-case hexadecimal.
pub(super) fn seal(previous_hash: &str, record: &str) -> String {
    hash(&format!("{previous_hash}\n{record}"))
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Replaces a value that is too large to be kept by its size and its hash; answers the size.
pub(super) fn replace_oversized(value: &mut Value) -> Option<usize> {
    let body = value.to_string();
    if body.len() <= MAX_READ_BYTES {
        return None;
    }
    *value = json!({ OVERSIZED: { "bytes": body.len(), "sha256": hash(&body) } });
    Some(body.len())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::grading::model::{Judged, Origin};

    #[test]
    fn each_seal_covers_the_one_before() {
        let first = seal("", "{}");
        assert_ne!(seal(&first, "{}"), first);
        assert_eq!(seal(&first, "{}"), seal(&first, "{}"));
        assert_eq!(first.len(), 64);
    }

    #[test]
    fn json_keeps_its_keys_in_order_for_equal_records_to_be_equal_text() {
        let value: Value = serde_json::from_str("{\"b\":1,\"a\":{\"d\":2,\"c\":3}}").unwrap();
        assert_eq!(value.to_string(), "{\"a\":{\"c\":3,\"d\":2},\"b\":1}");
    }

    fn result(check: &str, service: &Value) -> CheckResult {
        let input = CheckInput {
            learner: "Ada".to_owned(),
            read: [("service".to_owned(), service.clone())].into(),
            ..CheckInput::default()
        };
        CheckResult {
            task: "one".to_owned(),
            check: check.to_owned(),
            check_version: "v".to_owned(),
            judged: Judged { verdict: Verdict::Pass, hint: None },
            judged_at: Timestamp::UNIX_EPOCH,
            input,
        }
    }

    #[test]
    fn an_object_is_stored_once_however_many_checks_read_it() {
        let request = GradingRequest {
            id: "r".to_owned().into(),
            person_id: "p".to_owned().into(),
            session_id: "s".to_owned().into(),
            lab: "demo".to_owned(),
            origin: Origin::Learner,
            asks_all: true,
            asked_again: 0,
            is_waiting: true,
            requested_at: Timestamp::UNIX_EPOCH,
        };
        let (seen, later) = (json!({ "metadata": { "resourceVersion": "1" } }), json!(null));
        let results = [result("a", &seen), result("b", &seen), result("c", &later)];
        let (record, mut evidence) = Record::of(&request, &results).unwrap();
        assert_eq!(evidence.len(), 3, "the session, and two states of the object");
        for (sealed, result) in record.verdicts.iter().zip(&results) {
            assert_eq!(sealed.input(&evidence).as_ref(), Some(&result.input));
        }
        let changed = evidence.get_mut(&record.verdicts[0].read["service"]).unwrap();
        changed.push(' ');
        assert_eq!(record.verdicts[0].input(&evidence), None);
        assert!(record.verdicts[2].input(&evidence).is_some());
    }

    #[test]
    fn what_is_too_large_is_replaced_by_its_size_and_hash() {
        let mut small = json!({ "a": "x".repeat(MAX_READ_BYTES - 8) });
        assert_eq!((replace_oversized(&mut small), small["a"].is_string()), (None, true));
        let mut large = json!({ "a": "x".repeat(MAX_READ_BYTES) });
        let bytes = replace_oversized(&mut large);
        assert_eq!(bytes, Some(MAX_READ_BYTES + 8));
        assert_eq!(large[OVERSIZED]["bytes"], json!(bytes));
        assert_eq!(large[OVERSIZED]["sha256"].as_str().map(str::len), Some(64));
    }
}
