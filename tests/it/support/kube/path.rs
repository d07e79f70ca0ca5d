//! The parts of a path of the Kubernetes interface, and label selectors.

use serde_json::Value;

/// The plural, the namespace and the name of an object.
pub(super) type Key = (String, String, String);

/// The resource that a request is about.
#[derive(Clone, Debug)]
pub(super) struct ResourcePath {
    pub(super) plural: String,
    pub(super) namespace: String,
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
}

impl ResourcePath {
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

    /// Whether a list or watch of this path includes an object of that key; without a namespace it is of all namespaces.
    pub(super) fn covers(&self, (plural, namespace, _): &Key) -> bool {
        *plural == self.plural && (self.namespace.is_empty() || *namespace == self.namespace)
    }
}

/// A label selector of the forms `key=value` and `key in (a,b)`.
pub(super) struct Selector(Vec<(String, Vec<String>)>);

impl Selector {
    pub(super) fn parse(query: &str) -> Self {
        let text = query_value(query, "labelSelector").unwrap_or_default().replace('+', " ");
        let mut wanted = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (term, after) = match (rest.find('('), rest.find(',')) {
                (Some(open), comma) if comma.is_none_or(|comma| open < comma) => rest.split_once(')').unwrap(),
                (_, Some(_)) => rest.split_once(',').unwrap(),
                _ => (rest, ""),
            };
            let (key, values) = term.split_once(" in (").or_else(|| term.split_once('=')).unwrap();
            let values = values.split(',').map(|value| value.trim().to_owned()).collect();
            wanted.push((key.trim().to_owned(), values));
            rest = after.trim_start_matches(',').trim();
        }
        Self(wanted)
    }

    pub(super) fn selects(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.0
            .iter()
            .all(|(key, values)| labels[key].as_str().is_some_and(|has| values.iter().any(|value| value == has)))
    }
}

pub(super) fn query_value(query: &str, key: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.filter(|(name, _)| *name == key).map(|(_, value)| value).next()?;
    Some(percent_encoding::percent_decode_str(found).decode_utf8_lossy().into_owned())
}
