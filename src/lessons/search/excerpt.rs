//! What is shown of a document: the part with most of the words, and where they stand in it.

use std::collections::HashMap;
use std::ops::Range;

use serde::Serialize;

use super::vocabulary::{StemNumber, Vocabulary};
use super::words::words;
use crate::lessons::model::{Heading, Lesson, TextSection};

/// About two lines of letters.
const MAX_LENGTH: usize = 200;

/// A part of a document.
#[derive(Clone, Debug)]
pub struct Excerpt {
    /// The heading it stands under, unless it comes before the first one.
    pub heading: Option<Heading>,
    /// The words of that heading.
    pub heading_spans: Vec<Span>,
    /// Its words.
    pub spans: Vec<Span>,
}

impl Excerpt {
    /// Whether any of the words looked for is in its text or its heading.
    pub(super) fn has_match(&self) -> bool {
        self.spans.iter().chain(&self.heading_spans).any(|span| span.is_match)
    }
}

/// A few words of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The words.
    pub text: String,
    /// Whether they were looked for.
    pub is_match: bool,
}

/// Cuts excerpts for one query.
pub(super) struct Excerpts<'v> {
    vocabulary: &'v Vocabulary,
    /// What each stem counts that was looked for.
    values: HashMap<StemNumber, f64>,
}

/// A part of a text, as long as an excerpt may be.
#[derive(Default)]
struct Window {
    place: Range<usize>,
    matches: Vec<Range<usize>>,
    value: f64,
}

impl<'v> Excerpts<'v> {
    pub(super) fn new(vocabulary: &'v Vocabulary, values: HashMap<StemNumber, f64>) -> Self {
        Self { vocabulary, values }
    }

    /// What is shown of the text below a heading of `lesson`; before the first heading its summary is looked at too.
    pub(super) fn cut(&self, lesson: &Lesson, section: &TextSection) -> Excerpt {
        let text = section.text.as_str();
        let spans = self.find_spans(text).or_else(|| match section.heading {
            None => self.find_spans(&lesson.summary),
            Some(_) => None,
        });
        let heading_spans = section.heading.as_ref().map(|heading| self.mark(&heading.text)).unwrap_or_default();
        // The words stand in the heading or in the title.
        let spans = spans.unwrap_or_else(|| vec![Span { text: begin(text), is_match: false }]);
        Excerpt { heading: section.heading.clone(), heading_spans, spans }
    }

    /// A whole line, such as a title, with the words looked for.
    pub(super) fn mark(&self, line: &str) -> Vec<Span> {
        let matches = words(line).filter(|(_, word)| self.value_of(word).is_some()).map(|(place, _)| place).collect();
        divide(line, &Window { place: 0..line.len(), matches, value: 0.0 })
    }

    fn find_spans(&self, text: &str) -> Option<Vec<Span>> {
        let window = self.find_best(text);
        (!window.matches.is_empty()).then(|| divide(text, &window))
    }

    fn value_of(&self, word: &str) -> Option<f64> {
        self.vocabulary.find(word).and_then(|stem| self.values.get(&stem)).copied()
    }

    /// The part of a text in which the words looked for count most; the first of those that are as good.
    fn find_best(&self, text: &str) -> Window {
        let (mut best, mut window) = (Window::default(), Window::default());
        for (place, word) in words(text) {
            if place.end - window.place.start > MAX_LENGTH {
                let full = std::mem::take(&mut window);
                window.place = place.clone();
                if full.value > best.value {
                    best = full;
                }
            }
            window.place.end = place.end;
            if let Some(value) = self.value_of(&word) {
                window.value += value;
                window.matches.push(place);
            }
        }
        if window.value > best.value { window } else { best }
    }
}

/// The first words of a text, and no more than an excerpt holds.
fn begin(text: &str) -> String {
    let Some((cut, _)) = text.char_indices().nth(MAX_LENGTH) else { return text.to_owned() };
    let end = text[..cut].rfind(' ').unwrap_or(cut);
    format!("{} …", &text[..end])
}

fn divide(text: &str, window: &Window) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut push = |text: &str, is_match| {
        if !text.is_empty() {
            spans.push(Span { text: text.to_owned(), is_match });
        }
    };
    push(if window.place.start > 0 { "… " } else { "" }, false);
    let mut end = window.place.start;
    for found in &window.matches {
        push(&text[end..found.start], false);
        push(&text[found.clone()], true);
        end = found.end;
    }
    push(&text[end..window.place.end], false);
    let rest = &text[window.place.end..];
    let is_short = rest.len() < MAX_LENGTH && words(rest).next().is_none();
    push(if is_short { rest } else { " …" }, false);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, looked_for: &[&str]) -> Vec<(String, bool)> {
        let mut vocabulary = Vocabulary::default();
        for (_, word) in words(text) {
            vocabulary.add(&word);
        }
        let values = looked_for.iter().filter_map(|word| vocabulary.find(word)).map(|stem| (stem, 1.0)).collect();
        let excerpts = Excerpts::new(&vocabulary, values);
        let spans = excerpts.find_spans(text).unwrap_or_else(|| vec![Span { text: begin(text), is_match: false }]);
        spans.into_iter().map(|span| (span.text, span.is_match)).collect()
    }

    #[test]
    fn a_text_is_divided_at_its_matches() {
        let spans = cut("Ask the owner of it.", &["ask", "owner"]);
        let told: Vec<_> = spans.iter().map(|(text, is_match)| (text.as_str(), *is_match)).collect();
        assert_eq!(told, [("Ask", true), (" the ", false), ("owner", true), (" of it.", false)]);
    }

    #[test]
    fn the_part_with_most_of_the_words_is_shown() {
        let text = format!("One owner. {} Each runbook has one owner. {}", "filler ".repeat(40), "more ".repeat(60));
        let spans = cut(&text, &["runbook", "owner"]);
        let matches: Vec<_> = spans.iter().filter(|(_, is_match)| *is_match).map(|(text, _)| text.as_str()).collect();
        assert_eq!(matches, ["runbook", "owner"]);
        assert_eq!((spans[0].0.as_str(), spans[spans.len() - 1].0.as_str()), ("… ", " …"));
    }

    #[test]
    fn a_long_text_without_a_match_is_begun_and_cut_between_words() {
        let long = cut(&"wörter ".repeat(60), &[]);
        assert!(long[0].0.ends_with("wörter …") && long[0].0.chars().count() <= MAX_LENGTH + 2);
        assert_eq!(cut("short", &[]), [("short".to_owned(), false)]);
    }
}
