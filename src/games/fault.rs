//! The faults of a lab, each a file of its folder `faults`, and the texts that its writing begins with.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::document::{Document, DocumentKind};
use crate::labs::{Lab, ObjectTemplate, TemplateContext};
use crate::text::count_visible;
use crate::yaml::{self, Spanned};

/// What begins the names of a lab's files with faults.
const FOLDER: &str = "faults/";
/// The kinds that a fault may change, with their API versions.
const KINDS: [(&str, &str); 2] = [("apps/v1", "Deployment"), ("v1", "Service")];

/// The object that a fault changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultObject {
    /// Its API version, such as `apps/v1`.
    pub api_version: String,
    /// `Deployment` or `Service`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A change as its author writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeSource {
    object: FaultObject,
    patch: Value,
}

/// A fault as its file declares it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultSource {
    id: Spanned<String>,
    title: Spanned<String>,
    changes: Vec<Spanned<ChangeSource>>,
    shows: Spanned<String>,
    mitigation: Spanned<String>,
}

/// A change of an object by which a fault comes.
#[derive(Clone, Debug)]
pub struct Change {
    /// What is changed.
    pub object: FaultObject,
    patch: ObjectTemplate,
}

/// A fault that a game injects.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it changes, in this order.
    pub changes: Vec<Change>,
    /// What shows then.
    pub shows: String,
    /// What mitigates it.
    pub mitigation: String,
}

impl Fault {
    fn read(name: &str, source: &str) -> anyhow::Result<Self> {
        let read: FaultSource = yaml::read_file(name, source)?;
        let id = &read.id.value;
        let is_id = !id.is_empty() && id.bytes().all(|one| one.is_ascii_lowercase() || one == b'-');
        anyhow::ensure!(is_id, "{name}:{}: id has lower-case letters and dashes alone", yaml::line_of(&read.id));
        for (key, text) in [("title", &read.title), ("shows", &read.shows), ("mitigation", &read.mitigation)] {
            anyhow::ensure!(count_visible(&text.value) > 0, "{name}:{}: {key} says nothing", yaml::line_of(text));
        }
        anyhow::ensure!(!read.changes.is_empty(), "{name}:1: changes is empty; a fault changes something");
        let mut changes = Vec::new();
        for change in read.changes {
            let line = yaml::line_of(&change);
            changes.push(Change::check(change.value).map_err(|fault| anyhow::anyhow!("{name}:{line}: {fault:#}"))?);
        }
        Ok(Self {
            id: read.id.value,
            title: read.title.value,
            changes,
            shows: read.shows.value,
            mitigation: read.mitigation.value,
        })
    }
}

impl Change {
    fn check(source: ChangeSource) -> anyhow::Result<Self> {
        let ChangeSource { object, mut patch } = source;
        let is_known = KINDS.contains(&(object.api_version.as_str(), object.kind.as_str()));
        anyhow::ensure!(is_known, "a fault changes a Deployment of apps/v1 or a Service of v1");
        let has_spec = patch.get("spec").is_some_and(Value::is_object);
        let fields = patch.as_object_mut().filter(|fields| fields.keys().all(|key| key == "spec" || key == "metadata"));
        let fields = fields.filter(|_| has_spec).context("patch changes spec, and metadata at the most beside it")?;
        fields.insert("apiVersion".to_owned(), json!(object.api_version));
        fields.insert("kind".to_owned(), json!(object.kind));
        let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
        metadata.as_object_mut().context("metadata is no map")?.insert("name".to_owned(), json!(object.name));
        let patch = ObjectTemplate::new(patch, &BTreeMap::new())?;
        Ok(Self { object, patch })
    }

    /// What is sent to change the object, for one session.
    pub(super) fn patch(&self, context: &TemplateContext<'_>) -> anyhow::Result<Value> {
        self.patch.fill(context)
    }
}

/// What a lab has for games.
#[derive(Clone, Debug)]
pub struct GamePlan {
    /// Its faults, in the order of their files.
    pub faults: Vec<Fault>,
    /// The path that its load asks for.
    pub path: String,
    /// What a runbook begins as.
    pub runbook: String,
    /// What a postmortem begins as, with places for what is measured.
    pub postmortem: String,
}

impl GamePlan {
    /// That of a lab; `None` where it has no faults. The error names file and line.
    pub(super) fn read(lab: &Lab) -> anyhow::Result<Option<Self>> {
        let mut faults: Vec<Fault> = Vec::new();
        for (path, source) in lab.game_files.iter().filter(|(path, _)| path.starts_with(FOLDER)) {
            let name = format!("labs/{}/{path}", lab.name);
            let fault = Fault::read(&name, source)?;
            anyhow::ensure!(
                faults.iter().all(|one| one.id != fault.id),
                "{name}:1: another fault is called {}",
                fault.id
            );
            faults.push(fault);
        }
        if faults.is_empty() {
            return Ok(None);
        }
        let path = lab.game_path.clone();
        let path =
            path.with_context(|| format!("labs/{}/lab.yaml: game_path is missing; games measure it", lab.name))?;
        let template = |file: &str, kind: DocumentKind| {
            let name = format!("labs/{}/{file}", lab.name);
            let text = lab.game_files.get(file).ok_or_else(|| anyhow::anyhow!("{name} is missing"))?;
            let missing = Document::read(text).missing(kind);
            anyhow::ensure!(missing.is_empty(), "{name}:1: it has no section {}", missing.join(", none "));
            Ok::<_, anyhow::Error>(text.clone())
        };
        let (runbook, postmortem) =
            (template("runbook.md", DocumentKind::Runbook)?, template("postmortem.md", DocumentKind::Postmortem)?);
        Ok(Some(Self { faults, path, runbook, postmortem }))
    }

    /// The fault of an id.
    pub fn find(&self, id: &str) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.id == id)
    }
}

/// The plans of every lab that has one.
pub(super) fn read_plans(labs: &[Lab]) -> anyhow::Result<BTreeMap<String, GamePlan>> {
    let mut plans = BTreeMap::new();
    for lab in labs {
        if let Some(plan) = GamePlan::read(lab)? {
            plans.insert(lab.name.clone(), plan);
        }
    }
    Ok(plans)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULT: &str = "id: zero\ntitle: Scaled to zero\nshows: A 503.\nmitigation: Scale it.\nchanges:\n\
                         - object: { apiVersion: apps/v1, kind: Deployment, name: qotm }\n  patch:\n\
                         \x20   spec: { replicas: 0 }\n";

    #[test]
    fn a_fault_names_the_line_of_what_is_wrong() {
        assert!(Fault::read("f", FAULT).is_ok());
        for (before, after, told) in [
            ("id: zero", "id: Zero 1", "f:1: id has"),
            ("title: Scaled to zero", "title: ' '", "f:2: title says nothing"),
            ("kind: Deployment", "kind: Secret", "f:6: a fault changes"),
            ("    spec: { replicas: 0 }", "    status: { replicas: 0 }", "f:6: patch changes"),
            ("replicas: 0", "replicas: '{{ none.such }}'", "f:6: "),
            ("shows: A 503.", "show: A 503.", "f:3: "),
        ] {
            let fault = Fault::read("f", &FAULT.replace(before, after)).unwrap_err().to_string();
            assert!(fault.starts_with(told), "{fault}");
        }
    }
}
