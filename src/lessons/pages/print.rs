//! `/modules/{module}/print`: a whole module on one page, to print

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::article::LessonLink;
use crate::lessons::{Block, Lesson, Lessons, Module, Question, Rewriter};
use crate::view::{Html, View};
use crate::web::{Reply, WebError};

/// `lessons/print.html`
#[derive(Debug, Serialize)]
pub struct PrintPage {
    /// The module's title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// The module's page.
    pub path: String,
    /// How many lessons there are.
    pub lessons: usize,
    /// The reading time of all lessons, in minutes.
    pub minutes: i64,
    /// The sections, in order.
    pub sections: Vec<PrintedSection>,
}

/// A section of the print page.
#[derive(Debug, Serialize)]
pub struct PrintedSection {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// Its lessons.
    pub lessons: Vec<PrintedLesson>,
}

/// A lesson of the print page.
#[derive(Debug, Serialize)]
pub struct PrintedLesson {
    /// Its anchor on the page, and its title.
    pub link: LessonLink,
    /// What it is about.
    pub summary: String,
    /// Its text.
    pub blocks: Vec<PrintedBlock>,
}

/// A part of a lesson of the print page.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum PrintedBlock {
    /// Text.
    Html {
        /// The HTML, its headings two levels lower and its anchors the lesson's own.
        html: Html,
    },
    /// A question, without its answer.
    Question {
        /// What is asked.
        prompt: Html,
        /// What can be selected or put in order.
        lines: Vec<Html>,
        /// Whether words are to be written.
        is_written: bool,
    },
    /// A lab.
    Lab {
        /// Its page.
        path: String,
    },
}

impl PrintedBlock {
    fn new(block: &Block, rewriter: Rewriter<'_>, lesson: &Lesson) -> anyhow::Result<Self> {
        Ok(match block {
            Block::Html(html) => Self::Html { html: rewriter.rewrite(html, lesson)? },
            Block::Lab(name) => Self::Lab { path: format!("/labs/{name}") },
            Block::Question(question) => Self::of_question(question),
        })
    }

    fn of_question(question: &Question) -> Self {
        let mut lines: Vec<Html> = question.choices().iter().map(|choice| choice.text.clone()).collect();
        // In the order in which they are written they would be the answer.
        let mut items: Vec<&Html> = question.items().iter().map(|item| &item.text).collect();
        items.sort_by_key(|item| item.as_str());
        lines.extend(items.into_iter().cloned());
        Self::Question { prompt: question.prompt.clone(), is_written: lines.is_empty(), lines }
    }
}

impl View for PrintPage {
    const TEMPLATE: &'static str = "lessons/print.html";

    fn samples() -> Vec<Self> {
        let html = |text: &str| Html::trusted(text.to_owned());
        let blocks = vec![
            PrintedBlock::Html { html: html("<h4 id=\"l-why\">Why</h4><p>Because.</p>") },
            PrintedBlock::Question { prompt: html("Who?"), lines: vec![html("We"), html("They")], is_written: false },
            PrintedBlock::Question { prompt: html("Why?"), lines: Vec::new(), is_written: true },
            PrintedBlock::Lab { path: "/labs/service-annotations".to_owned() },
        ];
        let link = LessonLink { path: "s-l".to_owned(), title: "Why full service ownership".to_owned() };
        let lesson = PrintedLesson { link, summary: "Who answers when it breaks.".to_owned(), blocks };
        let section = PrintedSection {
            title: "Ownership".to_owned(),
            summary: "Who, why and how.".to_owned(),
            lessons: vec![lesson],
        };
        vec![Self {
            title: "Full service ownership".to_owned(),
            summary: "From code to the people behind it.".to_owned(),
            path: "/modules/m".to_owned(),
            lessons: 1,
            minutes: 6,
            sections: vec![section],
        }]
    }
}

/// Shows every lesson of a module, one after the other.
pub async fn print(lessons: Data<Lessons>, slug: Path<String>) -> Result<Reply<PrintPage>, WebError> {
    let library = lessons.library();
    let module = library.find_module(&slug).ok_or(WebError::NotFound)?;
    Ok(Reply::Page(PrintPage {
        title: module.title.clone(),
        summary: module.summary.clone(),
        path: module.path(),
        lessons: module.lessons().count(),
        minutes: module.minutes(),
        sections: list_sections(module)?,
    }))
}

fn list_sections(module: &Module) -> anyhow::Result<Vec<PrintedSection>> {
    let rewriter = Rewriter::new(module);
    let mut sections = Vec::new();
    for section in &module.sections {
        let mut lessons = Vec::new();
        for lesson in &section.lessons {
            let blocks = lesson.blocks.iter().map(|block| PrintedBlock::new(block, rewriter, lesson));
            lessons.push(PrintedLesson {
                link: LessonLink { path: rewriter.anchor(lesson), title: lesson.title.clone() },
                summary: lesson.summary.clone(),
                blocks: blocks.collect::<anyhow::Result<_>>()?,
            });
        }
        sections.push(PrintedSection { title: section.title.clone(), summary: section.summary.clone(), lessons });
    }
    Ok(sections)
}
