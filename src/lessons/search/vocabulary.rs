//! Every word that stands in the lessons, and which of them a word of a query stands for.

use std::collections::HashMap;

use frostem::{Algorithm, Stemmer};

/// A stem, by its number.
pub(super) type StemNumber = usize;

/// The most stems that one word of a query may stand for.
const MAX_READINGS: usize = 24;
/// The most words that replace one that stands nowhere.
const MAX_REPLACEMENTS: usize = 3;
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
    /// The words that took its place, if it stands in no lesson.
    pub(super) replacements: Vec<String>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self { words: HashMap::new(), stems: HashMap::new(), stemmer: Stemmer::new(Algorithm::English) }
    }
}

impl Vocabulary {
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

    /// What a word of a query stands for: other forms of it, words that begin so while it may still be being typed, or
    /// else those that are nearest to it.
    pub(super) fn read(&self, typed: &str, is_prefix: bool) -> Reading {
        let stem = self.stemmer.stem(typed);
        let mut reading = Reading::default();
        if is_prefix && typed.chars().count() > 1 {
            let begun = self.most_frequent(|word, _| word.starts_with(typed).then_some(0));
            reading.stems.extend(begun.into_iter().take(MAX_READINGS).map(|(_, _, number)| (number, PREFIX_FIT)));
        }
        if let Some(number) = self.stems.get(stem.as_ref()) {
            reading.stems.insert(*number, 1.0);
        }
        if reading.stems.is_empty() {
            self.replace(typed, &stem, &mut reading);
        }
        reading
    }

    fn replace(&self, typed: &str, stem: &str, reading: &mut Reading) {
        let max_edits = match typed.chars().count() {
            0..=3 => return,
            4..=6 => 1,
            _ => 2,
        };
        let nearest = self.most_frequent(|word, of| {
            let edits = [count_edits(typed, word, max_edits), count_edits(stem, &of.stem, max_edits)];
            edits.into_iter().flatten().min()
        });
        let least = nearest.first().map(|(edits, ..)| *edits);
        for (edits, word, number) in nearest {
            if Some(edits) != least || reading.stems.len() == MAX_REPLACEMENTS {
                return;
            }
            let fit = EDIT_FITS[edits.clamp(1, EDIT_FITS.len()) - 1];
            if reading.stems.insert(number, fit).is_none() {
                reading.replacements.push(word.to_owned());
            }
        }
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
        assert_eq!(fits("an", true), [(0, PREFIX_FIT), (1, PREFIX_FIT)]);
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
            assert_eq!(vocabulary.read(typed, false).replacements, replacements, "{typed}");
        }
        assert!(vocabulary.read("owner", false).replacements.is_empty());
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit_and_too_many_are_none() {
        assert_eq!(count_edits("stroek", "stroke", 1), Some(1));
        assert_eq!(count_edits("kubeclt", "kubectl", 2), Some(1));
        assert_eq!(count_edits("weiter", "heater", 1), None);
        assert_eq!(count_edits("größe", "grösse", 2), Some(2));
    }
}
