//! The quota of a session's namespace: a limit for every kind that a learner may write, which a lab may change up to a
//! maximum.

use std::collections::BTreeMap;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::cluster::ClusterInfo;

/// What ends the keys under which Emissary's kinds are counted, where the cluster has their CRDs.
const EMISSARY: &str = ".getambassador.io";
/// The same of Linkerd's policies.
const MESH_POLICY: &str = ".policy.linkerd.io";

/// Every limit: its key, its default, and the maximum that a lab may set.
const LIMITS: &[(&str, &str, &str)] = &[
    ("pods", "10", "30"),
    // Pods that ended count here alone.
    ("count/pods", "30", "90"),
    ("requests.cpu", "1", "4"),
    ("requests.memory", "1Gi", "8Gi"),
    ("limits.cpu", "4", "16"),
    ("limits.memory", "2Gi", "16Gi"),
    // The emptyDir volumes of a pod count against the limits of its containers.
    ("limits.ephemeral-storage", "20Gi", "60Gi"),
    ("services", "10", "20"),
    ("services.nodeports", "0", "0"),
    ("services.loadbalancers", "0", "0"),
    ("configmaps", "20", "40"),
    ("secrets", "20", "40"),
    ("persistentvolumeclaims", "0", "5"),
    ("requests.storage", "0", "10Gi"),
    ("replicationcontrollers", "0", "0"),
    ("count/deployments.apps", "10", "20"),
    // A Deployment keeps ten old ones.
    ("count/replicasets.apps", "60", "120"),
    ("count/statefulsets.apps", "3", "5"),
    ("count/controllerrevisions.apps", "33", "55"),
    ("count/daemonsets.apps", "0", "1"),
    ("count/jobs.batch", "20", "50"),
    ("count/cronjobs.batch", "5", "10"),
    ("count/horizontalpodautoscalers.autoscaling", "5", "10"),
    ("count/poddisruptionbudgets.policy", "5", "10"),
    ("count/mappings.getambassador.io", "20", "40"),
    ("count/servers.policy.linkerd.io", "10", "20"),
    ("count/authorizationpolicies.policy.linkerd.io", "10", "20"),
    ("count/meshtlsauthentications.policy.linkerd.io", "10", "20"),
];

/// The hard limits of a namespace: the lab's own over the defaults.
pub(super) fn hard(of_lab: &BTreeMap<String, String>, info: &ClusterInfo) -> BTreeMap<String, String> {
    let defaults = LIMITS.iter().map(|(key, default, _)| ((*key).to_owned(), (*default).to_owned()));
    let mut hard: BTreeMap<String, String> = defaults.chain(of_lab.clone()).collect();
    // A kind without a CRD is never counted, and provisioning would wait for the quota in vain.
    for (group, is_known) in [(EMISSARY, info.has_mappings), (MESH_POLICY, info.has_mesh_policies)] {
        hard.retain(|key, _| is_known || !key.ends_with(group));
    }
    hard
}

/// The schema of a lab's quota: each limit with its default and its maximum.
pub(super) fn schema(_generator: &mut SchemaGenerator) -> Schema {
    let limit = |(key, default, max): &(&str, &str, &str)| {
        let text = format!("{default} by default, {max} at the most.");
        ((*key).to_owned(), json!({ "type": "string", "description": text, "pattern": "^[0-9]+(m|k|M|G|Ki|Mi|Gi)?$" }))
    };
    let limits: Map<String, Value> = LIMITS.iter().map(limit).collect();
    json_schema!({ "type": "object", "properties": limits, "additionalProperties": false })
}

/// The faults of a lab's quota, as sentences for its author.
pub(super) fn find_faults(of_lab: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    for (key, requested) in of_lab {
        let Some((_, _, max)) = LIMITS.iter().find(|(known, _, _)| known == key) else {
            let known: Vec<&str> = LIMITS.iter().map(|(known, _, _)| *known).collect();
            faults.push(format!("quota: {key} is not one of {}", known.join(", ")));
            continue;
        };
        match (parse_quantity(requested), parse_quantity(max)) {
            (Some(requested), Some(max)) if requested <= max => {}
            (Some(_), _) => faults.push(format!("quota: {key} may be {max} at the most, not {requested}")),
            (None, _) => {
                faults.push(format!("quota: {key} must be a quantity such as 5, 500m or 1Gi, not {requested:?}"));
            }
        }
    }
    faults
}

/// A quantity of Kubernetes in thousandths, as far as quotas use them.
fn parse_quantity(text: &str) -> Option<i128> {
    let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(split);
    let thousandths: i128 = match suffix {
        "m" => 1,
        "" => 1000,
        "k" => 1000 * 1000,
        "M" => 1000 * 1_000_000,
        "G" => 1000 * 1_000_000_000,
        "Ki" => 1000 << 10,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        _ => return None,
    };
    digits.parse::<i128>().ok()?.checked_mul(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::bootstrap_objects;

    fn quota(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_kind_that_a_learner_may_create_is_counted() {
        let role = bootstrap_objects().unwrap().into_iter().find(|object| object["kind"] == "ClusterRole").unwrap();
        let texts = |list: &Value| -> Vec<String> {
            list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        let info = ClusterInfo { has_mappings: true, has_mesh_policies: true, ..ClusterInfo::default() };
        let hard = hard(&BTreeMap::new(), &info);
        for rule in role["rules"].as_array().unwrap() {
            for resource in texts(&rule["resources"]).iter().filter(|resource| !resource.contains('/')) {
                let group = &texts(&rule["apiGroups"])[0];
                let counted = hard.contains_key(resource) || hard.contains_key(&format!("count/{resource}.{group}"));
                assert!(counted || !texts(&rule["verbs"]).contains(&"create".to_owned()), "{resource} is not counted");
            }
        }
    }

    #[test]
    fn a_lab_changes_limits_up_to_their_maximum() {
        let lab = quota(&[("pods", "4"), ("persistentvolumeclaims", "2"), ("limits.memory", "4Gi")]);
        assert_eq!(find_faults(&lab), Vec::<String>::new());
        let hard = hard(&lab, &ClusterInfo::default());
        assert_eq!((hard["pods"].as_str(), hard["services"].as_str()), ("4", "10"));
    }

    #[test]
    fn a_kind_whose_crd_is_missing_is_not_counted() {
        let count = |has_mappings, has_mesh_policies| {
            let info = ClusterInfo { has_mappings, has_mesh_policies, ..ClusterInfo::default() };
            let hard = hard(&BTreeMap::new(), &info);
            [EMISSARY, MESH_POLICY].map(|group| hard.keys().filter(|key| key.ends_with(group)).count())
        };
        assert_eq!(count(false, false), [0, 0]);
        assert_eq!(count(true, false), [1, 0]);
        assert_eq!(count(false, true), [0, 3]);
    }

    #[test]
    fn what_is_beyond_the_maximum_is_refused_with_the_maximum() {
        for (key, value, expected) in [
            ("pods", "1000", "30 at the most"),
            ("limits.memory", "64Gi", "16Gi at the most"),
            ("services.loadbalancers", "1", "0 at the most"),
            ("pods", "many", "must be a quantity"),
            ("podz", "5", "is not one of pods"),
        ] {
            let faults = find_faults(&quota(&[(key, value)]));
            assert!(faults.len() == 1 && faults[0].contains(expected), "{faults:?}");
        }
    }

    #[test]
    fn every_default_is_within_its_maximum() {
        for (key, default, max) in LIMITS {
            assert!(parse_quantity(default).unwrap() <= parse_quantity(max).unwrap(), "{key}");
        }
    }
}
