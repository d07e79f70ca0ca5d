//! The words of a text, in the form in which they are indexed.

use std::borrow::Cow;
use std::ops::Range;

use crate::text::{fold, without_accents};

/// Longer runs of letters and digits, such as hashes, are not indexed.
const MAX_WORD_BYTES: usize = 60;
/// Lucene's list for English: they stand in nearly every text, so they tell none from another.
const STOP_WORDS: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of",
    "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with",
];

/// The words of a text without stop words: where each stands, and its folded form without accents.
pub(super) fn words(text: &str) -> impl Iterator<Item = (Range<usize>, Cow<'_, str>)> {
    let mut end = 0;
    let runs = text.split_inclusive(is_separator).map(move |run| {
        let start = end;
        end += run.len();
        let word = run.trim_end_matches(is_separator);
        (start..start + word.len(), word)
    });
    runs.filter(|(place, _)| (1..=MAX_WORD_BYTES).contains(&place.len()))
        .map(|(place, word)| (place, normalize(word)))
        .filter(|(_, word)| STOP_WORDS.binary_search(&word.as_ref()).is_err())
}

fn is_separator(letter: char) -> bool {
    !letter.is_alphanumeric()
}

fn normalize(word: &str) -> Cow<'_, str> {
    if !word.is_ascii() {
        return Cow::Owned(without_accents(&fold(word)));
    }
    if word.bytes().any(|letter| letter.is_ascii_uppercase()) {
        return Cow::Owned(word.to_ascii_lowercase());
    }
    Cow::Borrowed(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted_for_the_binary_search() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn words_are_folded_and_their_places_are_those_of_the_original() {
        let text = "The Café’s “ＰＯＤ-1”: ok";
        let found: Vec<_> = words(text).map(|(place, word)| (&text[place], word.into_owned())).collect();
        let told: Vec<_> = found.iter().map(|(original, word)| (*original, word.as_str())).collect();
        assert_eq!(told, [("Café", "cafe"), ("s", "s"), ("ＰＯＤ", "pod"), ("1", "1"), ("ok", "ok")]);
        assert_eq!(words(&"a1".repeat(100)).count(), 0);
    }
}
