//! `/search`

use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use crate::lessons::address::anchor_id;
use crate::lessons::{
    CloseSpellings, Excerpt, Hit, Lessons, MAX_HITS, MAX_QUERY_CHARS, Module, Search, SearchResults, Span, Term,
};
use crate::view::View;
use crate::web::{Query, Reply, WebError};

/// `lessons/search.html`
#[derive(Debug, Serialize)]
pub struct SearchPage {
    /// What was looked for.
    pub text: String,
    /// The most that is looked for, in characters.
    pub most: usize,
    /// Whether there may be more lessons than are shown.
    pub is_full: bool,
    /// The words for which close spellings were looked for.
    pub close: Vec<CloseSpellings>,
    /// The terms of glossaries that are called so.
    pub terms: Vec<TermRow>,
    /// Whether these have only some of the words.
    pub is_partial: bool,
    /// The lessons, the best first.
    pub hits: Vec<HitRow>,
}

/// A term of a glossary.
#[derive(Clone, Debug, Serialize)]
pub struct TermRow {
    /// Its place in the glossary.
    pub path: String,
    /// The word.
    pub name: String,
    /// What it means.
    pub means: String,
}

impl TermRow {
    fn new((module, term): (&Module, &Term)) -> Self {
        let path = format!("{}/glossary#{}", module.path(), anchor_id(&term.slug));
        Self { path, name: term.name.clone(), means: term.means.clone() }
    }
}

/// A lesson in which something was found.
#[derive(Clone, Debug, Serialize)]
pub struct HitRow {
    /// Its page.
    pub path: String,
    /// The words of its title.
    pub title: Vec<Span>,
    /// Its module's title.
    pub module: String,
    /// Its section's title.
    pub section: String,
    /// Where in it.
    pub excerpts: Vec<ExcerptRow>,
}

/// A part of a lesson.
#[derive(Clone, Debug, Serialize)]
pub struct ExcerptRow {
    /// Its place on the page.
    pub path: String,
    /// The heading it stands under, unless it comes before the first one.
    pub heading: Option<Vec<Span>>,
    /// Its words.
    pub spans: Vec<Span>,
}

impl HitRow {
    fn new(search: &Search, hit: &Hit) -> Option<Self> {
        let (module, section, lesson) = search.lesson_of(hit)?;
        let excerpt = |excerpt: &Excerpt| ExcerptRow {
            path: match &excerpt.heading {
                Some(heading) => format!("{}#{}", lesson.path, heading.id),
                None => lesson.path.clone(),
            },
            heading: excerpt.heading.as_ref().map(|_| excerpt.heading_spans.clone()),
            spans: excerpt.spans.clone(),
        };
        Some(Self {
            path: lesson.path.clone(),
            title: hit.title.clone(),
            module: module.title.clone(),
            section: section.title.clone(),
            excerpts: hit.excerpts.iter().map(excerpt).collect(),
        })
    }
}

impl View for SearchPage {
    const TEMPLATE: &'static str = "lessons/search.html";

    fn samples() -> Vec<Self> {
        let span = |text: &str, is_match| Span { text: text.to_owned(), is_match };
        let excerpt = |heading: Option<&str>| ExcerptRow {
            path: "/modules/m/s/l#owner".to_owned(),
            heading: heading.map(|text| vec![span(text, false)]),
            spans: vec![span("Say who the ", false), span("owner", true)],
        };
        let hit = HitRow {
            path: "/modules/m/s/l".to_owned(),
            title: vec![span("Annotations and labels", false)],
            module: "Full service ownership".to_owned(),
            section: "Ownership".to_owned(),
            excerpts: vec![excerpt(Some("The owner")), excerpt(None)],
        };
        let term = TermRow {
            path: "/modules/m/glossary#_owner".to_owned(),
            name: "Owner".to_owned(),
            means: "Whom to ask.".to_owned(),
        };
        let close = |typed: &str, has_match| CloseSpellings {
            typed: typed.to_owned(),
            words: vec!["owner".to_owned(), "own".to_owned()],
            has_match,
        };
        let page = |text: &str, count: usize, close, is_partial| Self {
            text: text.to_owned(),
            most: MAX_QUERY_CHARS,
            is_full: count == MAX_HITS,
            close,
            terms: vec![term.clone(); count / 2],
            is_partial,
            hits: vec![hit.clone(); count],
        };
        vec![
            page("", 0, Vec::new(), false),
            page("nothing", 0, Vec::new(), false),
            page("owner", 1, Vec::new(), false),
            page("ownr", 2, vec![close("ownr", false)], false),
            page("ownes ownr", 2, vec![close("ownes", true), close("ownr", false)], false),
            page("owner of all", MAX_HITS, vec![close("all", true)], true),
        ]
    }
}

/// What to look for.
#[derive(Debug, Default, Deserialize)]
pub struct SearchQuery {
    /// A few words.
    #[serde(default)]
    q: String,
}

/// Looks for words in all lessons.
pub async fn search(lessons: Data<Lessons>, query: Query<SearchQuery>) -> Result<Reply<SearchPage>, WebError> {
    let text: String = query.0.q.trim().chars().take(MAX_QUERY_CHARS).collect();
    let search = lessons.search();
    let found = if text.is_empty() { SearchResults::default() } else { search.find(&text).await? };
    Ok(Reply::Page(SearchPage {
        text,
        most: MAX_QUERY_CHARS,
        is_full: found.hits.len() == MAX_HITS,
        terms: search.terms_of(&found).into_iter().map(TermRow::new).collect(),
        is_partial: found.is_partial,
        hits: found.hits.iter().filter_map(|hit| HitRow::new(&search, hit)).collect(),
        close: found.close,
    }))
}
