//! The mock's memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use actix_web::http::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::jaeger::Jaeger;
use super::path::{Key, ResourcePath, Selector, query_value};
use super::switches::{LastWrite, Switches};

#[derive(Default)]
struct Memory {
    objects: BTreeMap<Key, Value>,
    version: u64,
    events: Vec<(u64, Key, Value)>,
    writes: Vec<String>,
}

/// Everything the cluster holds.
#[derive(Default)]
pub(super) struct State {
    memory: Mutex<Memory>,
    pub(super) switches: watch::Sender<Switches>,
    changes: watch::Sender<u64>,
    is_down: watch::Sender<bool>,
    reads: Mutex<BTreeMap<String, usize>>,
    writes_begun: AtomicU64,
    execs: AtomicU64,
    pub(super) tokens: AtomicU64,
    pub(super) forwards: AtomicU64,
    pub(super) local_ports: Mutex<BTreeMap<(String, String, u16), u16>>,
    pub(super) jaeger: Mutex<Jaeger>,
    is_hanging: watch::Sender<bool>,
    watches: Mutex<Vec<(String, Weak<()>)>>,
}

pub(super) fn failure(code: u16, (reason, message): (&str, &str), name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "code": code, "reason": reason,
        "message": message, "details": { "name": name },
    })
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
                if value.is_null() {
                    into.remove(key);
                } else {
                    merge(into.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (into, from) => *into = from.clone(),
    }
}

impl State {
    pub(super) fn count_exec(&self) {
        self.execs.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn execs(&self) -> u64 {
        self.execs.load(Ordering::Relaxed)
    }

    pub(super) fn switch(&self, change: impl FnOnce(&mut Switches)) {
        self.switches.send_modify(change);
        if self.switches.borrow().last_write.is_some() {
            self.writes_begun.store(0, Ordering::SeqCst);
            self.is_hanging.send_replace(false);
        }
    }

    /// Counts what is read, and keeps a request waiting while the API server hangs.
    pub(super) async fn receive(&self, method: &Method, path: &str) {
        if method == Method::GET {
            *self.reads.lock().unwrap().entry(path.to_owned()).or_default() += 1;
        }
        let mut switches = self.switches.subscribe();
        switches.wait_for(|switches| !switches.hang).await.unwrap();
    }

    /// How often this path was read so far.
    pub(super) fn count_reads(&self, path: &str) -> usize {
        self.reads.lock().unwrap().get(path).copied().unwrap_or(0)
    }

    /// Counts a watch for as long as the answer is kept.
    pub(super) fn open_watch(&self, plural: &str) -> Arc<()> {
        let token = Arc::new(());
        self.watches.lock().unwrap().push((plural.to_owned(), Arc::downgrade(&token)));
        token
    }

    /// How many watches of this plural are open.
    pub(super) fn count_watches(&self, plural: &str) -> usize {
        let watches = self.watches.lock().unwrap();
        watches.iter().filter(|(watched, token)| watched == plural && token.strong_count() > 0).count()
    }

    /// The refusal of a list, if it is to be refused.
    pub(super) fn forbid_list(&self, path: &ResourcePath) -> Option<Value> {
        let is_forbidden = self.switches.borrow().forbid_lists == Some(path.plural.as_str());
        is_forbidden.then(|| failure(403, ("Forbidden", "the list is forbidden"), ""))
    }

    /// Waits until the last write was received.
    pub(super) async fn wait_until_hanging(&self) {
        self.is_hanging.subscribe().wait_for(|is_hanging| *is_hanging).await.unwrap();
    }

    /// Numbers a write; whether it is the last one, or comes after it.
    pub(super) fn number_write(&self) -> Option<LastWrite> {
        let number = self.writes_begun.fetch_add(1, Ordering::SeqCst);
        let last = self.switches.borrow().last_write.filter(|last| number >= last.number)?;
        Some(LastWrite { is_done: last.is_done && number == last.number, ..last })
    }

    /// Never answers, and notifies `wait_until_hanging`.
    pub(super) async fn hang(&self) {
        self.is_hanging.send_replace(true);
        let mut switches = self.switches.subscribe();
        switches.wait_for(|switches| switches.last_write.is_none()).await.unwrap();
    }

    pub(super) fn set_down(&self, is_down: bool) {
        self.is_down.send_replace(is_down);
    }

    pub(super) fn is_down(&self) -> bool {
        *self.is_down.borrow()
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Waits while writes of this plural are held.
    pub(super) async fn wait_while_held(&self, plural: &str) {
        let mut switches = self.switches.subscribe();
        switches.wait_for(|switches| switches.hold != Some(plural)).await.unwrap();
    }

    /// Waits while reads of one object of this plural are held.
    pub(super) async fn wait_while_reads_held(&self, plural: &str) {
        let mut switches = self.switches.subscribe();
        switches.wait_for(|switches| switches.hold_reads != Some(plural)).await.unwrap();
    }

    /// Waits until the API server goes away.
    pub(super) async fn wait_until_down(&self) {
        self.is_down.subscribe().wait_for(|is_down| *is_down).await.unwrap();
    }

    pub(super) fn put(&self, object: &Value) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = (plural_of(&text("/kind")), text("/metadata/namespace"), text("/metadata/name"));
        let mut object = object.clone();
        self.set_status(&mut object);
        self.store(key, object, "MODIFIED");
    }

    pub(super) fn store(&self, key: Key, mut object: Value, event: &str) {
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
    fn set_status(&self, object: &mut Value) {
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
                    "podIP": "10.0.0.9",
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

    pub(super) fn get(&self, path: &ResourcePath) -> Result<Value, Value> {
        let name = path.name.clone().unwrap_or_default();
        let key = (path.plural.clone(), path.namespace.clone(), name.clone());
        let message = format!("{} \"{name}\" not found", path.plural);
        self.memory
            .lock()
            .unwrap()
            .objects
            .get(&key)
            .cloned()
            .ok_or_else(|| failure(404, ("NotFound", &message), &name))
    }

    pub(super) fn list(&self, path: &ResourcePath, query: &str) -> Value {
        let selector = Selector::parse(query);
        let name = query_value(query, "fieldSelector")
            .and_then(|value| value.strip_prefix("metadata.name=").map(str::to_owned));
        let memory = self.memory.lock().unwrap();
        let items: Vec<Value> = memory
            .objects
            .iter()
            .filter(|(key, _)| path.covers(key))
            .map(|(_, object)| object)
            .filter(|object| selector.selects(object))
            .filter(|object| name.as_deref().is_none_or(|name| object["metadata"]["name"] == name))
            .cloned()
            .collect();
        json!({
            "apiVersion": "v1", "kind": "List", "items": items,
            "metadata": { "resourceVersion": memory.version.to_string() },
        })
    }

    pub(super) fn events_since(&self, path: &ResourcePath, query: &str, since: u64) -> (Vec<Value>, u64) {
        let selector = Selector::parse(query);
        let name = query_value(query, "fieldSelector")
            .and_then(|value| value.strip_prefix("metadata.name=").map(str::to_owned));
        let memory = self.memory.lock().unwrap();
        let events = memory.events.iter().filter(|(version, key, event)| {
            *version > since
                && path.covers(key)
                && name.as_ref().is_none_or(|name| *name == key.2)
                && selector.selects(&event["object"])
        });
        (events.map(|(_, _, event)| event.clone()).collect(), memory.version)
    }

    pub(super) fn refusal(&self, path: &ResourcePath, name: &str) -> Option<Value> {
        let (plural, code, message) = self.switches.borrow().refuse?;
        (plural == path.plural).then(|| failure(code, ("", message), name))
    }

    pub(super) fn create(&self, path: &ResourcePath, body: &Value) -> Result<Value, Value> {
        let name = body["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if let Some(refusal) = self.refusal(path, &name) {
            return Err(refusal);
        }
        let there = ResourcePath { name: Some(name.clone()), ..path.clone() };
        if let Ok(object) = self.get(&there) {
            let prefix =
                if object["metadata"]["deletionTimestamp"].is_string() { "object is being deleted: " } else { "" };
            let message = format!("{prefix}{} \"{name}\" already exists", path.plural);
            return Err(failure(409, ("AlreadyExists", &message), &name));
        }
        self.apply(&there, body)
    }

    pub(super) fn apply(&self, path: &ResourcePath, body: &Value) -> Result<Value, Value> {
        let name = path.name.clone().unwrap_or_default();
        if let Some(refusal) = self.refusal(path, &name) {
            return Err(refusal);
        }
        if !path.namespace.is_empty() {
            let namespace = ResourcePath {
                plural: "namespaces".to_owned(),
                namespace: String::new(),
                name: Some(path.namespace.clone()),
                subresource: None,
            };
            if self.get(&namespace)?["metadata"]["deletionTimestamp"].is_string() {
                let mut status = failure(403, ("Forbidden", "it is being terminated"), &name);
                status["details"]["causes"] = json!([{ "reason": "NamespaceTerminating", "message": "", "field": "" }]);
                return Err(status);
            }
        }
        let mut object = self.get(path).unwrap_or(json!({}));
        merge(&mut object, body);
        self.set_status(&mut object);
        self.store((path.plural.clone(), path.namespace.clone(), name), object, "MODIFIED");
        self.get(path)
    }

    pub(super) fn delete_object(&self, kind: &str, namespace: &str, name: &str) {
        let path = ResourcePath {
            plural: plural_of(kind),
            namespace: namespace.to_owned(),
            name: Some(name.to_owned()),
            subresource: None,
        };
        self.delete(&path, &Value::Null).unwrap();
    }

    /// Every object in a namespace.
    pub(super) fn list_content(&self, namespace: &str) -> Vec<(Key, Value)> {
        let memory = self.memory.lock().unwrap();
        let held = memory.objects.iter().filter(|(key, _)| key.1 == namespace);
        held.map(|(key, object)| (key.clone(), object.clone())).collect()
    }

    /// Changes an object that is there, as a merge patch does.
    pub(super) fn patch(&self, path: &ResourcePath, body: &Value) -> Result<Value, Value> {
        let mut object = self.get(path)?;
        let name = path.name.clone().unwrap_or_default();
        if let Some(refusal) = self.refusal(path, &name) {
            return Err(refusal);
        }
        let version = &body["metadata"]["resourceVersion"];
        if !version.is_null() && *version != object["metadata"]["resourceVersion"] {
            return Err(failure(409, ("Conflict", "the object has been modified"), &name));
        }
        merge(&mut object, body);
        let key = (path.plural.clone(), path.namespace.clone(), name);
        self.store(key.clone(), object.clone(), "MODIFIED");
        if path.plural == "namespaces" {
            self.continue_deletions();
        } else {
            self.delete_if_released(key, object.clone());
        }
        Ok(object)
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
}
