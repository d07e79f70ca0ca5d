//! `/search`

use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use crate::lessons::{Excerpt, Hit, Lessons, MAX_HITS, MAX_QUERY_CHARS, Search, SearchResults, Span};
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
    /// Whether a word was taken for another that is written almost like it.
    pub is_close: bool,
    /// Whether these have only some of the words.
    pub is_partial: bool,
    /// The lessons, the best first.
    pub hits: Vec<HitRow>,
}

/// A lesson in which something was found.
#[derive(Clone, Debug, Serialize)]
pub struct HitRow {
    /// Its page.
    pub path: String,
    /// Its title.
    pub title: String,
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
    pub heading: Option<String>,
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
            heading: excerpt.heading.as_ref().map(|heading| heading.text.clone()),
            spans: excerpt.spans.clone(),
        };
        Some(Self {
            path: lesson.path.clone(),
            title: lesson.title.clone(),
            module: module.title.clone(),
            section: section.title.clone(),
            excerpts: hit.excerpts.iter().map(excerpt).collect(),
        })
    }
}

impl View for SearchPage {
    const TEMPLATE: &'static str = "lessons/search.html";

    fn samples() -> Vec<Self> {
        let excerpt = |heading: Option<&str>| ExcerptRow {
            path: "/modules/m/s/l#owner".to_owned(),
            heading: heading.map(str::to_owned),
            spans: vec![
                Span { text: "Say who the ".to_owned(), is_match: false },
                Span { text: "owner".to_owned(), is_match: true },
            ],
        };
        let hit = HitRow {
            path: "/modules/m/s/l".to_owned(),
            title: "Annotations and labels".to_owned(),
            module: "Full service ownership".to_owned(),
            section: "Ownership".to_owned(),
            excerpts: vec![excerpt(Some("The owner")), excerpt(None)],
        };
        let page = |text: &str, count: usize, is_close, is_partial| Self {
            text: text.to_owned(),
            most: MAX_QUERY_CHARS,
            is_full: count == MAX_HITS,
            is_close,
            is_partial,
            hits: vec![hit.clone(); count],
        };
        vec![
            page("", 0, false, false),
            page("nothing", 0, false, false),
            page("owner", 1, false, false),
            page("ownr", 2, true, false),
            page("owner of all", MAX_HITS, true, true),
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
        is_close: !found.replacements.is_empty(),
        is_partial: found.is_partial,
        hits: found.hits.iter().filter_map(|hit| HitRow::new(&search, hit)).collect(),
    }))
}
