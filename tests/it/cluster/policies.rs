//! The acts of the cluster suite that a policy judges by the object alone.

use seaworthy::cluster::bootstrap_objects;
use serde_json::{Value, json};

use super::acts::{Act, Bases, Names, collection, load};
use super::policy::{Admission, concerns, refusal};

const NAMES: Names<'static> = Names { namespace: "0123456789abcdef", other: "fedcba9876543210" };

/// The refusals of every policy that concerns the act, with the policy's name.
fn judge(act: &Act) -> Option<Vec<(String, String)>> {
    let object = Bases::load(NAMES).object(act, "try")?;
    let (_path, resource) = collection(&object, NAMES.namespace);
    let group = object["apiVersion"].as_str().unwrap().rsplit_once('/').map_or("", |(group, _)| group);
    let request = json!({
        "operation": "CREATE", "namespace": NAMES.namespace, "name": object["metadata"]["name"],
        "kind": { "kind": object["kind"] }, "resource": { "resource": resource, "group": group }, "subResource": "",
        "userInfo": { "groups": ["system:authenticated", format!("system:serviceaccounts:{}", NAMES.namespace)] },
    });
    let namespace = json!({ "metadata": { "annotations": {
        "seaworthy.dev/lab-domain": "labs.localhost", "seaworthy.dev/allowed-images": "seaworthy.local/,docker.io/seaworthy",
    } } });
    let policies = bootstrap_objects().unwrap();
    let policies = policies.iter().filter(|object| object["kind"] == "ValidatingAdmissionPolicy");
    let admission = Admission { object: &object, old_object: &Value::Null, request: &request, namespace: &namespace };
    let refusals = policies.filter(|policy| concerns(policy, group, &resource, "CREATE")).filter_map(|policy| {
        let name = policy["metadata"]["name"].as_str().unwrap().to_owned();
        Some((name, refusal(policy, &admission)?))
    });
    Some(refusals.collect())
}

#[test]
fn what_a_policy_refuses_is_refused_by_the_object_alone_and_in_its_words() {
    let mut faults = Vec::new();
    for act in load("hostile", NAMES).iter().filter(|act| act.by.starts_with("seaworthy-")) {
        let Some(refusals) = judge(act) else { continue };
        let found = refusals.iter().find(|(policy, _)| *policy == act.by);
        match found {
            Some((_, words)) if act.says.iter().all(|says| words.contains(says.as_str())) => {}
            _ => faults.push(format!("{}: {refusals:?} in place of {:?}", act.title, act.says)),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_labs_teach_passes_every_policy() {
    let acts = load("lawful", NAMES);
    let refused =
        |act: &Act| judge(act).filter(|refusals| !refusals.is_empty()).map(|words| (act.title.clone(), words));
    let faults: Vec<_> = acts.iter().filter_map(refused).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
