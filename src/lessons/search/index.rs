//! The index: for each stem the documents that have it, ranked by BM25
//! (<https://en.wikipedia.org/wiki/Okapi_BM25>) with a weight for each field.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::excerpt::{Excerpt, Excerpts};
use super::results::{CloseSpellings, Hit, LessonPlace, MAX_HITS, SearchResults, TermPlace};
use super::vocabulary::{Reading, StemNumber, Vocabulary};
use super::words::words;
use crate::lessons::library::Library;
use crate::lessons::model::{Lesson, TextSection};
use crate::text::fold;

/// How much more a word counts in a title and in a heading than in the text.
const TITLE_WEIGHT: f32 = 8.0;
const HEADING_WEIGHT: f32 = 4.0;
/// How soon more of the same word counts no more, and how much the length of a document matters: BM25's usual values.
const SATURATION: f64 = 1.2;
const LENGTH_INFLUENCE: f64 = 0.75;
/// The most words of a query that are looked for.
const MAX_WORDS: usize = 12;
/// How many documents are looked at for [`MAX_HITS`] lessons.
const MAX_DOCUMENTS: usize = 200;
/// How many excerpts of one lesson are shown.
const MAX_EXCERPTS: usize = 3;
/// How many terms of glossaries are shown.
const MAX_TERMS: usize = 3;

/// All words of a library. A document is the text below one heading, with that heading and its lesson's title.
#[derive(Default)]
pub(super) struct Index {
    documents: Vec<Document>,
    vocabulary: Vocabulary,
    /// By stem.
    postings: Vec<Vec<Posting>>,
    mean_length: f64,
    /// The terms of the glossaries, with the stems of their names.
    terms: Vec<(TermPlace, HashSet<StemNumber>)>,
}

#[derive(Clone, Copy)]
struct Document {
    lesson: LessonPlace,
    text_section: usize,
    /// Its number of words.
    length: f32,
}

/// That a document has a stem.
struct Posting {
    document: u32,
    /// How often, by the weights of the fields.
    frequency: f32,
}

impl fmt::Debug for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Index of {} documents", self.documents.len())
    }
}

impl Index {
    pub(super) fn build(library: &Library) -> Self {
        let mut index = Self::default();
        for ((lesson_place, lesson, (number_in_lesson, text_section)), number) in documents(library).zip(0..) {
            let heading = text_section.heading.as_ref().map_or(lesson.summary.as_str(), |heading| &heading.text);
            let fields = [(TITLE_WEIGHT, lesson.title.as_str()), (HEADING_WEIGHT, heading), (1.0, &text_section.text)];
            let length = index.add(number, fields);
            index.mean_length += f64::from(length);
            index.documents.push(Document { lesson: lesson_place, text_section: number_in_lesson, length });
        }
        index.mean_length /= count(index.documents.len()).max(1.0);
        index.add_terms(library);
        index.postings.resize_with(index.vocabulary.count_stems(), Vec::new);
        index.postings.iter_mut().for_each(Vec::shrink_to_fit);
        index
    }

    fn add_terms(&mut self, library: &Library) {
        for (module, found) in library.modules().iter().enumerate() {
            for (number, term) in found.glossary.iter().enumerate() {
                let names = [&term.name].into_iter().chain(&term.also);
                let stems = names.flat_map(|name| words(name)).map(|(_, word)| self.vocabulary.add(&word)).collect();
                self.terms.push(((module, number), stems));
            }
        }
    }

    /// Adds the words of a document; the answer is their number.
    fn add(&mut self, document: u32, fields: [(f32, &str); 3]) -> f32 {
        let mut length = 0.0;
        let mut frequencies: HashMap<StemNumber, f32> = HashMap::new();
        for (weight, text) in fields {
            for (_, word) in words(text) {
                *frequencies.entry(self.vocabulary.add(&word)).or_default() += weight;
                length += 1.0;
            }
        }
        for (stem, frequency) in frequencies {
            if stem >= self.postings.len() {
                self.postings.resize_with(stem + 1, Vec::new);
            }
            self.postings[stem].push(Posting { document, frequency });
        }
        length
    }

    pub(super) fn find(&self, library: &Library, text: &str) -> SearchResults {
        let folded = fold(text);
        let mut typed: Vec<_> = Vec::new();
        for (place, word) in words(&folded) {
            if typed.len() < MAX_WORDS && !typed.iter().any(|(_, known)| *known == word) {
                typed.push((place, word));
            }
        }
        // The last word may still be being typed.
        let is_prefix = |end: usize| end == folded.len() && text.ends_with(char::is_alphanumeric);
        let readings: Vec<Reading> =
            typed.iter().map(|(place, word)| self.vocabulary.read(word, is_prefix(place.end))).collect();
        let mut ranked = self.rank(&readings, readings.len());
        let is_partial = ranked.is_empty() && readings.len() > 1;
        if is_partial {
            ranked = self.rank(&readings, 1);
        }
        let hits = gather(library, &ranked, &Excerpts::new(&self.vocabulary, self.value(&readings)));
        let terms = self.find_terms(&readings);
        let close = typed.iter().zip(readings).filter(|(_, reading)| !reading.close.is_empty());
        let close = close.map(|((_, word), Reading { close, has_match, .. })| CloseSpellings {
            typed: word.to_string(),
            words: close,
            has_match,
        });
        SearchResults { is_partial: is_partial && !hits.is_empty(), hits, terms, close: close.collect() }
    }

    /// The terms that have all of the words in their names.
    fn find_terms(&self, readings: &[Reading]) -> Vec<TermPlace> {
        let is_named = |stems: &HashSet<StemNumber>| {
            !readings.is_empty() && readings.iter().all(|reading| reading.stems.keys().any(|stem| stems.contains(stem)))
        };
        let found = self.terms.iter().filter(|(_, stems)| is_named(stems)).map(|(place, _)| *place);
        found.take(MAX_TERMS).collect()
    }

    /// The documents that have at least so many of the words, the best first.
    fn rank(&self, readings: &[Reading], least_words: usize) -> Vec<&Document> {
        let mut ranked: Vec<(f64, &Document)> = Vec::new();
        let mut scores = vec![(0, 0.0); self.documents.len()];
        for reading in readings {
            for (document, best) in self.score(reading).into_iter().enumerate().filter(|(_, best)| *best > 0.0) {
                let (words, score) = &mut scores[document];
                *words += 1;
                *score += best;
            }
        }
        for ((words, score), document) in scores.into_iter().zip(&self.documents) {
            if words >= least_words.max(1) {
                ranked.push((score, document));
            }
        }
        // Of two that are as good, the earlier one.
        ranked.sort_by(|(score, _), (other, _)| other.total_cmp(score));
        ranked.into_iter().take(MAX_DOCUMENTS).map(|(_, document)| document).collect()
    }

    /// What each document is worth for one word: by the best of the stems that the word stands for.
    fn score(&self, reading: &Reading) -> Vec<f64> {
        let mut scores = vec![0.0_f64; self.documents.len()];
        for (stem, fit) in &reading.stems {
            let worth = fit * self.rarity(*stem);
            for posting in &self.postings[*stem] {
                let place = posting.document as usize;
                let length = f64::from(self.documents[place].length) / self.mean_length;
                let dampening = SATURATION * (1.0 - LENGTH_INFLUENCE + LENGTH_INFLUENCE * length);
                let frequency = f64::from(posting.frequency);
                scores[place] = scores[place].max(worth * frequency / (frequency + dampening));
            }
        }
        scores
    }

    /// A word that few documents have says more about what was looked for.
    fn rarity(&self, stem: StemNumber) -> f64 {
        let having = count(self.postings[stem].len());
        (1.0 + (count(self.documents.len()) - having + 0.5) / (having + 0.5)).ln()
    }

    /// What each stem is worth in an excerpt.
    fn value(&self, readings: &[Reading]) -> HashMap<StemNumber, f64> {
        let stems = readings.iter().flat_map(|reading| &reading.stems);
        stems.map(|(stem, fit)| (*stem, fit * self.rarity(*stem))).collect()
    }
}

/// The lessons of documents, each at the place of its best one.
fn gather(library: &Library, ranked: &[&Document], excerpts: &Excerpts<'_>) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for document in ranked {
        let (module, section, lesson) = document.lesson;
        let lesson = &library.modules()[module].sections[section].lessons[lesson];
        let text_section = &lesson.text_sections[document.text_section];
        if let Some(hit) = hits.iter_mut().find(|hit| hit.place == document.lesson) {
            let excerpt = (hit.excerpts.len() < MAX_EXCERPTS).then(|| excerpts.cut(lesson, text_section));
            // Those that a lesson's title alone brought here say nothing about the words.
            hit.excerpts.extend(excerpt.filter(Excerpt::has_match));
        } else if hits.len() < MAX_HITS {
            let title = excerpts.mark(&lesson.title);
            hits.push(Hit { place: document.lesson, title, excerpts: vec![excerpts.cut(lesson, text_section)] });
        }
    }
    hits
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn documents(library: &Library) -> impl Iterator<Item = (LessonPlace, &Lesson, (usize, &TextSection))> {
    let sections = library.modules().iter().enumerate().flat_map(|(number, module)| {
        module.sections.iter().enumerate().map(move |(section, found)| ((number, section), found))
    });
    let lessons = sections.flat_map(|((module, section), found)| {
        found.lessons.iter().enumerate().map(move |(lesson, found)| ((module, section, lesson), found))
    });
    lessons.flat_map(|(place, lesson)| {
        lesson.text_sections.iter().enumerate().map(move |text_section| (place, lesson, text_section))
    })
}
