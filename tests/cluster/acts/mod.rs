//! What a learner may try, as data: `hostile/*.yaml` must be refused with helpful messages, `lawful/*.yaml` must pass.
//!
//! An act creates a base of `bases.yaml` with some of its fields set, or sends a request of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy::yaml;
use serde::Deserialize;
use serde_json::{Value, json};

/// One thing that a learner tries.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Act {
    /// What it is.
    pub title: String,
    /// The base that it creates.
    pub create: Option<String>,
    /// Fields of the base, by their JSON pointers; null takes one away.
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    /// A request, for what is not the creation of an object.
    pub request: Option<Request>,
    /// How many times it is done at the most, until it is refused; the names differ.
    #[serde(default = "once")]
    pub times: usize,
    /// What a refusal says that passes by itself after a while.
    pub wait_while: Option<String>,
    /// A field that the API server may drop where a feature is switched off, which makes the rest harmless.
    pub unless_without: Option<String>,
    /// What refuses it: the name of a policy, or `rights`, `quota`, `pod security`, `api`.
    #[serde(default)]
    pub by: String,
    /// What the refusal says, so that the learner knows what to do in its place.
    #[serde(default)]
    pub says: Vec<String>,
}

/// A request to the API server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub verb: String,
    pub path: String,
    #[serde(default)]
    pub body: Value,
    #[serde(default = "json_type")]
    pub content_type: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

impl Request {
    pub(crate) fn creation(path: String, object: Value) -> Self {
        Self { verb: "POST".to_owned(), path, body: object, content_type: json_type(), headers: BTreeMap::new() }
    }

    /// Deletes an object with what it made: the pods of a Job would otherwise stay, and count in the quota.
    pub(crate) fn deletion(path: String) -> Self {
        let body = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background" });
        Self { verb: "DELETE".to_owned(), path, body, content_type: json_type(), headers: BTreeMap::new() }
    }
}

fn once() -> usize {
    1
}

fn json_type() -> String {
    "application/json".to_owned()
}

/// The values of the variables in the files.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub namespace: &'a str,
    pub other: &'a str,
    /// A pod of the lab's service.
    pub pod: &'a str,
    /// The value of the label that the platform's own objects have.
    pub installation: &'a str,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/acts")
}

fn read(path: &Path, names: Names<'_>) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    [
        ("$NAMESPACE", names.namespace),
        ("$OTHER", names.other),
        ("$POD", names.pod),
        ("$DOMAIN", "labs.localhost"),
        ("$LONG", &"x".repeat(600_000)),
        ("$PAGES", &"x".repeat(100_000)),
        ("$CHAPTER", &"x".repeat(6_000)),
        ("$VOLUMES", &"x".repeat(250_000)),
        // Four bytes each.
        ("$FACES", &"\u{1f600}".repeat(9_000)),
        ("$FIELDS", &list(1_200, |number| format!("f:{}-{number}: {{}}", "k".repeat(200)))),
        ("$FINALIZERS", &list(3_000, |number| format!("example.org/never-{number}"))),
        ("$LABELS", &list(4_000, |number| format!("{}-{number}: a", "k".repeat(50)))),
        ("$MINUTES", &"1,".repeat(400_000)),
        ("$INSTALLATION", names.installation),
    ]
    .iter()
    .fold(text, |text, (name, value)| text.replace(name, value))
}

/// Entries of a list or map in YAML.
fn list(count: usize, entry: impl Fn(usize) -> String) -> String {
    (0..count).map(entry).collect::<Vec<_>>().join(", ")
}

/// Every act of a folder, in the order of its files.
pub(crate) fn load(kind: &str, names: Names<'_>) -> Vec<Act> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder().join(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| -> Vec<Act> {
        yaml::read(&read(file, names)).unwrap_or_else(|fault| panic!("{}: {fault}", file.display()))
    };
    files.iter().flat_map(read).collect()
}

/// The objects that acts start from.
pub(crate) struct Bases(BTreeMap<String, Value>);

impl Bases {
    pub(crate) fn load(names: Names<'_>) -> Self {
        Self(yaml::read(&read(&folder().join("bases.yaml"), names)).unwrap())
    }

    /// The object that the act creates, called `name` unless the act names it.
    pub(crate) fn object(&self, act: &Act, name: &str) -> Option<Value> {
        let base = act.create.as_ref()?;
        let mut object = self.0.get(base).unwrap_or_else(|| panic!("{}: no base {base}", act.title)).clone();
        object["metadata"]["name"] = name.into();
        for (pointer, value) in &act.set {
            set(&mut object, pointer, value);
        }
        Some(object)
    }
}

/// Sets what the pointer names, making the maps on its way; `-` is a list's next place.
fn set(object: &mut Value, pointer: &str, value: &Value) {
    let mut parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let last = parts.pop().unwrap();
    let mut place = object;
    for part in parts {
        place = match place {
            Value::Array(items) => &mut items[part.parse::<usize>().unwrap()],
            place => {
                if place[&part].is_null() {
                    place[&part] = json!({});
                }
                &mut place[&part]
            }
        };
    }
    match place {
        Value::Array(items) if last == "-" => items.push(value.clone()),
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value.clone(),
        place if value.is_null() => drop(place.as_object_mut().unwrap().remove(&last)),
        place => place[&last] = value.clone(),
    }
}

/// The path below which objects of this kind are made, and the resource's own name.
pub(crate) fn collection(object: &Value, namespace: &str) -> (String, String) {
    let (version, kind) = (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap().to_lowercase());
    let plural = match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => kind,
        None => format!("{kind}s"),
    };
    let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
    (format!("{root}/namespaces/{namespace}/{plural}"), plural)
}
