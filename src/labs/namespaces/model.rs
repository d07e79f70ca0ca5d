//! What is to be done about a namespace that no live session needs, and why one is still there. No I/O.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::labs::SessionId;
use crate::labs::manifests::INSTALLATION_LABEL;

/// How long a pod may take to stop once namespaces are cleared, so that its node still stops it in order.
const SHORT_GRACE_SECONDS: u32 = 1;
/// How long a node may take to stop pods that were given a short grace.
const NODE_TIMEOUT: SignedDuration = SignedDuration::from_secs(15);
/// The most actions that are kept of one namespace.
pub(super) const MAX_ACTIONS: usize = 20;

/// A namespace that no live session needs any more and that is not gone yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LingeringNamespace {
    /// Its name.
    pub namespace: String,
    /// The session it was made for, if that is known.
    pub session: Option<SessionId>,
    /// The lab of that session.
    pub lab: Option<String>,
    /// When it was to go.
    pub released_at: Timestamp,
    /// Why it is still there, in sentences.
    pub reasons: Vec<String>,
    /// What was done to let it go, in sentences.
    pub actions: Vec<String>,
}

/// What a namespace that is to go calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing: it is gone.
    Forget,
    /// Nothing: it is another installation's.
    LeaveAlone,
    /// Its deletion is to begin.
    Delete,
    /// It goes by itself.
    Wait,
    /// What holds it is to be taken away; its pods get so many seconds to stop.
    Clear(u32),
}

/// What calls for which action, `age` after the namespace was to go.
pub(super) fn plan(
    found: Option<&Value>,
    installation: &str,
    age: SignedDuration,
    clear_after: SignedDuration,
) -> Action {
    let Some(namespace) = found else { return Action::Forget };
    if namespace["metadata"]["labels"][INSTALLATION_LABEL] != *installation {
        return Action::LeaveAlone;
    }
    if !namespace["metadata"]["deletionTimestamp"].is_string() {
        return Action::Delete;
    }
    if age < clear_after {
        return Action::Wait;
    }
    // A node that stops nothing meanwhile is not waited for: what else is in the namespace is deleted after its pods.
    let is_patient = age < clear_after + clear_after.min(NODE_TIMEOUT);
    Action::Clear(if is_patient { SHORT_GRACE_SECONDS } else { 0 })
}

/// The pause before a namespace is looked at again: a second at first, and once it is cleared, since each thing that goes
/// may let the next one go; five minutes at the most.
pub(super) fn pause(age: SignedDuration, clear_after: SignedDuration) -> SignedDuration {
    let since = if age < clear_after { age } else { age - clear_after };
    SignedDuration::from_secs((since.as_secs() / 4).clamp(1, 300))
}

/// Why a namespace is still there, from its conditions, and what an admin can do where the platform cannot.
pub(super) fn explain(namespace: &Value) -> Vec<String> {
    let conditions = namespace["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let holding = conditions.iter().filter(|condition| condition["status"] == "True");
    let own = namespace["metadata"]["finalizers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = own.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    let own = (!own.is_empty()).then(|| format!("The namespace itself waits for its finalizers: {own}"));
    let told = holding.filter_map(|condition| Some((condition["type"].as_str()?, condition["message"].as_str()?))).map(
        |(kind, message)| match kind {
            "NamespaceDeletionDiscoveryFailure" | "NamespaceDeletionGroupVersionParsingFailure" => format!(
                "An API service of the cluster does not answer, and no namespace can go until it does ({message}). See \
                 which with \"kubectl get apiservices\"; repair what is behind it, or delete the APIService."
            ),
            "NamespaceDeletionContentFailure" => format!(
                "Some of its content cannot be deleted ({message}). If a webhook is named there, repair or delete it."
            ),
            "NamespaceContentRemaining" => format!("It still holds something: {message}"),
            "NamespaceFinalizersRemaining" => format!("Objects in it wait for their finalizers: {message}"),
            other => format!("{other}: {message}"),
        },
    );
    told.chain(own).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    fn namespace(installation: &str, is_deleted: bool) -> Value {
        let deleted_at = is_deleted.then_some("2026-01-01T00:00:00Z");
        json!({ "metadata": {
            "name": "ab", "labels": { "seaworthy.dev/installation": installation }, "deletionTimestamp": deleted_at,
        } })
    }

    #[test]
    fn a_namespace_is_deleted_waited_for_and_cleared_ever_harder() {
        let plan = |found: Option<&Value>, seconds| plan(found, "own", SignedDuration::from_secs(seconds), MINUTE);
        assert_eq!(plan(None, 0), Action::Forget);
        assert_eq!(plan(Some(&namespace("own", false)), 90), Action::Delete);
        let deleted = namespace("own", true);
        assert_eq!(plan(Some(&deleted), 59), Action::Wait);
        assert_eq!(plan(Some(&deleted), 60), Action::Clear(1));
        assert_eq!(plan(Some(&deleted), 74), Action::Clear(1));
        assert_eq!(plan(Some(&deleted), 75), Action::Clear(0));
    }

    #[test]
    fn another_installations_namespace_is_left_alone() {
        assert_eq!(plan(Some(&namespace("other", false)), "own", MINUTE, MINUTE), Action::LeaveAlone);
    }

    #[test]
    fn pauses_grow_to_five_minutes_and_begin_anew_when_a_namespace_is_cleared() {
        let pauses = [0, 7, 40, 60, 80, 6_000];
        let pauses = pauses.map(|seconds| pause(SignedDuration::from_secs(seconds), MINUTE).as_secs());
        assert_eq!(pauses, [1, 1, 10, 1, 5, 300]);
    }

    #[test]
    fn a_namespace_that_stays_says_why_and_what_to_do() {
        let namespace = json!({ "metadata": { "finalizers": ["c/d"] }, "status": { "conditions": [
            { "type": "NamespaceDeletionDiscoveryFailure", "status": "True", "message": "metrics.k8s.io is dead" },
            { "type": "NamespaceContentRemaining", "status": "False", "message": "none" },
            { "type": "NamespaceFinalizersRemaining", "status": "True", "message": "a/b in 1 resource instances" },
        ] } });
        let reasons = explain(&namespace);
        assert_eq!(reasons.len(), 3);
        assert!(reasons[0].contains("metrics.k8s.io is dead") && reasons[0].contains("kubectl get apiservices"));
        assert_eq!(reasons[1], "Objects in it wait for their finalizers: a/b in 1 resource instances");
        assert_eq!(reasons[2], "The namespace itself waits for its finalizers: c/d");
    }
}
