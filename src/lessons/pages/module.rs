//! `/modules` and `/modules/{module}`

use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::accounts::guards::Visitor;
use crate::lessons::{Lessons, Module, Progress};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `lessons/modules.html`
#[derive(Debug, Serialize)]
pub struct ModulesPage {
    /// Every module, with the reader's progress.
    pub modules: Vec<ModuleSummary>,
}

/// `lessons/module.html`
#[derive(Debug, Serialize)]
pub struct ModulePage {
    /// The module.
    pub module: ModuleSummary,
    /// How many questions are due to be practised again, of any module; none for somebody signed out.
    pub due: Option<usize>,
}

/// A module with one reader's progress.
#[derive(Debug, Serialize)]
pub struct ModuleSummary {
    /// Its page.
    pub path: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// The reading time of all lessons.
    pub minutes: i64,
    /// How many lessons are read.
    pub read: usize,
    /// How many there are.
    pub lessons: usize,
    /// Where to go on, unless all is read.
    pub next: Option<LessonRow>,
    /// Its sections.
    pub sections: Vec<SectionSummary>,
    /// Where its checkpoint is, if it has one.
    pub checkpoint: Option<String>,
    /// Whether it has a glossary.
    pub has_glossary: bool,
}

/// A section with one reader's progress.
#[derive(Debug, Serialize)]
pub struct SectionSummary {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// The lab that belongs to it.
    pub lab: Option<String>,
    /// How many lessons are read.
    pub read: usize,
    /// Its lessons.
    pub lessons: Vec<LessonRow>,
}

/// A lesson in a list.
#[derive(Clone, Debug, Serialize)]
pub struct LessonRow {
    /// Its page.
    pub path: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// How long reading it takes.
    pub minutes: i64,
    /// Whether it is read.
    pub is_read: bool,
}

impl ModuleSummary {
    /// A module with `progress`.
    pub fn new(module: &Module, progress: &Progress) -> Self {
        let row = |lesson: &crate::lessons::Lesson| LessonRow {
            path: lesson.path.clone(),
            title: lesson.title.clone(),
            summary: lesson.summary.clone(),
            minutes: lesson.minutes,
            is_read: progress.has_read(lesson),
        };
        Self {
            path: module.path(),
            title: module.title.clone(),
            summary: module.summary.clone(),
            minutes: module.minutes(),
            read: progress.count_module(module),
            lessons: module.lessons().count(),
            next: progress.find_next(module).map(row),
            sections: module
                .sections
                .iter()
                .map(|section| SectionSummary {
                    title: section.title.clone(),
                    summary: section.summary.clone(),
                    lab: section.lab.clone(),
                    read: progress.count_section(section),
                    lessons: section.lessons.iter().map(row).collect(),
                })
                .collect(),
            checkpoint: (!module.checkpoint.is_empty()).then(|| module.checkpoint_path()),
            has_glossary: !module.glossary.is_empty(),
        }
    }

    /// One with lessons left to read, and one that is read.
    pub fn samples() -> Vec<Self> {
        let row = |is_read| LessonRow {
            path: "/modules/m/s/l".to_owned(),
            title: "Why full service ownership".to_owned(),
            summary: "Who answers when it breaks.".to_owned(),
            minutes: 6,
            is_read,
        };
        let summary = |next: Option<LessonRow>, lab: Option<&str>| Self {
            path: "/modules/m".to_owned(),
            title: "Full service ownership".to_owned(),
            summary: "From code to the people behind it.".to_owned(),
            minutes: 60,
            read: 1,
            lessons: 2,
            next,
            sections: vec![SectionSummary {
                title: "Ownership".to_owned(),
                summary: "Who, why and how.".to_owned(),
                lab: lab.map(str::to_owned),
                read: 1,
                lessons: vec![row(true), row(false)],
            }],
            checkpoint: lab.map(|_| "/checkpoints/m".to_owned()),
            has_glossary: lab.is_some(),
        };
        vec![summary(Some(row(false)), Some("service-annotations")), summary(None, None)]
    }
}

impl View for ModulesPage {
    const TEMPLATE: &'static str = "lessons/modules.html";

    fn samples() -> Vec<Self> {
        vec![Self { modules: ModuleSummary::samples() }, Self { modules: Vec::new() }]
    }
}

impl View for ModulePage {
    const TEMPLATE: &'static str = "lessons/module.html";

    fn samples() -> Vec<Self> {
        let due = [None, Some(0), Some(3)];
        let pages = |due| ModuleSummary::samples().into_iter().map(move |module| Self { module, due });
        due.into_iter().flat_map(pages).collect()
    }
}

/// Shows the modules to choose from, or the only one.
pub async fn modules(lessons: Data<Lessons>, visitor: Visitor) -> Result<Reply<ModulesPage>, WebError> {
    let library = lessons.library();
    let all = library.modules();
    if let [only] = all {
        return Ok(Reply::see_other(only.path()));
    }
    let progress = match &visitor.0 {
        Some(person) => lessons.find_progress(&person.id).await?,
        None => Progress::default(),
    };
    Ok(Reply::Page(ModulesPage { modules: all.iter().map(|module| ModuleSummary::new(module, &progress)).collect() }))
}

/// Shows a module with the reader's progress.
pub async fn module(
    lessons: Data<Lessons>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<Reply<ModulePage>, WebError> {
    let library = lessons.library();
    let module = library.find_module(&slug).ok_or(WebError::NotFound)?;
    let (progress, due) = match &visitor.0 {
        Some(person) => {
            let progress = lessons.find_module_progress(&person.id, module).await?;
            (progress, Some(lessons.count_due_cards(&person.id).await?))
        }
        None => (Progress::default(), None),
    };
    Ok(Reply::Page(ModulePage { module: ModuleSummary::new(module, &progress), due }))
}
