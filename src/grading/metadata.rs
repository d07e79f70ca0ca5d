//! The functions of expressions that read an object's metadata.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::core::cel::cel::Value as CelValue;
use kube::core::cel::cel::objects::Key;

use crate::ownership::{self, Dependencies, Notes, Score};

/// One entry of a map in an object's metadata, empty when it is not there.
pub(super) fn entry(object: &CelValue, map: &str, key: &str) -> Arc<String> {
    let found = get(object, "metadata").and_then(|metadata| get(metadata, map)).and_then(|map| get(map, key));
    match found {
        Some(CelValue::String(text)) => Arc::clone(text),
        _ => Arc::default(),
    }
}

/// What is wrong with the annotations of a Service by itself.
pub(super) fn lint(service: &CelValue) -> Arc<Vec<CelValue>> {
    to_list(ownership::lint(&read(service)).iter().map(ToString::to_string))
}

/// The ownership score of a Service.
pub(super) fn ownership(service: &CelValue) -> i64 {
    Score::of(&read(service)).points.into()
}

/// The names of Services that a Service says it depends on.
pub(super) fn dependencies(service: &CelValue) -> Arc<Vec<CelValue>> {
    to_list(Dependencies::of(&read(service)).names().iter().cloned())
}

fn read(service: &CelValue) -> Notes {
    let texts = |field: &str| {
        let Some(CelValue::Map(map)) = get(service, "metadata").and_then(|metadata| get(metadata, field)) else {
            return BTreeMap::new();
        };
        let entries = map.map.iter().filter_map(|entry| match entry {
            (Key::String(key), CelValue::String(text)) => Some((key.to_string(), text.to_string())),
            _ => None,
        });
        entries.collect()
    };
    let name = match get(service, "metadata").and_then(|metadata| get(metadata, "name")) {
        Some(CelValue::String(name)) => name.to_string(),
        _ => String::new(),
    };
    Notes { name, annotations: texts("annotations"), labels: texts("labels") }
}

fn to_list(texts: impl Iterator<Item = String>) -> Arc<Vec<CelValue>> {
    Arc::new(texts.map(|text| CelValue::String(Arc::new(text))).collect())
}

fn get<'a>(value: &'a CelValue, key: &str) -> Option<&'a CelValue> {
    match value {
        CelValue::Map(map) => map.get(&Key::from(key)),
        _ => None,
    }
}
