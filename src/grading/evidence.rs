//! The sealed record of what a verdict was based on.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::model::{AttemptId, CheckResult, Facts, Verdict};

/// What stands in place of a secret.
const REDACTED: &str = "redacted";

/// All that a verdict was based on, and the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The attempt.
    pub attempt: String,
    /// The lab's name.
    pub lab: String,
    /// The task's id.
    pub task: String,
    /// The check's id.
    pub check: String,
    /// The hash of the check's definition.
    pub check_version: String,
    /// What was read and known, each object with its `resourceVersion`.
    pub facts: Facts,
    /// What it came to.
    pub verdict: Verdict,
    /// When, in microseconds since 1970.
    pub judged_at: i64,
}

impl Evidence {
    /// The evidence of one result.
    pub fn of(attempt: &AttemptId, lab: &str, result: &CheckResult) -> Self {
        Self {
            attempt: attempt.to_string(),
            lab: lab.to_owned(),
            task: result.task.clone(),
            check: result.check.clone(),
            check_version: result.check_version.clone(),
            facts: result.facts.clone(),
            verdict: result.judged.verdict,
            judged_at: result.judged_at.as_microsecond(),
        }
    }

    /// The evidence as JSON without spaces and with its keys in order, so that equal evidence is equal text.
    pub fn to_canonical(&self) -> Result<String, serde_json::Error> {
        // `serde_json::Value` keeps its maps sorted.
        serde_json::to_value(self).map(|value| value.to_string())
    }
}

/// SHA-256 over the hash before and the evidence, as lower-case hexadecimal.
pub fn seal(previous_hash: &str, evidence: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(previous_hash.as_bytes());
    hasher.update(b"\n");
    hasher.update(evidence.as_bytes());
    hex::encode(hasher.finalize())
}

/// Takes out of an object what may be secret and what is of no use to a check.
pub fn redact(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    let is_secret = fields.get("kind").and_then(Value::as_str) == Some("Secret");
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        // It repeats the object as applied, values of secrets included.
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    if is_secret {
        for key in ["data", "stringData"] {
            for (_, value) in fields.get_mut(key).and_then(Value::as_object_mut).into_iter().flatten() {
                *value = Value::from(REDACTED);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_does_not_reach_the_evidence() {
        let mut object = json!({
            "kind": "Secret",
            "metadata": {
                "name": "a",
                "managedFields": [1],
                "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":1}", "kept": "yes" },
            },
            "data": { "password": "aHVudGVyMg==" },
        });
        redact(&mut object);
        let expected = json!({
            "kind": "Secret",
            "metadata": { "name": "a", "annotations": { "kept": "yes" } },
            "data": { "password": "redacted" },
        });
        assert_eq!(object, expected);
    }

    #[test]
    fn each_seal_covers_the_one_before() {
        let first = seal("", "{}");
        assert_ne!(seal(&first, "{}"), first);
        assert_eq!(seal(&first, "{}"), seal(&first, "{}"));
        assert_eq!(first.len(), 64);
    }
}
