//! The mock's memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::sync::watch;

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Switches {
    /// Whether pods become ready as soon as they are applied.
    pub pods_become_ready: bool,
    /// Whether the quota's controller counts.
    pub quota_is_counted: bool,
    /// Whether a deleted namespace stays, terminating, until it is let go.
    pub deletions_hang: bool,
    /// Writes of this plural wait until the switch is cleared.
    pub hold: Option<&'static str>,
    /// Writes of this plural are refused with this code and message.
    pub refuse: Option<(&'static str, u16, &'static str)>,
}

/// Where a request points.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) plural: String,
    pub(super) namespace: String,
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
}

impl Place {
    pub(super) fn parse(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        match parts.next()? {
            "api" => drop(parts.next()?),
            "apis" => drop((parts.next()?, parts.next()?)),
            _ => return None,
        }
        let rest: Vec<&str> = parts.collect();
        let owned = |index: usize| rest.get(index).map(|part| (*part).to_owned());
        let is_namespaced = rest.first() == Some(&"namespaces") && rest.len() > 2;
        let start = if is_namespaced { 2 } else { 0 };
        Some(Self {
            plural: owned(start)?,
            namespace: if is_namespaced { owned(1)? } else { String::new() },
            name: owned(start + 1),
            subresource: owned(start + 2),
        })
    }
}

type Key = (String, String, String);

#[derive(Default)]
struct Memory {
    objects: BTreeMap<Key, Value>,
    version: u64,
    events: Vec<(u64, Key, Value)>,
    writes: Vec<String>,
}

/// Everything the cluster holds.
pub(super) struct State {
    memory: Mutex<Memory>,
    switches: watch::Sender<Switches>,
    changes: watch::Sender<u64>,
    is_down: watch::Sender<bool>,
}

impl Default for State {
    fn default() -> Self {
        let switches = Switches {
            pods_become_ready: true,
            quota_is_counted: true,
            deletions_hang: false,
            hold: None,
            refuse: None,
        };
        Self {
            memory: Mutex::default(),
            switches: watch::Sender::new(switches),
            changes: watch::Sender::new(0),
            is_down: watch::Sender::new(false),
        }
    }
}

fn failure(code: u16, (reason, message): (&str, &str), name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "code": code, "reason": reason,
        "message": message, "details": { "name": name },
    })
}

pub(super) fn query_value(query: &str, key: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.filter(|(name, _)| *name == key).map(|(_, value)| value).next()?;
    Some(percent_encoding::percent_decode_str(found).decode_utf8_lossy().into_owned())
}

fn plural_of(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{lower}s"),
    }
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

impl State {
    pub(super) fn switch(&self, change: impl FnOnce(&mut Switches)) {
        self.switches.send_modify(change);
    }

    pub(super) fn set_down(&self, is_down: bool) {
        self.is_down.send_replace(is_down);
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Waits while writes of this plural are held.
    pub(super) async fn pass_gate(&self, plural: &str) {
        let mut switches = self.switches.subscribe();
        switches.wait_for(|switches| switches.hold != Some(plural)).await.unwrap();
    }

    /// Waits until the API server goes away.
    pub(super) async fn wait_until_down(&self) {
        self.is_down.subscribe().wait_for(|is_down| *is_down).await.unwrap();
    }

    pub(super) fn put(&self, object: &Value) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = (plural_of(&text("/kind")), text("/metadata/namespace"), text("/metadata/name"));
        let mut object = object.clone();
        self.settle(&mut object);
        self.store(key, object, "MODIFIED");
    }

    fn store(&self, key: Key, mut object: Value, event: &str) {
        let mut memory = self.memory.lock().unwrap();
        memory.version += 1;
        let version = memory.version;
        object["metadata"]["resourceVersion"] = version.to_string().into();
        if object["metadata"]["uid"].is_null() {
            object["metadata"]["uid"] = format!("uid-{version}").into();
        }
        memory.events.push((version, key.clone(), json!({ "type": event, "object": object })));
        if event == "DELETED" {
            memory.objects.remove(&key);
        } else {
            let kind = object["kind"].as_str().unwrap_or_default();
            let line = format!("{kind} {}", key.2);
            memory.writes.push(line);
            memory.objects.insert(key, object);
        }
        drop(memory);
        self.changes.send_replace(version);
    }

    /// Gives an object the status that controllers would.
    fn settle(&self, object: &mut Value) {
        let switches = self.switches.borrow().clone();
        match object["kind"].as_str() {
            Some("ResourceQuota") if switches.quota_is_counted => {
                let used: serde_json::Map<String, Value> =
                    object["spec"]["hard"].as_object().unwrap().keys().map(|key| (key.clone(), "0".into())).collect();
                object["status"] = json!({ "hard": object["spec"]["hard"], "used": used });
            }
            Some("Pod") if object["status"].is_null() || switches.pods_become_ready => {
                let waiting = json!({ "waiting": { "reason": "ErrImagePull", "message": "no such image" } });
                let is_ready = if switches.pods_become_ready { "True" } else { "False" };
                object["status"] = json!({
                    "conditions": [{ "type": "Ready", "status": is_ready }],
                    "containerStatuses": if switches.pods_become_ready { json!([]) } else { json!([{ "state": waiting }]) },
                });
            }
            Some("Deployment") => {
                let ready = i32::from(switches.pods_become_ready);
                object["status"] = json!({ "observedGeneration": 1, "readyReplicas": ready });
            }
            _ => {}
        }
    }

    pub(super) fn get(&self, place: &Place) -> Result<Value, Value> {
        let name = place.name.clone().unwrap_or_default();
        let key = (place.plural.clone(), place.namespace.clone(), name.clone());
        let message = format!("{} \"{name}\" not found", place.plural);
        self.memory
            .lock()
            .unwrap()
            .objects
            .get(&key)
            .cloned()
            .ok_or_else(|| failure(404, ("NotFound", &message), &name))
    }

    pub(super) fn list(&self, place: &Place, query: &str) -> Value {
        let selector = query_value(query, "labelSelector").unwrap_or_default();
        let wanted: Vec<(&str, &str)> = selector.split(',').filter_map(|pair| pair.split_once('=')).collect();
        let name = query_value(query, "fieldSelector")
            .and_then(|value| value.strip_prefix("metadata.name=").map(str::to_owned));
        let memory = self.memory.lock().unwrap();
        let items: Vec<Value> = memory
            .objects
            .iter()
            .filter(|((plural, namespace, _), _)| *plural == place.plural && *namespace == place.namespace)
            .map(|(_, object)| object)
            .filter(|object| wanted.iter().all(|(key, value)| object["metadata"]["labels"][key] == *value))
            .filter(|object| name.as_deref().is_none_or(|name| object["metadata"]["name"] == name))
            .cloned()
            .collect();
        json!({
            "apiVersion": "v1", "kind": "List", "items": items,
            "metadata": { "resourceVersion": memory.version.to_string() },
        })
    }

    pub(super) fn events_since(&self, place: &Place, name: Option<&str>, since: u64) -> (Vec<Value>, u64) {
        let memory = self.memory.lock().unwrap();
        let events = memory.events.iter().filter(|(version, (plural, namespace, own), _)| {
            *version > since
                && *plural == place.plural
                && *namespace == place.namespace
                && name.is_none_or(|name| name == own)
        });
        (events.map(|(_, _, event)| event.clone()).collect(), memory.version)
    }

    fn refusal(&self, place: &Place, name: &str) -> Option<Value> {
        let (plural, code, message) = self.switches.borrow().refuse?;
        (plural == place.plural).then(|| failure(code, ("", message), name))
    }

    pub(super) fn create(&self, place: &Place, body: &Value) -> Result<Value, Value> {
        let name = body["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if let Some(refusal) = self.refusal(place, &name) {
            return Err(refusal);
        }
        let there = Place { name: Some(name.clone()), ..place.clone() };
        if let Ok(object) = self.get(&there) {
            let prefix =
                if object["metadata"]["deletionTimestamp"].is_string() { "object is being deleted: " } else { "" };
            let message = format!("{prefix}{} \"{name}\" already exists", place.plural);
            return Err(failure(409, ("AlreadyExists", &message), &name));
        }
        self.apply(&there, body)
    }

    pub(super) fn apply(&self, place: &Place, body: &Value) -> Result<Value, Value> {
        let name = place.name.clone().unwrap_or_default();
        if let Some(refusal) = self.refusal(place, &name) {
            return Err(refusal);
        }
        if !place.namespace.is_empty() {
            let namespace = Place {
                plural: "namespaces".to_owned(),
                namespace: String::new(),
                name: Some(place.namespace.clone()),
                subresource: None,
            };
            if self.get(&namespace)?["metadata"]["deletionTimestamp"].is_string() {
                let mut status = failure(403, ("Forbidden", "it is being terminated"), &name);
                status["details"]["causes"] = json!([{ "reason": "NamespaceTerminating", "message": "", "field": "" }]);
                return Err(status);
            }
        }
        let mut object = self.get(place).unwrap_or(json!({}));
        merge(&mut object, body);
        self.settle(&mut object);
        self.store((place.plural.clone(), place.namespace.clone(), name), object, "MODIFIED");
        self.get(place)
    }

    pub(super) fn delete(&self, place: &Place) -> Result<Value, Value> {
        let mut object = self.get(place)?;
        let name = place.name.clone().unwrap_or_default();
        if place.plural == "namespaces" && self.switches.borrow().deletions_hang {
            object["metadata"]["deletionTimestamp"] = "2026-03-04T12:00:00Z".into();
            object["status"] = json!({ "phase": "Terminating", "conditions": [{
                "type": "NamespaceDeletionDiscoveryFailure", "status": "True", "message": "tap.linkerd.io is dead",
            }] });
            self.store((place.plural.clone(), String::new(), name), object.clone(), "MODIFIED");
        } else if place.plural == "namespaces" {
            self.remove_namespace(&name);
        } else {
            self.store((place.plural.clone(), place.namespace.clone(), name), object.clone(), "DELETED");
        }
        Ok(object)
    }

    pub(super) fn delete_object(&self, kind: &str, namespace: &str, name: &str) {
        let place = Place {
            plural: plural_of(kind),
            namespace: namespace.to_owned(),
            name: Some(name.to_owned()),
            subresource: None,
        };
        self.delete(&place).unwrap();
    }

    pub(super) fn remove_namespace(&self, name: &str) {
        let held: Vec<(Key, Value)> = {
            let memory = self.memory.lock().unwrap();
            let of_namespace = |key: &Key| key.1 == name || (key.0 == "namespaces" && key.2 == name);
            let held = memory.objects.iter().filter(|(key, _)| of_namespace(key));
            held.map(|(key, object)| (key.clone(), object.clone())).collect()
        };
        for (key, object) in held {
            self.store(key, object, "DELETED");
        }
    }

    pub(super) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let key = (plural_of(kind), namespace.to_owned(), name.to_owned());
        self.memory.lock().unwrap().objects.get(&key).cloned()
    }

    pub(super) fn session_namespaces(&self) -> Vec<String> {
        let memory = self.memory.lock().unwrap();
        let namespaces = memory.objects.iter().filter(|((plural, _, _), _)| plural == "namespaces");
        namespaces
            .filter(|(_, object)| object["metadata"]["labels"]["seaworthy.dev/session"].is_string())
            .map(|((_, _, name), _)| name.clone())
            .collect()
    }

    pub(super) fn writes(&self) -> Vec<String> {
        self.memory.lock().unwrap().writes.clone()
    }

    pub(super) fn forget_writes(&self) {
        self.memory.lock().unwrap().writes.clear();
    }

    pub(super) fn make_ready(&self) {
        self.switch(|switches| switches.pods_become_ready = true);
        let waiting: Vec<Value> = {
            let memory = self.memory.lock().unwrap();
            memory
                .objects
                .values()
                .filter(|object| object["kind"] == "Pod" || object["kind"] == "Deployment")
                .cloned()
                .collect()
        };
        for object in waiting {
            self.put(&object);
        }
    }

    pub(super) fn finish_deletions(&self) {
        self.switch(|switches| switches.deletions_hang = false);
        for namespace in self.session_namespaces() {
            let object = self.find("Namespace", "", &namespace).unwrap_or_default();
            if object["metadata"]["deletionTimestamp"].is_string() {
                self.remove_namespace(&namespace);
            }
        }
    }
}
