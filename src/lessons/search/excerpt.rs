//! What is shown of a passage: the stretch with most of the words, and where they stand in it.

use serde::Serialize;
use tantivy::schema::Field;
use tantivy::snippet::{SnippetGenerator, collapse_overlapped_ranges};
use tantivy::{Searcher, Term};

use super::words::{self, Meaning};
use crate::lessons::model::{Heading, TextSection};

/// About two lines.
const MOST_CHARACTERS: usize = 200;

/// A part of a passage.
#[derive(Clone, Debug)]
pub struct Excerpt {
    /// The heading it stands under, unless it comes before the first one.
    pub heading: Option<Heading>,
    /// Its words.
    pub stretches: Vec<Stretch>,
}

impl Excerpt {
    /// Whether any of the words looked for is in its text.
    pub(super) fn has_match(&self) -> bool {
        self.stretches.iter().any(|stretch| stretch.is_match)
    }
}

/// A few words of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// The words.
    pub text: String,
    /// Whether they were looked for.
    pub is_match: bool,
}

/// Cuts excerpts for one question.
pub(super) struct Excerpts(SnippetGenerator);

impl Excerpts {
    pub(super) fn new(searcher: &Searcher, field: Field, meanings: &[Meaning]) -> tantivy::Result<Self> {
        let mut worths = std::collections::BTreeMap::new();
        for (stem, fit) in meanings.iter().flat_map(|meaning| &meaning.readings) {
            // A rare word says more about what was looked for.
            let frequency = searcher.doc_freq(&Term::from_field_text(field, stem))?;
            worths.insert(stem.clone(), fit / (1.0 + f32::from(u16::try_from(frequency).unwrap_or(u16::MAX))));
        }
        Ok(Self(SnippetGenerator::new(worths, words::analyzer(), field, MOST_CHARACTERS)))
    }

    pub(super) fn cut(&self, passage: &TextSection) -> Excerpt {
        let snippet = self.0.snippet(&passage.text);
        let text = snippet.fragment();
        let stretches = if text.is_empty() {
            // The words stand in the heading or in the title.
            vec![Stretch { text: begin(&passage.text), is_match: false }]
        } else {
            let mut stretches = divide(text, &collapse_overlapped_ranges(snippet.highlighted()));
            if snippet.fragment_range().start > 0 {
                stretches.insert(0, Stretch { text: "… ".to_owned(), is_match: false });
            }
            if snippet.fragment_range().end < passage.text.len() {
                stretches.push(Stretch { text: " …".to_owned(), is_match: false });
            }
            stretches
        };
        Excerpt { heading: passage.heading.clone(), stretches }
    }
}

/// The first words of a text, and no more than an excerpt holds.
fn begin(text: &str) -> String {
    let Some((cut, _)) = text.char_indices().nth(MOST_CHARACTERS) else { return text.to_owned() };
    let end = text[..cut].rfind(' ').unwrap_or(cut);
    format!("{} …", &text[..end])
}

fn divide(text: &str, matches: &[std::ops::Range<usize>]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut push = |range: std::ops::Range<usize>, is_match| {
        if let Some(words) = text.get(range).filter(|words| !words.is_empty()) {
            stretches.push(Stretch { text: words.to_owned(), is_match });
        }
    };
    let mut end = 0;
    for found in matches {
        push(end..found.start, false);
        push(found.clone(), true);
        end = found.end;
    }
    push(end..text.len(), false);
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_divided_at_its_matches() {
        let stretches = divide("the owner of it", &[0..3, 4..9]);
        let told: Vec<_> = stretches.iter().map(|stretch| (stretch.text.as_str(), stretch.is_match)).collect();
        assert_eq!(told, [("the", true), (" ", false), ("owner", true), (" of it", false)]);
        assert_eq!(divide("owner", &[]).len(), 1);
    }

    #[test]
    fn a_long_text_is_begun_and_cut_between_words() {
        let long = "wörter ".repeat(60);
        assert!(begin(&long).ends_with("wörter …") && begin(&long).chars().count() <= MOST_CHARACTERS + 2);
        assert_eq!(begin("short"), "short");
    }
}
