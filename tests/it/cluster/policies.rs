//! The acts of the cluster suite that a policy judges by the object alone.

use seaworthy::cluster::bootstrap_objects;
use serde_json::{Value, json};

use super::acts::{Act, Bases, Names, collection, load};
use super::policy::{Admission, Policy};

const NAMES: Names<'static> =
    Names { namespace: "0123456789abcdef", other: "fedcba9876543210", pod: "qotm-1", installation: "tested" };

struct Judge {
    bases: Bases,
    policies: Vec<Policy>,
}

impl Judge {
    fn load() -> Self {
        let objects = bootstrap_objects().unwrap();
        let policies = objects.iter().filter(|object| object["kind"] == "ValidatingAdmissionPolicy");
        Self { bases: Bases::load(NAMES), policies: policies.map(Policy::read).collect() }
    }

    /// What each policy says that refuses the act, with the policy's name; nothing where the act makes no object.
    fn refusals(&self, act: &Act) -> Option<Vec<(String, String)>> {
        let object = self.bases.object(act, "try")?;
        let (_path, resource) = collection(&object, NAMES.namespace);
        let version = object["apiVersion"].as_str().unwrap();
        let request = json!({
            "operation": "CREATE", "namespace": NAMES.namespace, "name": object["metadata"]["name"],
            "resource": { "resource": resource },
            "userInfo": { "groups": ["system:authenticated", format!("system:serviceaccounts:{}", NAMES.namespace)] },
        });
        let annotations = json!({
            "seaworthy.dev/lab-domain": "labs.localhost",
            "seaworthy.dev/allowed-images": "seaworthy.local/,docker.io/seaworthy",
        });
        let namespace = json!({ "metadata": { "annotations": annotations, "labels": { "seaworthy.dev/installation": NAMES.installation } } });
        let admission =
            Admission { object: &object, old_object: &Value::Null, request: &request, namespace: &namespace };
        let concerned = self.policies.iter().filter(|policy| policy.concerns(version, &resource, "CREATE"));
        Some(concerned.filter_map(|policy| Some((policy.name.clone(), policy.refusal(&admission)?))).collect())
    }
}

#[test]
fn what_a_policy_refuses_is_refused_by_the_object_alone_and_with_its_message() {
    let judge = Judge::load();
    let mut faults = Vec::new();
    for act in load("hostile", NAMES).iter().filter(|act| act.by.starts_with("seaworthy-")) {
        let Some(refusals) = judge.refusals(act) else { continue };
        match refusals.iter().find(|(policy, _)| *policy == act.by) {
            Some((_, message)) if act.says.iter().all(|says| message.contains(says.as_str())) => {}
            _ => faults.push(format!("{}: {refusals:?} in place of {:?}", act.title, act.says)),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_labs_teach_passes_every_policy() {
    let judge = Judge::load();
    let refused =
        |act: &Act| judge.refusals(act).filter(|found| !found.is_empty()).map(|messages| (act.title.clone(), messages));
    let faults: Vec<_> = load("lawful", NAMES).iter().filter_map(refused).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
