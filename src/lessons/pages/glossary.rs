//! `/modules/{module}/glossary`

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::article::LessonLink;
use crate::lessons::address::anchor_id;
use crate::lessons::{Lessons, Module, Term};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `lessons/glossary.html`
#[derive(Debug, Serialize)]
pub struct GlossaryPage {
    /// The module's title.
    pub module: String,
    /// The module's page.
    pub module_path: String,
    /// The terms, by the letter that they begin with.
    pub letters: Vec<Letter>,
}

/// The terms that begin with one letter.
#[derive(Debug, Serialize)]
pub struct Letter {
    /// The letter, or `#` for all that begin with none.
    pub name: char,
    /// The terms.
    pub terms: Vec<TermView>,
}

/// A term as the page shows it.
#[derive(Debug, Serialize)]
pub struct TermView {
    /// Its anchor.
    pub id: String,
    /// The word.
    pub name: String,
    /// What else it is called.
    pub also: Vec<String>,
    /// What it means.
    pub means: String,
    /// The lesson that teaches it.
    pub taught_in: Option<LessonLink>,
    /// The other lessons that use it.
    pub used_in: Vec<LessonLink>,
}

impl TermView {
    fn new(term: &Term, module: &Module) -> Self {
        let link =
            |lesson: &crate::lessons::Lesson| LessonLink { path: lesson.path.clone(), title: lesson.title.clone() };
        let is_taught_in = |path: &String| term.taught_in.as_ref() == Some(path);
        let lessons = || module.lessons().map(|(_, lesson)| lesson);
        Self {
            id: anchor_id(&term.slug),
            name: term.name.clone(),
            also: term.also.clone(),
            means: term.means.clone(),
            taught_in: lessons().find(|lesson| is_taught_in(&lesson.path)).map(link),
            used_in: lessons()
                .filter(|lesson| lesson.terms.contains(&term.slug) && !is_taught_in(&lesson.path))
                .map(link)
                .collect(),
        }
    }
}

impl View for GlossaryPage {
    const TEMPLATE: &'static str = "lessons/glossary.html";

    fn samples() -> Vec<Self> {
        let link = || LessonLink { path: "/modules/m/s/l".to_owned(), title: "Beyond coding".to_owned() };
        let term = |is_taught: bool| TermView {
            id: if is_taught { "_mesh" } else { "_mesh-2" }.to_owned(),
            name: "Mesh".to_owned(),
            also: if is_taught { vec!["service mesh".to_owned()] } else { Vec::new() },
            means: "A proxy beside every pod.".to_owned(),
            taught_in: is_taught.then(link),
            used_in: if is_taught { vec![link(), link()] } else { Vec::new() },
        };
        vec![Self {
            module: "Full service ownership".to_owned(),
            module_path: "/modules/m".to_owned(),
            letters: vec![Letter { name: 'M', terms: vec![term(true), term(false)] }],
        }]
    }
}

/// Shows what the words of a module mean.
pub async fn glossary(lessons: Data<Lessons>, slug: Path<String>) -> Result<Reply<GlossaryPage>, WebError> {
    let library = lessons.library();
    let module = library.find_module(&slug).filter(|module| !module.glossary.is_empty()).ok_or(WebError::NotFound)?;
    let mut letters: Vec<Letter> = Vec::new();
    for term in &module.glossary {
        let first = term.name.chars().next().filter(|letter| letter.is_alphabetic());
        let name = first.and_then(|letter| letter.to_uppercase().next()).unwrap_or('#');
        let view = TermView::new(term, module);
        match letters.last_mut().filter(|letter| letter.name == name) {
            Some(letter) => letter.terms.push(view),
            None => letters.push(Letter { name, terms: vec![view] }),
        }
    }
    let module_path = module.path();
    Ok(Reply::Page(GlossaryPage { module: module.title.clone(), module_path, letters }))
}
