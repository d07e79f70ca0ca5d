//! All that is read from files: lessons, labs, and the labs' tasks.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::grading::TaskSet;
use crate::labs::Catalogue;
use crate::lessons::{ContentSettings, Highlighter, Library, Report};

/// Lessons, labs and tasks as they were read; clones share them.
#[derive(Clone, Debug)]
pub struct Content {
    pub(super) catalogue: Catalogue,
    /// The tasks of each lab, by its name.
    pub(super) tasks: Arc<BTreeMap<String, TaskSet>>,
    pub(super) library: Library,
}

impl Content {
    /// Reads and renders everything; a fault names its file.
    pub fn load(settings: &ContentSettings, labs_folder: Option<&Path>) -> anyhow::Result<Self> {
        let highlighter = Highlighter::load();
        let catalogue = Catalogue::load(labs_folder, &highlighter)?;
        let library = Library::load(settings, &catalogue.names(), &highlighter)?;
        let tasks = Arc::new(compile_tasks(&catalogue, &highlighter)?);
        Ok(Self { catalogue, tasks, library })
    }
}

fn compile_tasks(catalogue: &Catalogue, highlighter: &Highlighter) -> anyhow::Result<BTreeMap<String, TaskSet>> {
    catalogue.list().iter().map(|lab| Ok((lab.name.clone(), TaskSet::compile(lab, highlighter)?))).collect()
}

/// Checks content against the labs that there are.
pub fn check_content(settings: &ContentSettings, labs_folder: Option<&Path>) -> anyhow::Result<Report> {
    let highlighter = Highlighter::load();
    let catalogue = Catalogue::load(labs_folder, &highlighter)?;
    compile_tasks(&catalogue, &highlighter)?;
    Report::make(settings, &catalogue.names(), &highlighter)
}
