//! What to do about a namespace that no live session needs, and why one is not deleted yet. No I/O.

use jiff::SignedDuration;
use serde_json::Value;

use crate::labs::manifests::INSTALLATION_LABEL;

/// The grace period of pods when a namespace is cleared, in which their node can still stop them.
const SHORT_GRACE_SECONDS: u32 = 1;
/// How long a node may take to stop pods with that grace period.
const NODE_TIMEOUT: SignedDuration = SignedDuration::from_secs(15);
/// How many actions are kept of one namespace.
pub(super) const MAX_ACTIONS: usize = 20;

/// What to do about a namespace that is to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing: it is deleted.
    Finish,
    /// Nothing: it belongs to another installation.
    Skip,
    /// Delete it.
    Delete,
    /// Wait for the namespace controller.
    Wait,
    /// Clear finalizers, and give pods this grace period in seconds.
    Clear(u32),
}

/// The action for a namespace as it was found, `age` after its release.
pub(super) fn plan(
    found: Option<&Value>,
    installation: &str,
    age: SignedDuration,
    clear_after: SignedDuration,
) -> Action {
    let Some(namespace) = found else { return Action::Finish };
    if namespace["metadata"]["labels"][INSTALLATION_LABEL] != *installation {
        return Action::Skip;
    }
    if !namespace["metadata"]["deletionTimestamp"].is_string() {
        return Action::Delete;
    }
    if age < clear_after {
        return Action::Wait;
    }
    // The pods of a node that does not stop them are deleted without it: the rest of the namespace is deleted after its pods.
    let waits_for_nodes = age < clear_after + clear_after.min(NODE_TIMEOUT);
    Action::Clear(if waits_for_nodes { SHORT_GRACE_SECONDS } else { 0 })
}

/// The time until the next reconcile of a namespace: a second at first, and again once it is cleared, since each deleted
/// object may unblock the next; five minutes at the most.
pub(super) fn requeue_after(age: SignedDuration, clear_after: SignedDuration) -> SignedDuration {
    let since = if age < clear_after { age } else { age - clear_after };
    SignedDuration::from_secs((since.as_secs() / 4).clamp(1, 300))
}

/// Why a namespace is not deleted yet, from its conditions, and what an admin can do where the platform cannot.
pub(super) fn explain(namespace: &Value) -> Vec<String> {
    let conditions = namespace["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let blocking = conditions.iter().filter(|condition| condition["status"] == "True");
    let own = namespace["metadata"]["finalizers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = own.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    let own = (!own.is_empty()).then(|| format!("The namespace itself waits for its finalizers: {own}"));
    let reasons = blocking
        .filter_map(|condition| Some((condition["type"].as_str()?, condition["message"].as_str()?)))
        .map(|(kind, message)| match kind {
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
        });
    reasons.chain(own).collect()
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
    fn a_namespace_is_deleted_waited_for_and_cleared_with_ever_less_grace() {
        let plan = |found: Option<&Value>, seconds| plan(found, "own", SignedDuration::from_secs(seconds), MINUTE);
        assert_eq!(plan(None, 0), Action::Finish);
        assert_eq!(plan(Some(&namespace("own", false)), 90), Action::Delete);
        let deleted = namespace("own", true);
        assert_eq!(plan(Some(&deleted), 59), Action::Wait);
        assert_eq!(plan(Some(&deleted), 60), Action::Clear(1));
        assert_eq!(plan(Some(&deleted), 74), Action::Clear(1));
        assert_eq!(plan(Some(&deleted), 75), Action::Clear(0));
    }

    #[test]
    fn a_namespace_of_another_installation_is_skipped() {
        assert_eq!(plan(Some(&namespace("other", false)), "own", MINUTE, MINUTE), Action::Skip);
    }

    #[test]
    fn the_time_between_reconciles_grows_to_five_minutes_and_starts_again_when_a_namespace_is_cleared() {
        let pauses = [0, 7, 40, 60, 80, 6_000];
        let pauses = pauses.map(|seconds| requeue_after(SignedDuration::from_secs(seconds), MINUTE).as_secs());
        assert_eq!(pauses, [1, 1, 10, 1, 5, 300]);
    }

    #[test]
    fn a_namespace_that_is_not_deleted_has_reasons_and_advice() {
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
