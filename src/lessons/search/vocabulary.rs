//! Every word that stands in the lessons, and which of them a word of a query stands for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use frostem::{Algorithm, Stemmer};

/// A stem, by its number.
pub(super) type StemNumber = usize;

/// The most stems that one word of a query may stand for.
const MAX_READINGS: usize = 24;
/// The most words of a close spelling that are looked for.
const MAX_CLOSE: usize = 12;
/// From so many letters on a word that was typed is taken for the beginning of others. Shorter ones begin too many: "SLO"
/// is not the beginning of "slow".
const MIN_BEGINNING_CHARS: usize = 4;
/// From so many letters on the beginning or another form of a word may be a slip as well.
const MIN_DOUBTFUL_CHARS: usize = 5;
/// What a word counts that only begins as was typed.
const PREFIX_FIT: f64 = 0.6;
/// What a word counts that is one edit, and two edits, from what was typed.
const EDIT_FITS: [f64; 2] = [0.5, 0.25];

/// The words of all documents, each with the stem that is indexed for it.
pub(super) struct Vocabulary {
    words: HashMap<String, Word>,
    stems: HashMap<String, StemNumber>,
    stemmer: Stemmer,
}

struct Word {
    number: StemNumber,
    stem: String,
    /// How often it stands in the documents.
    count: u32,
}

/// What a word of a query stands for.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Stems, each with how well it fits, at most 1.
    pub(super) stems: HashMap<StemNumber, f64>,
    /// The words of a close spelling that are looked for too, since this one stands nowhere.
    pub(super) close: Vec<String>,
    /// Whether the word, another form of it, or one that begins so stands somewhere.
    pub(super) has_match: bool,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self { words: HashMap::new(), stems: HashMap::new(), stemmer: Stemmer::new(Algorithm::English) }
    }
}

impl Vocabulary {
    /// How many stems there are.
    pub(super) fn count_stems(&self) -> usize {
        self.stems.len()
    }

    /// Counts a word of a document, and gives the number of its stem.
    pub(super) fn add(&mut self, word: &str) -> StemNumber {
        if let Some(known) = self.words.get_mut(word) {
            known.count = known.count.saturating_add(1);
            return known.number;
        }
        let stem = self.stemmer.stem(word).into_owned();
        let next = self.stems.len();
        let number = *self.stems.entry(stem.clone()).or_insert(next);
        self.words.insert(word.to_owned(), Word { number, stem, count: 1 });
        number
    }

    /// The stem of a word that stands in a document.
    pub(super) fn find(&self, word: &str) -> Option<StemNumber> {
        self.words.get(word).map(|word| word.number)
    }

    /// What a word of a query stands for: other forms of it, words that begin so while it may still be being typed, and,
    /// unless it stands somewhere as it was typed, those that are spelled almost like it.
    pub(super) fn read(&self, typed: &str, is_prefix: bool) -> Reading {
        let stem = self.stemmer.stem(typed);
        let length = typed.chars().count();
        let mut reading = Reading::default();
        if is_prefix && length >= MIN_BEGINNING_CHARS {
            let begun = self.most_frequent(|word, _| word.starts_with(typed).then_some(0));
            reading.stems.extend(begun.into_iter().take(MAX_READINGS).map(|(_, _, number)| (number, PREFIX_FIT)));
        }
        if let Some(number) = self.stems.get(stem.as_ref()) {
            reading.stems.insert(*number, 1.0);
        }
        reading.has_match = !reading.stems.is_empty();
        if !reading.has_match {
            self.add_close(typed, max_edits(length), &mut reading);
            if reading.close.is_empty() {
                self.add_close_stems(&stem, max_edits(length), &mut reading);
            }
        } else if length >= MIN_DOUBTFUL_CHARS && !self.words.contains_key(typed) {
            self.add_close(typed, 1, &mut reading);
        }
        reading
    }

    /// Adds the words that are nearest to what was typed. Whole words are compared, since a slip in an ending changes what
    /// the stem is: that of "anotations" is nearer to "another".
    fn add_close(&self, typed: &str, max_edits: usize, reading: &mut Reading) {
        reading.add(&self.most_frequent(|word, _| count_edits(typed, word, max_edits)));
    }

    /// Adds the words whose stem is nearest, for a slip in a form of a word that stands only in another one.
    fn add_close_stems(&self, stem: &str, max_edits_of_word: usize, reading: &mut Reading) {
        let max_edits = max_edits_of_word.min(max_edits(stem.chars().count()));
        reading.add(&self.most_frequent(|_, of| count_edits(stem, &of.stem, max_edits)));
    }

    /// The words that have a distance, by it and then by how often they stand in the documents.
    fn most_frequent(&self, distance: impl Fn(&str, &Word) -> Option<usize>) -> Vec<(usize, &str, StemNumber)> {
        let mut found: Vec<_> =
            self.words.iter().filter_map(|(word, of)| distance(word, of).map(|far| (far, word.as_str(), of))).collect();
        found.sort_by(|(far, word, of), (other_far, other_word, other)| {
            far.cmp(other_far).then(other.count.cmp(&of.count)).then(word.cmp(other_word))
        });
        found.into_iter().map(|(far, word, of)| (far, word, of.number)).collect()
    }
}

impl Reading {
    /// Adds those with the least distance, the most frequent first.
    fn add(&mut self, nearest: &[(usize, &str, StemNumber)]) {
        let least = nearest.first().map(|(edits, ..)| *edits);
        for (edits, word, number) in nearest {
            if Some(*edits) != least || self.close.len() == MAX_CLOSE {
                return;
            }
            let fit = EDIT_FITS[(*edits).clamp(1, EDIT_FITS.len()) - 1];
            if let Entry::Vacant(vacant) = self.stems.entry(*number) {
                vacant.insert(fit);
                self.close.push((*word).to_owned());
            }
        }
    }
}

/// How many slips are forgiven in a word of so many letters.
fn max_edits(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    }
}

/// How many letters were added, left out, exchanged or swapped with their neighbour, up to `max`.
fn count_edits(typed: &str, word: &str, max: usize) -> Option<usize> {
    // An edit changes which letters a word has by two at most. That is told at once, for nearly all words.
    let differing = usize::try_from((letters(typed) ^ letters(word)).count_ones()).unwrap_or(usize::MAX);
    if differing > 2 * max || typed.chars().count().abs_diff(word.chars().count()) > max {
        return None;
    }
    Some(strsim::osa_distance(typed, word)).filter(|edits| *edits <= max)
}

/// The letters of a word as a set; letters of other scripts share the places of it.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |set, letter| set | 1 << (u32::from(letter) % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(words: &[&str]) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        for word in words {
            vocabulary.add(word);
        }
        vocabulary
    }

    #[test]
    fn a_word_stands_for_its_other_forms_and_while_typed_for_what_begins_so() {
        let vocabulary = vocabulary(&["annotation", "annotations", "annotate", "anode"]);
        let fits = |typed, is_prefix| {
            let mut fits: Vec<_> = vocabulary.read(typed, is_prefix).stems.into_iter().collect();
            fits.sort_by_key(|(number, _)| *number);
            fits
        };
        assert_eq!(fits("annotating", false), [(0, 1.0)]);
        assert_eq!(fits("anno", true), [(0, PREFIX_FIT)]);
        assert_eq!(fits("ano", true), [], "too short for a beginning");
        assert_eq!(fits("annotation", true), [(0, 1.0)]);
        assert_eq!(fits("an", false), []);
    }

    #[test]
    fn a_word_that_stands_nowhere_is_replaced_by_its_nearest() {
        let vocabulary = vocabulary(&["cluster", "clusters", "lustre", "prometheus", "strokes", "owner", "owners"]);
        for (typed, replacements) in [
            ("clustre", &["cluster", "lustre"] as &[&str]),
            ("kluster", &["cluster"]),
            ("prometehus", &["prometheus"]),
            ("rometheus", &["prometheus"]),
            ("promethues", &["prometheus"]),
            ("stroek", &["strokes"]),
            ("owenr", &["owner"]),
            ("cat", &[]),
            ("ownership", &[]),
        ] {
            assert_eq!(vocabulary.read(typed, false).close, replacements, "{typed}");
        }
        assert!(vocabulary.read("owner", false).close.is_empty());
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit_and_too_many_are_none() {
        assert_eq!(count_edits("stroek", "stroke", 1), Some(1));
        assert_eq!(count_edits("kubeclt", "kubectl", 2), Some(1));
        assert_eq!(count_edits("weiter", "heater", 1), None);
        assert_eq!(count_edits("größe", "grösse", 2), Some(2));
    }
}
