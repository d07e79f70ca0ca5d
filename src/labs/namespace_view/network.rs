//! Services with their endpoints, and Mappings, as rows of tables. No I/O.

use serde::Serialize;
use serde_json::Value;

use super::fields::{list, name, pairs, text};

const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// A Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceRow {
    /// Its name.
    pub name: String,
    /// Its ports, each with where it leads.
    pub ports: String,
    /// The labels of the pods that it leads to.
    pub selector: String,
    /// How many ready pods stand behind it; unknown where the endpoints are.
    pub ready: Option<usize>,
    /// How many stand behind it that are not ready.
    pub unready: usize,
}

/// A Mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappingRow {
    /// Its name.
    pub name: String,
    /// Where requests come in.
    pub from: String,
    /// Where they go.
    pub service: String,
    /// The share of them in percent, where it does not take all.
    pub weight: Option<i64>,
}

impl ServiceRow {
    pub(super) fn of(service: &Value) -> Self {
        let number = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let port = |port: &Value| match &port["targetPort"] {
            Value::Null => number(&port["port"]),
            target => format!("{} to {}", number(&port["port"]), number(target)),
        };
        let selector = pairs(service, "/spec/selector").into_iter().map(|(key, value)| format!("{key}={value}"));
        Self {
            name: name(service),
            ports: list(service, "/spec/ports").iter().map(port).collect::<Vec<_>>().join(", "),
            selector: selector.collect::<Vec<_>>().join(", "),
            ready: None,
            unready: 0,
        }
    }

    /// Counts the pods that `slices` say stand behind it.
    pub(super) fn count_endpoints(&mut self, slices: &[Value]) {
        let own = slices.iter().filter(|slice| slice["metadata"]["labels"][SERVICE_LABEL] == *self.name);
        // A pod with addresses of two families stands in a slice of each.
        let mut seen = std::collections::BTreeMap::new();
        for endpoint in own.flat_map(|slice| list(slice, "/endpoints")) {
            let pod = text(endpoint, "/targetRef/name");
            let first = endpoint["addresses"][0].as_str().unwrap_or_default();
            let key = if pod.is_empty() { first } else { pod };
            // Where it is not said, it is ready, by the API's documentation.
            let is_ready = endpoint["conditions"]["ready"] != false;
            *seen.entry(key).or_insert(is_ready) |= is_ready;
        }
        let ready = seen.values().filter(|is_ready| **is_ready).count();
        (self.ready, self.unready) = (Some(ready), seen.len() - ready);
    }
}

impl MappingRow {
    pub(super) fn of(mapping: &Value) -> Self {
        Self {
            name: name(mapping),
            from: format!("{}{}", text(mapping, "/spec/hostname"), text(mapping, "/spec/prefix")),
            service: text(mapping, "/spec/service").to_owned(),
            weight: mapping.pointer("/spec/weight").and_then(Value::as_i64),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_and_a_mapping_say_where_they_lead() {
        let service = json!({ "metadata": { "name": "qotm" }, "spec": {
            "ports": [{ "port": 80, "targetPort": "http" }, { "port": 9090 }], "selector": { "app": "qotm" },
        } });
        let row = ServiceRow::of(&service);
        assert_eq!((row.ports.as_str(), row.selector.as_str()), ("80 to http, 9090", "app=qotm"));
        let mapping = json!({ "metadata": { "name": "m" }, "spec": {
            "hostname": "a.labs.localhost", "prefix": "/qotm/", "service": "qotm", "weight": 10,
        } });
        let row = MappingRow::of(&mapping);
        assert_eq!((row.from.as_str(), row.service.as_str(), row.weight), ("a.labs.localhost/qotm/", "qotm", Some(10)));
    }

    #[test]
    fn the_pods_behind_a_service_are_counted_once() {
        let endpoint = |pod: &str, ready: Value| json!({ "addresses": ["10.0.0.1"], "conditions": { "ready": ready }, "targetRef": { "kind": "Pod", "name": pod } });
        let slice = |service: &str, endpoints: Vec<Value>| json!({ "metadata": { "labels": { SERVICE_LABEL: service } }, "endpoints": endpoints });
        let mut row = ServiceRow::of(&json!({ "metadata": { "name": "qotm" } }));
        let (ready, not) = (Value::Bool(true), Value::Bool(false));
        row.count_endpoints(&[
            slice("qotm", vec![endpoint("a", ready.clone()), endpoint("b", not)]),
            slice("qotm", vec![endpoint("a", ready.clone()), endpoint("c", Value::Null)]),
            slice("other", vec![endpoint("d", ready)]),
        ]);
        assert_eq!((row.ready, row.unready), (Some(2), 1));
    }
}
