//! Deletion in the mock: objects with finalizers, and pods with a long grace period, are kept until those are cleared. A
//! namespace is deleted once it is empty, which is checked when it is deleted or changed: the real controller may requeue it
//! hours later.

use serde_json::{Value, json};

use super::path::{Key, ResourcePath};
use super::state::{State, failure};

/// Pods with no longer a grace period than this, in seconds, stop at once.
const MAX_IGNORED_GRACE: i64 = 30;

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
    pub(super) fn delete(&self, path: &ResourcePath, options: &Value) -> Result<Value, Value> {
        let mut object = self.get(path)?;
        let name = path.name.clone().unwrap_or_default();
        if let Some(refusal) = self.refusal(path, &name) {
            return Err(refusal);
        }
        let uid = &options["preconditions"]["uid"];
        if !uid.is_null() && *uid != object["metadata"]["uid"] {
            return Err(failure(409, ("Conflict", "the precondition failed"), &name));
        }
        if path.plural == "namespaces" {
            mark_deleted(&mut object);
            object["status"] = json!({ "phase": "Terminating" });
            self.store((path.plural.clone(), String::new(), name.clone()), object.clone(), "MODIFIED");
            for (key, content) in self.list_content(&name) {
                self.delete_content(key, content, None);
            }
            self.continue_deletions();
        } else {
            let key = (path.plural.clone(), path.namespace.clone(), name);
            self.delete_content(key, object.clone(), options["gracePeriodSeconds"].as_i64());
        }
        Ok(object)
    }

    fn delete_content(&self, key: Key, mut object: Value, grace: Option<i64>) {
        let own_grace = object["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(0);
        let grace = if object["kind"] == "Pod" { grace.unwrap_or(own_grace) } else { 0 };
        if grace <= MAX_IGNORED_GRACE && !has_finalizers(&object) {
            self.store(key, object, "DELETED");
            return;
        }
        mark_deleted(&mut object);
        object["metadata"]["deletionGracePeriodSeconds"] = grace.into();
        self.store(key, object, "MODIFIED");
    }

    /// Deletes what nothing blocks any more.
    pub(super) fn continue_deletions(&self) {
        let switches = self.switches.borrow().clone();
        for namespace in self.list_namespaces().into_iter().filter(is_deleted) {
            let name = namespace["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            for (key, object) in self.list_content(&name) {
                self.delete_if_released(key, object);
            }
            let left = self.list_content(&name);
            if left.is_empty() && !switches.deletions_hang && !has_finalizers(&namespace) {
                self.store(("namespaces".to_owned(), String::new(), name), namespace, "DELETED");
            } else {
                self.explain_deletion(namespace, &left);
            }
        }
    }

    /// Deletes a terminating object that nothing blocks any more.
    pub(super) fn delete_if_released(&self, key: Key, object: Value) {
        let grace = object["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0);
        if is_deleted(&object) && !has_finalizers(&object) && grace <= MAX_IGNORED_GRACE {
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

    /// Removes a namespace with its content, without a deletion.
    pub(super) fn remove_namespace(&self, name: &str) {
        for (key, object) in self.list_content(name) {
            self.store(key, object, "DELETED");
        }
        if let Some(namespace) = self.find("Namespace", "", name) {
            self.store(("namespaces".to_owned(), String::new(), name.to_owned()), namespace, "DELETED");
        }
    }

    fn list_namespaces(&self) -> Vec<Value> {
        let path =
            ResourcePath { plural: "namespaces".to_owned(), namespace: String::new(), name: None, subresource: None };
        self.list(&path, "")["items"].as_array().cloned().unwrap_or_default()
    }
}
