//! Where a lab stands in the course: the lesson that it belongs to, and what comes after it.

use serde::Serialize;

use crate::lessons::{Block, Lesson, Library, Module, Section};

/// A page of the course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CourseLink {
    /// Its address.
    pub path: String,
    /// Its title.
    pub title: String,
}

/// Where a lab stands in the course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoursePlace {
    /// The title of its section.
    pub section: String,
    /// The lesson that it belongs to.
    pub lesson: CourseLink,
    /// The lesson after that.
    pub next: Option<CourseLink>,
    /// The title of the section that the next lesson begins, where it is another one.
    pub next_section: Option<String>,
    /// The last lesson with questions of its section, unless it is the next one or came before.
    pub challenges: Option<CourseLink>,
    /// The module's checkpoint.
    pub checkpoint: Option<CourseLink>,
}

impl CoursePlace {
    /// The first place in the course where a lab is: in a lesson, or else at the end of a section that names it.
    pub(super) fn find(library: &Library, lab: &str) -> Option<Self> {
        let shows =
            |lesson: &Lesson| lesson.blocks.iter().any(|block| matches!(block, Block::Lab(name) if name == lab));
        let in_lesson = |module: &Module| module.lessons().position(|(_, lesson)| shows(lesson));
        let in_section = |module: &Module| {
            let belongs = |(section, _): (&Section, &Lesson)| section.lab.as_deref() == Some(lab);
            module.lessons().enumerate().filter(|(_, found)| belongs(*found)).last().map(|(index, _)| index)
        };
        let modules = library.modules();
        let found = |find: &dyn Fn(&Module) -> Option<usize>| {
            modules.iter().find_map(|module| find(module).map(|index| (module, index)))
        };
        let (module, index) = found(&in_lesson).or_else(|| found(&in_section))?;
        Self::at(module, index)
    }

    fn at(module: &Module, index: usize) -> Option<Self> {
        let (section, lesson) = module.lessons().nth(index)?;
        let next = module.lessons().nth(index + 1);
        let later = module.lessons().skip(index + 2).filter(|(of, _)| of.slug == section.slug);
        let asks = later.filter(|(_, lesson)| lesson.questions().next().is_some());
        let checkpoint = || CourseLink { path: module.checkpoint_path(), title: module.title.clone() };
        Some(Self {
            section: section.title.clone(),
            lesson: link(lesson),
            next: next.map(|(_, lesson)| link(lesson)),
            next_section: next.filter(|(of, _)| of.slug != section.slug).map(|(of, _)| of.title.clone()),
            challenges: asks.last().map(|(_, lesson)| link(lesson)),
            checkpoint: (!module.checkpoint.is_empty()).then(checkpoint),
        })
    }

    /// An example with everything.
    pub fn sample() -> Self {
        let link = |slug: &str, title: &str| CourseLink {
            path: format!("/modules/kubernetes/observability/{slug}"),
            title: title.to_owned(),
        };
        Self {
            section: "Observability".to_owned(),
            lesson: link("hands-on", "Hands-on"),
            next: Some(link("managed", "On a cluster in the cloud")),
            next_section: Some("Full service ownership".to_owned()),
            challenges: Some(link("challenges", "Challenges")),
            checkpoint: Some(link("checkpoint", "Kubernetes")),
        }
    }
}

fn link(lesson: &Lesson) -> CourseLink {
    CourseLink { path: lesson.path.clone(), title: lesson.title.clone() }
}
