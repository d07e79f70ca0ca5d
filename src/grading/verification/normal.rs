//! What differs between two runs of the same work is written in one way, and what is the machine's own is left out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

/// What stands in place of each time.
const TIME: &str = "2000-01-01T00:00:00Z";
/// The same as HTTP writes it.
const HTTP_DATE: &str = "Sat, 01 Jan 2000 00:00:00 GMT";
/// Fields whose value is the machine's, and of no use to a check.
const MACHINE_FIELDS: [&str; 5] = ["nodeName", "imageID", "containerID", "hostname", "x-envoy-upstream-service-time"];
/// Fields that hold addresses of the cluster's network.
const ADDRESS_FIELDS: [&str; 10] =
    ["ip", "hostIP", "hostIPs", "podIP", "podIPs", "clusterIP", "clusterIPs", "addresses", "hostnames", "text"];
/// The same as `kubectl describe` calls them, in what a learner pastes.
const DESCRIBED_FIELDS: [&str; 3] = ["IP", "IPs", "Endpoints"];

/// Ids of objects, requests, traces and spans.
static IDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{16})\b").ok()
});
/// Times as Kubernetes and most programs write them.
static TIMES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?").ok());
/// IPv4 addresses.
static ADDRESSES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b\d{1,3}(?:\.\d{1,3}){3}\b").ok());

/// Replaces what differs between runs, the same by the same.
#[derive(Debug, Default)]
pub(super) struct Normaliser {
    /// Texts that are replaced wherever they stand: namespaces, nonces, names of pods.
    names: BTreeMap<String, String>,
    ids: BTreeMap<String, String>,
    addresses: BTreeMap<String, String>,
    /// Whether times stay as they are, for checks that compare them.
    keeps_times: bool,
}

impl Normaliser {
    /// One that has seen nothing; with `keeps_times`, times stay as they are.
    pub(super) fn new(keeps_times: bool) -> Self {
        Self { keeps_times, ..Self::default() }
    }

    /// Has `text` replaced by `by` from now on.
    pub(super) fn name(&mut self, text: &str, by: String) {
        if !text.is_empty() {
            self.names.entry(text.to_owned()).or_insert(by);
        }
    }

    /// Learns the generated names in what was read.
    pub(super) fn learn(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|one| self.learn(one)),
            Value::Object(fields) => {
                let text = |key: &str| fields.get(key).and_then(Value::as_str);
                if let (Some(name), Some(stem)) = (text("name"), text("generateName")) {
                    let number = self.names.values().filter(|known| known.starts_with(stem)).count() + 1;
                    self.name(name, format!("{stem}{number}"));
                }
                fields.values().for_each(|one| self.learn(one));
            }
            _ => {}
        }
    }

    /// Writes a value in the one way.
    pub(super) fn normalise(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.rewrite(text),
            Value::Array(values) => values.iter_mut().for_each(|one| self.normalise(one)),
            Value::Object(fields) => self.normalise_fields(fields),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn normalise_fields(&mut self, fields: &mut Map<String, Value>) {
        normalise_generations(fields);
        fields.remove("resourceVersion");
        for field in MACHINE_FIELDS {
            fields.remove(field);
        }
        for (key, value) in fields.iter_mut() {
            match value {
                Value::String(date) if key == "date" && !self.keeps_times => HTTP_DATE.clone_into(date),
                _ => self.normalise(value),
            }
            if ADDRESS_FIELDS.contains(&key.as_str()) || DESCRIBED_FIELDS.contains(&key.as_str()) {
                self.number_addresses(value);
            }
        }
    }

    fn rewrite(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, by) in &self.names {
            if text.contains(name.as_str()) {
                text = text.replace(name.as_str(), by);
            }
        }
        if let Some(times) = TIMES.as_ref().filter(|_| !self.keeps_times) {
            text = times.replace_all(&text, TIME).into_owned();
        }
        let known: Vec<String> = self.names.values().cloned().collect();
        if let Some(ids) = IDS.as_ref() {
            let replace = |found: &Captures<'_>| {
                let id = &found[0];
                // A namespace and a nonce that are written in the one way already look like ids too.
                if known.iter().any(|by| by == id) { id.to_owned() } else { number_id(&mut self.ids, id) }
            };
            text = ids.replace_all(&text, replace).into_owned();
        }
        text
    }

    /// Numbers the addresses in a value, from a network that is nobody's (RFC 5737).
    fn number_addresses(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let Some(addresses) = ADDRESSES.as_ref() else { return };
                let replace = |found: &Captures<'_>| {
                    let number = self.addresses.len() + 1;
                    let address = self.addresses.entry(found[0].to_owned());
                    address.or_insert_with(|| format!("192.0.2.{number}")).clone()
                };
                *text = addresses.replace_all(text, replace).into_owned();
            }
            Value::Array(values) => values.iter_mut().for_each(|one| self.number_addresses(one)),
            Value::Object(fields) => fields.values_mut().for_each(|one| self.number_addresses(one)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The number of an id, with as many digits as the id has.
fn number_id(ids: &mut BTreeMap<String, String>, id: &str) -> String {
    let number = ids.len() + 1;
    let numbered = || {
        let mut digits = format!("{number:032}");
        match id.len() {
            36 => [8, 13, 18, 23].iter().for_each(|at| digits.insert(*at, '-')),
            length => drop(digits.drain(..32 - length)),
        }
        digits
    };
    ids.entry(id.to_owned()).or_insert_with(numbered).clone()
}

/// How often an object was changed differs between runs; whether its controller has seen the last change does not.
fn normalise_generations(fields: &mut Map<String, Value>) {
    let number = |fields: &Map<String, Value>, part: &str, key: &str| fields.get(part)?.get(key)?.as_i64();
    let Some(generation) = number(fields, "metadata", "generation") else { return };
    let observed = number(fields, "status", "observedGeneration");
    let is_behind = observed.is_some_and(|observed| observed < generation);
    fields["metadata"]["generation"] = Value::from(if is_behind { 2 } else { 1 });
    if observed.is_some() {
        fields["status"]["observedGeneration"] = Value::from(1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a pod of a run looks like, after what differs between runs.
    fn pod(namespace: &str, suffix: &str, uid: &str, address: &str, at: &str) -> Value {
        let name = format!("qotm-7c9d-{suffix}");
        let mut pod = json!({
            "kind": "Pod",
            "metadata": {
                "name": name, "generateName": "qotm-7c9d-", "namespace": namespace, "uid": uid, "resourceVersion": suffix,
                "creationTimestamp": at, "generation": address.len(),
            },
            "spec": { "nodeName": suffix, "containers": [{ "image": "qotm:1", "env": [{ "name": "A", "value": uid }] }] },
            "status": {
                "podIP": address, "podIPs": [{ "ip": address }], "observedGeneration": address.len(),
                "containerStatuses": [{ "imageID": at, "state": { "running": { "startedAt": at } } }],
                "message": format!("{name} at {at} in {namespace}"),
            },
        });
        let mut normaliser = Normaliser::default();
        normaliser.name(namespace, "0".repeat(16));
        normaliser.learn(&pod);
        normaliser.normalise(&mut pod);
        pod
    }

    #[test]
    fn two_runs_of_the_same_work_are_written_alike() {
        let one = pod(
            "0123456789abcdef",
            "x7z2q",
            "0198f3c0-0000-7000-8000-00000000000a",
            "10.244.0.7",
            "2026-11-26T17:00:00Z",
        );
        let other = pod(
            "fedcba9876543210",
            "b4k9w",
            "0198f3c0-0000-7000-8000-00000000000b",
            "10.244.13.21",
            "2026-11-27T09:15:30.123Z",
        );
        assert_eq!(one, other);
        assert_eq!(one["metadata"]["name"], "qotm-7c9d-1");
        assert_eq!(one["metadata"]["uid"], one["spec"]["containers"][0]["env"][0]["value"]);
        assert_eq!(one["status"]["message"], format!("qotm-7c9d-1 at {TIME} in 0000000000000000"));
        assert_eq!((&one["status"]["podIP"], &one["spec"]["nodeName"]), (&json!("192.0.2.1"), &Value::Null));
        assert_eq!(one["metadata"].get("resourceVersion"), None);
    }

    #[test]
    fn a_change_that_its_controller_has_not_seen_is_kept() {
        let deployment = |generation, observed| json!({ "metadata": { "generation": generation }, "status": { "observedGeneration": observed } });
        let normal = |mut value: Value| {
            Normaliser::default().normalise(&mut value);
            value
        };
        assert_eq!(normal(deployment(7, 7)), deployment(1, 1));
        assert_eq!(normal(deployment(7, 6)), deployment(2, 1));
    }

    #[test]
    fn times_stay_where_checks_compare_them() {
        let mut value = json!({ "startedAt": "2026-11-26T17:00:00Z", "date": "Thu, 26 Nov 2026 17:00:00 GMT" });
        let before = value.clone();
        Normaliser::new(true).normalise(&mut value);
        assert_eq!(value, before);
        Normaliser::default().normalise(&mut value);
        assert_eq!(value, json!({ "startedAt": TIME, "date": HTTP_DATE }));
    }
}
