//! The objects of some kinds as their watches report them, so that they are read without a request.
//!
//! Objects are kept as JSON text, which takes a fraction of the memory of the same object as values, and parsed by whoever
//! reads them.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Arc, PoisonError, RwLock};

use kube::api::DynamicObject;
use kube::runtime::watcher::Event;
use serde_json::Value;

use super::Cluster;
use super::label_selector::LabelSelector;

/// A kind whose objects are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CachedKind {
    /// Its API version, such as `apps/v1`.
    pub api_version: String,
    /// The kind, such as `Deployment`.
    pub kind: String,
}

/// What of a kind is kept.
#[derive(Clone, Copy, Debug)]
pub struct CacheRules {
    /// Whether the objects of a namespace are.
    pub keeps: fn(&str) -> bool,
    /// Takes out of an object what is not to be kept.
    pub trim: fn(&mut Value),
}

/// Nothing can be said of a kind: it is not watched, or its watch is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotCached;

/// Every kind that is kept; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectCache(Arc<RwLock<BTreeMap<CachedKind, Arc<KindCache>>>>);

impl ObjectCache {
    /// The objects of a kind, none of them known yet unless it is kept already.
    pub(super) fn open(&self, kind: &CachedKind) -> Arc<KindCache> {
        let mut kinds = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(kinds.entry(kind.clone()).or_default())
    }

    fn find(&self, api_version: &str, kind: &str) -> Result<Arc<KindCache>, NotCached> {
        let wanted = CachedKind { api_version: api_version.to_owned(), kind: kind.to_owned() };
        let kinds = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kinds.get(&wanted).cloned().ok_or(NotCached)
    }
}

/// The objects of one kind.
#[derive(Debug, Default)]
pub(super) struct KindCache(RwLock<KindState>);

type Namespaces = HashMap<String, BTreeMap<String, Entry>>;

#[derive(Debug, Default)]
struct KindState {
    /// Whether the objects were listed, and the watch has not been interrupted since its last event.
    is_current: bool,
    namespaces: Namespaces,
    /// What a list that is under way has brought so far.
    listed: Namespaces,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// Of all but the version, which grows with changes that are of no account.
    content: u64,
    json: Box<str>,
}

impl Entry {
    fn of(object: &Value) -> Self {
        let mut rest = object.clone();
        if let Some(metadata) = rest.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("resourceVersion");
        }
        let mut hasher = DefaultHasher::new();
        rest.to_string().hash(&mut hasher);
        Self { content: hasher.finish(), json: object.to_string().into() }
    }
}

impl KindCache {
    /// Takes over an event; answers the namespaces in which something changed by it.
    pub(super) fn take(&self, kind: &CachedKind, rules: CacheRules, event: Event<DynamicObject>) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Init => state.listed.clear(),
            Event::InitApply(object) => {
                if let Some((namespace, name, entry)) = read(kind, rules, object) {
                    state.listed.entry(namespace).or_default().insert(name, entry);
                }
            }
            Event::InitDone => {
                let listed = std::mem::take(&mut state.listed);
                let before = std::mem::replace(&mut state.namespaces, listed);
                let all = before.keys().chain(state.namespaces.keys());
                changed = all.filter(|name| differs(before.get(*name), state.namespaces.get(*name))).cloned().collect();
                state.is_current = true;
            }
            Event::Apply(object) => {
                if let Some((namespace, name, entry)) = read(kind, rules, object) {
                    let content = entry.content;
                    let old = state.namespaces.entry(namespace.clone()).or_default().insert(name, entry);
                    if old.is_none_or(|old| old.content != content) {
                        changed.insert(namespace);
                    }
                }
                state.is_current = true;
            }
            Event::Delete(object) => {
                let namespace = object.metadata.namespace.unwrap_or_default();
                if let Some(objects) = state.namespaces.get_mut(&namespace)
                    && objects.remove(object.metadata.name.as_deref().unwrap_or_default()).is_some()
                {
                    if objects.is_empty() {
                        state.namespaces.remove(&namespace);
                    }
                    changed.insert(namespace);
                }
                state.is_current = true;
            }
        }
        changed
    }

    /// The watch is interrupted: what is kept may be old until its next event.
    pub(super) fn interrupt(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).is_current = false;
    }

    /// Forgets all, since it may be of another cluster.
    pub(super) fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = KindState::default();
    }

    fn list(&self, namespace: &str, selects: impl Fn(&str) -> bool) -> Result<Vec<Value>, NotCached> {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if !state.is_current {
            return Err(NotCached);
        }
        let objects = state.namespaces.get(namespace).into_iter().flatten().filter(|(name, _)| selects(name));
        objects.map(|(_, entry)| serde_json::from_str(&entry.json).map_err(|_fault| NotCached)).collect()
    }
}

/// An object's namespace, its name and what is kept of it; `None` for one that is not kept.
fn read(kind: &CachedKind, rules: CacheRules, object: DynamicObject) -> Option<(String, String, Entry)> {
    let namespace = object.metadata.namespace.clone().filter(|namespace| (rules.keeps)(namespace))?;
    let name = object.metadata.name.clone()?;
    let mut value = serde_json::to_value(object).ok()?;
    // The API server leaves the type out of a list's items.
    value["apiVersion"] = kind.api_version.clone().into();
    value["kind"] = kind.kind.clone().into();
    (rules.trim)(&mut value);
    Some((namespace, name, Entry::of(&value)))
}

fn differs(before: Option<&BTreeMap<String, Entry>>, after: Option<&BTreeMap<String, Entry>>) -> bool {
    let contents = |objects: Option<&BTreeMap<String, Entry>>| -> Vec<(String, u64)> {
        let objects = objects.into_iter().flatten();
        objects.map(|(name, entry)| (name.clone(), entry.content)).collect()
    };
    contents(before) != contents(after)
}

impl Cluster {
    /// An object as its watch has last reported it, `None` when there is none of that name.
    pub fn find_cached(
        &self,
        (api_version, kind): (&str, &str),
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, NotCached> {
        let found = self.cache.find(api_version, kind)?.list(namespace, |other| other == name)?;
        Ok(found.into_iter().next())
    }

    /// The objects of a kind in a namespace, or those that `labels` selects, as their watch has last reported them, by name.
    pub fn list_cached(
        &self,
        (api_version, kind): (&str, &str),
        namespace: &str,
        labels: Option<&str>,
    ) -> Result<Vec<Value>, NotCached> {
        let selector = LabelSelector::parse(labels.unwrap_or_default()).map_err(|_fault| NotCached)?;
        let mut found = self.cache.find(api_version, kind)?.list(namespace, |_any| true)?;
        found.retain(|object| selector.selects(&object["metadata"]["labels"]));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NAMESPACE: &str = "0123456789abcdef";

    fn kind() -> CachedKind {
        CachedKind { api_version: "v1".to_owned(), kind: "Service".to_owned() }
    }

    fn object(namespace: &str, name: &str, version: &str, port: u16) -> DynamicObject {
        serde_json::from_value(json!({
            "metadata": { "namespace": namespace, "name": name, "resourceVersion": version, "managedFields": [] },
            "spec": { "port": port },
        }))
        .unwrap()
    }

    fn take(cache: &KindCache, event: Event<DynamicObject>) -> Vec<String> {
        let trim = |object: &mut Value| {
            object["metadata"].as_object_mut().unwrap().remove("managedFields");
        };
        let rules = CacheRules { keeps: |namespace| namespace != "kube-system", trim };
        cache.take(&kind(), rules, event).into_iter().collect()
    }

    fn list(cache: &KindCache) -> Result<Vec<(String, String)>, NotCached> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let facts = |object: &Value| (text(&object["metadata"]["name"]), text(&object["metadata"]["resourceVersion"]));
        Ok(cache.list(NAMESPACE, |_any| true)?.iter().map(facts).collect())
    }

    #[test]
    fn nothing_is_said_before_the_first_list_is_whole_nor_after_an_interruption() {
        let cache = KindCache::default();
        assert_eq!(list(&cache), Err(NotCached));
        take(&cache, Event::Init);
        assert!(take(&cache, Event::InitApply(object(NAMESPACE, "a", "1", 80))).is_empty());
        assert_eq!(list(&cache), Err(NotCached));
        assert_eq!(take(&cache, Event::InitDone), [NAMESPACE]);
        assert_eq!(list(&cache).unwrap(), [("a".to_owned(), "1".to_owned())]);
        cache.interrupt();
        assert_eq!(list(&cache), Err(NotCached));
        take(&cache, Event::Apply(object(NAMESPACE, "a", "2", 80)));
        assert_eq!(list(&cache).unwrap(), [("a".to_owned(), "2".to_owned())]);
        cache.clear();
        assert_eq!(list(&cache), Err(NotCached));
    }

    #[test]
    fn a_change_is_one_of_the_content_and_what_is_read_is_the_newest_version() {
        let cache = KindCache::default();
        take(&cache, Event::InitDone);
        assert_eq!(take(&cache, Event::Apply(object(NAMESPACE, "b", "1", 80))), [NAMESPACE]);
        assert_eq!(take(&cache, Event::Apply(object(NAMESPACE, "a", "2", 80))), [NAMESPACE]);
        assert!(take(&cache, Event::Apply(object(NAMESPACE, "a", "3", 80))).is_empty());
        assert_eq!(take(&cache, Event::Apply(object(NAMESPACE, "a", "4", 81))), [NAMESPACE]);
        let expected = [("a".to_owned(), "4".to_owned()), ("b".to_owned(), "1".to_owned())];
        assert_eq!(list(&cache).unwrap(), expected);
        assert_eq!(take(&cache, Event::Delete(object(NAMESPACE, "a", "5", 81))), [NAMESPACE]);
        assert!(take(&cache, Event::Delete(object(NAMESPACE, "a", "5", 81))).is_empty());
        assert_eq!(list(&cache).unwrap().len(), 1);
        let read = &cache.list(NAMESPACE, |_any| true).unwrap()[0];
        assert_eq!((&read["kind"], &read["metadata"]["managedFields"]), (&json!("Service"), &Value::Null));
    }

    #[test]
    fn a_new_list_takes_the_place_of_what_is_kept_and_tells_what_differs() {
        let cache = KindCache::default();
        take(&cache, Event::InitDone);
        for name in ["a", "b"] {
            take(&cache, Event::Apply(object(NAMESPACE, name, "1", 80)));
            take(&cache, Event::Apply(object("fedcba9876543210", name, "1", 80)));
        }
        take(&cache, Event::Init);
        for event in [object(NAMESPACE, "b", "9", 80), object("fedcba9876543210", "a", "1", 80)] {
            take(&cache, Event::InitApply(event));
        }
        take(&cache, Event::InitApply(object("fedcba9876543210", "b", "1", 80)));
        assert_eq!(take(&cache, Event::InitDone), [NAMESPACE]);
        assert_eq!(list(&cache).unwrap(), [("b".to_owned(), "9".to_owned())]);
    }

    #[test]
    fn what_belongs_to_no_session_is_not_kept() {
        let cache = KindCache::default();
        take(&cache, Event::InitDone);
        assert!(take(&cache, Event::Apply(object("kube-system", "a", "1", 80))).is_empty());
        assert!(cache.list("kube-system", |_any| true).unwrap().is_empty());
    }
}
