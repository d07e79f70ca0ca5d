//! The labs on offer, read once from `labs/<lab>/`: `lab.yaml`, the guide, and the objects to apply.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use rust_embed::RustEmbed;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::guide::Guide;
use super::load::LabLoad;
use super::objects::ObjectTemplate;
use super::products::UsedProduct;
use super::solution::{Solution, read_solution};
use super::web_pages::WebPage;
use crate::cluster::PartKind;
use crate::lessons::Highlighter;
use crate::text::count_visible;
use crate::yaml;

/// How long a lab may take or live, in minutes: a week.
const MAX_MINUTES: i64 = 7 * 24 * 60;
/// What a runbook and a postmortem begin as.
const GAME_TEXTS: [&str; 2] = ["runbook.md", "postmortem.md"];
/// How often a session may be extended.
const MAX_EXTENSIONS: i64 = 100;
/// The kinds that can be waited for.
const WORKLOAD_KINDS: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "Pod"];

#[derive(RustEmbed)]
#[folder = "labs"]
#[exclude = "*.json"]
// What was recorded of a lab is for those who work on it, in a folder of labs, and as large as all the rest.
#[exclude = "*/fixtures/*"]
struct Embedded;

/// A workload that must be ready before the learner begins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Its kind.
    #[schemars(extend("enum" = WORKLOAD_KINDS))]
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl Workload {
    /// The API version of its kind.
    pub fn api_version(&self) -> &'static str {
        if self.kind == "Pod" { "v1" } else { "apps/v1" }
    }
}

/// One lab, as its author wrote it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// The name in addresses, which is the folder's.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub name: String,
    /// What it is called.
    #[schemars(length(min = 1))]
    pub title: String,
    /// One sentence on what the learner does.
    #[schemars(length(min = 1))]
    pub summary: String,
    /// How long it takes, in minutes.
    #[schemars(range(min = 1, max = MAX_MINUTES))]
    pub minutes: i64,
    /// How long a session lives, in minutes.
    #[schemars(range(min = 1, max = MAX_MINUTES))]
    pub time_to_live_minutes: i64,
    /// What one extension adds, in minutes.
    #[schemars(range(min = 1, max = MAX_MINUTES))]
    pub extend_minutes: i64,
    /// How often a session may be extended.
    #[schemars(range(min = 0, max = MAX_EXTENSIONS))]
    pub max_extensions: i64,
    /// The file that holds the guide, beside this one.
    #[serde(rename = "guide")]
    pub guide_file: String,
    /// The guide, rendered.
    #[serde(skip)]
    pub guide: Guide,
    /// The guide, as its author wrote it.
    #[serde(skip)]
    pub guide_source: String,
    /// The parts of the cluster that it needs.
    #[serde(default)]
    pub requires: Vec<PartKind>,
    /// What its learners use without it being required; the lab's page says what of it is a stand-in.
    #[serde(default)]
    pub uses: Vec<UsedProduct>,
    /// What must be ready before the learner begins, beside the toolbox.
    #[serde(default)]
    pub ready: Vec<Workload>,
    /// The web pages of a running session.
    #[serde(default)]
    pub web: Vec<WebPage>,
    /// Whether a learner may open any Service of their namespace as a web page. A learner can forward its port anyway; a lab
    /// leaves this off whose subject is how a Service is reached.
    #[serde(default)]
    pub web_services: bool,
    /// What the platform sends to a running session when its learner says so.
    #[serde(default)]
    pub loads: Vec<LabLoad>,
    /// The path that a game asks for, where the folder `faults` has something to break in one.
    #[serde(default)]
    pub game_path: Option<String>,
    /// Limits of the namespace's quota other than the defaults.
    #[serde(default)]
    #[schemars(schema_with = "super::quota::schema")]
    pub quota: BTreeMap<String, String>,
    /// The variable `values` of objects and checks.
    #[serde(default)]
    pub values: BTreeMap<String, Value>,
    /// The graded tasks, beside those in the files of `tasks/`.
    // Grading reads them, and gives the schema of them.
    #[serde(default)]
    #[schemars(with = "Vec<Value>")]
    pub tasks: IgnoredAny,
    /// The files that have its graded tasks, in their order.
    #[serde(skip)]
    pub task_files: Vec<TaskFile>,
    /// The objects, with their placeholders.
    #[serde(skip)]
    pub objects: Vec<ObjectTemplate>,
    /// What games are made of: the files of the folder `faults`, and the texts that writing begins with, by their paths.
    #[serde(skip)]
    pub game_files: BTreeMap<String, String>,
    /// The author's solution, for `lab verify`.
    #[serde(skip)]
    pub solution: Option<Solution>,
}

/// A file with graded tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFile {
    /// Its name, from the folder of all labs on, as faults name it.
    pub name: String,
    /// Its text.
    pub source: String,
    /// Whether it is one task, a file of `tasks/`, and not a `lab.yaml` with a list of them.
    pub is_one_task: bool,
}

/// Every lab on offer, in the order of their names.
#[derive(Clone, Debug)]
pub struct Catalogue {
    labs: Arc<Vec<Lab>>,
}

impl Catalogue {
    /// Reads the labs built into the program, or those of `folder`; a fault names the file.
    pub fn load(folder: Option<&Path>, highlighter: &Highlighter) -> anyhow::Result<Self> {
        let files = match folder {
            Some(folder) => read_folder(folder)?,
            None => read_embedded()?,
        };
        let names = files.keys().filter_map(|path| path.strip_suffix("/lab.yaml")).filter(|name| !name.contains('/'));
        let labs = names.map(|name| read_lab(name, &files, highlighter)).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self { labs: Arc::new(labs) })
    }

    /// Every lab.
    pub fn list(&self) -> &[Lab] {
        &self.labs
    }

    /// The lab of that name.
    pub fn find(&self, name: &str) -> Option<&Lab> {
        self.labs.iter().find(|lab| lab.name == name)
    }

    /// The names of all labs, for the check that lessons name no other.
    pub fn names(&self) -> Vec<String> {
        self.labs.iter().map(|lab| lab.name.clone()).collect()
    }
}

fn read_lab(name: &str, files: &BTreeMap<String, String>, highlighter: &Highlighter) -> anyhow::Result<Lab> {
    let path = format!("{name}/lab.yaml");
    let source = files.get(&path).with_context(|| format!("labs/{path} is missing"))?;
    let mut lab: Lab = yaml::read_file(&format!("labs/{path}"), source)?;
    let faults = lab.faults(name);
    anyhow::ensure!(faults.is_empty(), "labs/{path}: {}", faults.join("; "));
    let guide = format!("{name}/{}", lab.guide_file);
    let text = files.get(&guide).with_context(|| format!("labs/{path} names labs/{guide}, which is missing"))?;
    lab.guide_source.clone_from(text);
    lab.guide = Guide::render(&format!("labs/{guide}"), text, highlighter)?;
    let objects = format!("{name}/objects/");
    for (path, source) in files.range(objects.clone()..).take_while(|(path, _)| path.starts_with(&objects)) {
        let templates = ObjectTemplate::parse_all(source, &lab.values).with_context(|| format!("labs/{path}"))?;
        lab.objects.extend(templates);
    }
    lab.solution = read_solution(name, files)?;
    lab.task_files = list_task_files(name, files);
    let of_game = files.iter().filter_map(|(path, text)| Some((path.strip_prefix(&format!("{name}/"))?, text)));
    let of_game = of_game.filter(|(path, _)| path.starts_with("faults/") || GAME_TEXTS.contains(path));
    lab.game_files = of_game.map(|(path, text)| (path.to_owned(), text.clone())).collect();
    Ok(lab)
}

/// `lab.yaml`, and each file of `tasks/` in the order of their names.
fn list_task_files(name: &str, files: &BTreeMap<String, String>) -> Vec<TaskFile> {
    let lab = format!("{name}/lab.yaml");
    let folder = format!("{name}/tasks/");
    let of_folder = files.range(folder.clone()..).take_while(|(path, _)| path.starts_with(&folder));
    let all = files
        .get_key_value(&lab)
        .into_iter()
        .chain(of_folder.filter(|(path, _)| Path::new(path).extension().is_some_and(|one| one == "yaml")));
    let file = |(path, source): (&String, &String)| TaskFile {
        name: format!("labs/{path}"),
        source: source.clone(),
        is_one_task: *path != lab,
    };
    all.map(file).collect()
}

impl Lab {
    fn faults(&self, folder: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let is_slug = |text: &str| {
            !text.is_empty()
                && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
        };
        if self.name != folder || !is_slug(&self.name) {
            faults.push(format!("name must be {folder:?}, like its folder, in lower-case letters, digits and dashes"));
        }
        for (key, minutes) in [
            ("minutes", self.minutes),
            ("time_to_live_minutes", self.time_to_live_minutes),
            ("extend_minutes", self.extend_minutes),
        ] {
            if !(1..=MAX_MINUTES).contains(&minutes) {
                faults.push(format!("{key} must be from 1 to {MAX_MINUTES}"));
            }
        }
        for (key, text) in [("title", &self.title), ("summary", &self.summary)] {
            if count_visible(text) == 0 {
                faults.push(format!("{key} says nothing; learners choose by it"));
            }
        }
        faults.extend(super::quota::find_faults(&self.quota));
        if !(0..=MAX_EXTENSIONS).contains(&self.max_extensions) {
            faults.push(format!("max_extensions must be from 0 to {MAX_EXTENSIONS}"));
        }
        for (place, page) in self.web.iter().enumerate() {
            if self.web[..place].iter().any(|other| other.name == page.name) {
                faults.push(format!("web: two pages are called {}", page.name));
            }
        }
        faults.extend(super::load::find_faults(&self.loads, &self.requires));
        for workload in &self.ready {
            if !WORKLOAD_KINDS.contains(&workload.kind.as_str()) {
                faults.push(format!("ready: {} is not a kind that can be waited for", workload.kind));
            }
        }
        faults
    }
}

fn read_embedded() -> anyhow::Result<BTreeMap<String, String>> {
    Embedded::iter()
        .filter(|path| is_read(path))
        .map(|path| {
            let file = Embedded::get(&path).with_context(|| format!("labs/{path} vanished"))?;
            let text = String::from_utf8(file.data.into_owned()).with_context(|| format!("labs/{path}"))?;
            Ok((path.into_owned(), text))
        })
        .collect()
}

fn read_folder(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            if is_read(&name) {
                let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                files.insert(name, text);
            }
        }
    }
    Ok(files)
}

fn is_read(path: &str) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "md" | "sh"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAB: &str = "name: demo\ntitle: Demo\nsummary: Do.\nminutes: 5\ntime_to_live_minutes: 60\nextend_minutes: 30\n\
                       max_extensions: 1\nguide: guide.md\nquota: { pods: '5' }\nvalues: { replicas: 2 }\n";

    fn load(files: &[(&str, &str)]) -> anyhow::Result<Catalogue> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Catalogue::load(Some(folder.path()), &Highlighter::load())
    }

    #[test]
    fn the_shipped_labs_load() {
        assert!(Catalogue::load(None, &Highlighter::load()).unwrap().find("service-annotations").is_some());
    }

    #[test]
    fn a_lab_brings_its_guide_objects_and_tasks() {
        let lab = format!("{LAB}tasks: [{{ id: one }}]\n");
        let task = "id: two\n";
        let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { who: \"{{ learner }}\" }\n";
        let catalogue = load(&[
            ("demo/lab.yaml", &lab),
            ("demo/guide.md", "## Begin"),
            ("demo/objects/a.yaml", object),
            ("demo/tasks/01-two.yaml", task),
        ])
        .unwrap();
        let lab = catalogue.find("demo").unwrap();
        assert!(lab.guide.html().contains("id=\"_begin\""), "{}", lab.guide.html());
        assert_eq!(lab.objects.len(), 1);
        let files: Vec<(&str, bool)> =
            lab.task_files.iter().map(|file| (file.name.as_str(), file.is_one_task)).collect();
        assert_eq!(files, [("labs/demo/lab.yaml", false), ("labs/demo/tasks/01-two.yaml", true)]);
    }

    #[test]
    fn a_fault_names_the_file() {
        let untitled = LAB.replace("title: Demo", "title: ' '");
        let page = "  - { name: a, title: A, service: a }\n";
        let odd_page = format!("{LAB}web:\n{page}  - {{ name: b, title: B, service: b, port: 0 }}\n");
        let twins = format!("{LAB}web:\n{page}{page}");
        for (files, expected) in [
            (vec![("demo/lab.yaml", LAB)], "labs/demo/guide.md"),
            (vec![("other/lab.yaml", LAB), ("other/guide.md", "")], "labs/other/lab.yaml"),
            (vec![("demo/lab.yaml", "name: [")], "labs/demo/lab.yaml"),
            (vec![("demo/lab.yaml", LAB), ("demo/guide.md", "## A\n\n<b>raw</b>\n")], "labs/demo/guide.md:3"),
            (vec![("demo/lab.yaml", LAB), ("demo/guide.md", "## A\n\n[b](#b)\n")], "labs/demo/guide.md:3"),
            (vec![("demo/lab.yaml", &untitled), ("demo/guide.md", "")], "labs/demo/lab.yaml: title says nothing"),
            (vec![("demo/lab.yaml", &odd_page), ("demo/guide.md", "")], "labs/demo/lab.yaml:13: port must"),
            (vec![("demo/lab.yaml", &twins), ("demo/guide.md", "")], "labs/demo/lab.yaml: web: two pages are called a"),
            (
                vec![
                    ("demo/lab.yaml", LAB),
                    ("demo/guide.md", ""),
                    ("demo/objects/a.yaml", "kind: \"{{ nonsense }}\""),
                ],
                "labs/demo/objects/a.yaml",
            ),
        ] {
            let fault = format!("{:#}", load(&files).unwrap_err());
            assert!(fault.contains(expected), "{fault}");
        }
    }
}
