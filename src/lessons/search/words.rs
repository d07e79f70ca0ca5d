//! The words of a question, and what stands in the lessons for each of them.

use std::collections::BTreeMap;

use tantivy::query::{BoostQuery, DisjunctionMaxQuery, FuzzyTermQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, RemoveLongFilter, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer,
};
use tantivy::{Searcher, Term};

use super::folding::Folding;
use super::index::Fields;
use crate::text::fold;

/// Longer runs of letters are no words.
const LONGEST_WORD: usize = 60;
/// The most words that one word may stand for.
const MOST_READINGS: usize = 24;
/// The most words of a question that are looked for.
const MOST_WORDS: usize = 12;
/// What a word counts that only begins as was typed.
const BEGUN: f32 = 0.6;
/// What a word counts that is one slip, and two slips, from what was typed.
const SLIPS: [f32; 2] = [0.5, 0.25];

/// What a word of a question may be in the lessons.
pub(super) struct Meaning {
    /// Stems, each with how well it fits, at most 1.
    pub(super) readings: BTreeMap<String, f32>,
    /// Whether none of them is what was typed.
    pub(super) is_close: bool,
    fields: Fields,
}

impl Meaning {
    /// Finds the passages that have any of the readings; the best place counts.
    pub(super) fn query(&self) -> Box<dyn Query> {
        let mut choices: Vec<Box<dyn Query>> = Vec::new();
        for (stem, fit) in &self.readings {
            for (field, weight) in self.fields.weighed() {
                let term = TermQuery::new(Term::from_field_text(field, stem), IndexRecordOption::WithFreqs);
                choices.push(Box::new(BoostQuery::new(Box::new(term), weight * fit)));
            }
        }
        Box::new(DisjunctionMaxQuery::new(choices))
    }
}

/// Cuts text into lower-case stems without accents, leaving out words such as "the".
pub(super) fn analyzer() -> TextAnalyzer {
    let stops = StopWordFilter::new(Language::English).unwrap_or_else(|| StopWordFilter::remove([]));
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(LONGEST_WORD))
        .filter(Folding)
        .filter(AsciiFoldingFilter)
        .filter(stops)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// What each word of `text` may be in the lessons; the last one may still be being typed.
pub(super) fn understand(searcher: &Searcher, fields: Fields, text: &str) -> tantivy::Result<Vec<Meaning>> {
    let mut stems: Vec<String> = Vec::new();
    analyzer().token_stream(&fold(text)).process(&mut |token| {
        if !stems.contains(&token.text) && stems.len() < MOST_WORDS {
            stems.push(token.text.clone());
        }
    });
    let is_begun = text.ends_with(char::is_alphanumeric);
    let last = stems.len().saturating_sub(1);
    let meaning = |(number, stem): (usize, &String)| find_meaning(searcher, fields, stem, is_begun && number == last);
    stems.iter().enumerate().map(meaning).collect()
}

fn find_meaning(searcher: &Searcher, fields: Fields, stem: &str, is_begun: bool) -> tantivy::Result<Meaning> {
    let mut meaning = Meaning { readings: BTreeMap::new(), is_close: false, fields };
    for (field, _weight) in fields.weighed() {
        if searcher.doc_freq(&Term::from_field_text(field, stem))? > 0 {
            meaning.readings.insert(stem.to_owned(), 1.0);
        }
    }
    if is_begun && stem.chars().count() > 1 {
        add_readings(searcher, &mut meaning, BEGUN, |field| {
            FuzzyTermQuery::new_prefix(Term::from_field_text(field, stem), 0, true)
        })?;
    }
    let slips = match stem.chars().count() {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    };
    for (slips, fit) in (1..=slips).zip(SLIPS) {
        if !meaning.readings.is_empty() {
            break;
        }
        add_readings(searcher, &mut meaning, fit, |field| {
            FuzzyTermQuery::new(Term::from_field_text(field, stem), slips, true)
        })?;
        meaning.is_close = !meaning.readings.is_empty();
    }
    Ok(meaning)
}

/// Adds the stems that a query matches, with how well they fit.
fn add_readings(
    searcher: &Searcher,
    meaning: &mut Meaning,
    fit: f32,
    query: impl Fn(Field) -> FuzzyTermQuery,
) -> tantivy::Result<()> {
    for (field, _weight) in meaning.fields.weighed() {
        for segment in searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut found = inverted.terms().search(query(field).automaton()?).into_stream()?;
            while found.advance() && meaning.readings.len() < MOST_READINGS {
                if let Ok(stem) = std::str::from_utf8(found.key()) {
                    meaning.readings.entry(stem.to_owned()).or_insert(fit);
                }
            }
        }
    }
    Ok(())
}
