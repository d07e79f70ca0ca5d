//! How objects go in the mock: those with finalizers, and pods with a long grace, stay until they are let go. A namespace
//! goes when it is empty, which is seen when it is deleted or changed: the real controller may not come back for hours.

use serde_json::{Value, json};

use super::place::{Key, Place};
use super::state::{State, failure};

/// Pods with no longer a grace than this stop at once.
const QUICK_GRACE: i64 = 30;

fn is_deleted(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

fn has_finalizers(object: &Value) -> bool {
    object["metadata"]["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty())
}

fn mark_deleted(object: &mut Value) {
    if !is_deleted(object) {
        object["metadata"]["deletionTimestamp"] = "2026-03-04T12:00:00Z".into();
    }
}

impl State {
    pub(super) fn delete(&self, place: &Place, options: &Value) -> Result<Value, Value> {
        let mut object = self.get(place)?;
        let name = place.name.clone().unwrap_or_default();
        if let Some(refusal) = self.refusal(place, &name) {
            return Err(refusal);
        }
        let uid = &options["preconditions"]["uid"];
        if !uid.is_null() && *uid != object["metadata"]["uid"] {
            return Err(failure(409, ("Conflict", "the precondition failed"), &name));
        }
        if place.plural == "namespaces" {
            mark_deleted(&mut object);
            object["status"] = json!({ "phase": "Terminating" });
            self.store((place.plural.clone(), String::new(), name.clone()), object.clone(), "MODIFIED");
            for (key, content) in self.list_content(&name) {
                self.delete_content(key, content, None);
            }
            self.go_on_deleting();
        } else {
            let key = (place.plural.clone(), place.namespace.clone(), name);
            self.delete_content(key, object.clone(), options["gracePeriodSeconds"].as_i64());
        }
        Ok(object)
    }

    fn delete_content(&self, key: Key, mut object: Value, grace: Option<i64>) {
        let own_grace = object["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(0);
        let grace = if object["kind"] == "Pod" { grace.unwrap_or(own_grace) } else { 0 };
        if grace <= QUICK_GRACE && !has_finalizers(&object) {
            self.store(key, object, "DELETED");
            return;
        }
        mark_deleted(&mut object);
        object["metadata"]["deletionGracePeriodSeconds"] = grace.into();
        self.store(key, object, "MODIFIED");
    }

    /// Lets go what nothing holds any more.
    pub(super) fn go_on_deleting(&self) {
        let switches = self.switches.borrow().clone();
        for namespace in self.list_namespaces().into_iter().filter(is_deleted) {
            let name = namespace["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            for (key, object) in self.list_content(&name) {
                self.let_go(key, object);
            }
            let left = self.list_content(&name);
            if left.is_empty() && !switches.deletions_hang && !has_finalizers(&namespace) {
                self.store(("namespaces".to_owned(), String::new(), name), namespace, "DELETED");
            } else {
                self.explain_deletion(namespace, &left);
            }
        }
    }

    /// Takes an object away that is deleted and that nothing holds any more.
    pub(super) fn let_go(&self, key: Key, object: Value) {
        let grace = object["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0);
        if is_deleted(&object) && !has_finalizers(&object) && grace <= QUICK_GRACE {
            self.store(key, object, "DELETED");
        }
    }

    fn explain_deletion(&self, mut namespace: Value, left: &[(Key, Value)]) {
        let mut conditions = Vec::new();
        let mut add = |kind: &str, message: String| {
            conditions.push(json!({ "type": kind, "status": "True", "message": message }));
        };
        if self.switches.borrow().deletions_hang {
            add("NamespaceDeletionDiscoveryFailure", "tap.linkerd.io is dead".to_owned());
        }
        if !left.is_empty() {
            let kinds: Vec<&str> = left.iter().map(|(key, _)| key.0.as_str()).collect();
            add("NamespaceContentRemaining", format!("Some resources are remaining: {}", kinds.join(", ")));
        }
        let status = json!({ "phase": "Terminating", "conditions": conditions });
        if namespace["status"] != status {
            namespace["status"] = status;
            let name = namespace["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            self.store(("namespaces".to_owned(), String::new(), name), namespace, "MODIFIED");
        }
    }

    /// Takes a namespace away with all that it holds, as if it had never been.
    pub(super) fn remove_namespace(&self, name: &str) {
        for (key, object) in self.list_content(name) {
            self.store(key, object, "DELETED");
        }
        if let Some(namespace) = self.find("Namespace", "", name) {
            self.store(("namespaces".to_owned(), String::new(), name.to_owned()), namespace, "DELETED");
        }
    }

    fn list_namespaces(&self) -> Vec<Value> {
        let place = Place { plural: "namespaces".to_owned(), namespace: String::new(), name: None, subresource: None };
        self.list(&place, "")["items"].as_array().cloned().unwrap_or_default()
    }
}
