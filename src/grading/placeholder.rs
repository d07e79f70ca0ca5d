//! What a lab's guide shows to be replaced, and what of it a learner has left in place.
//!
//! Nobody lists placeholders: they are read from the guide's own commands, so that a guide can show none which passes.
//! In a command, each value is an example, and a word in capitals that begins with `YOU` marks what the learner puts in.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde::Serialize;

use crate::text::{count_words, fold, is_same};

/// A text of so many words that stands in the guide was copied from it.
const COPIED_WORDS: usize = 4;

/// The placeholders of one lab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Placeholders {
    /// The values in the guide's commands, in the form of [`key_of`].
    values: BTreeSet<String>,
    /// Those of them that are sentences, in the form of [`spoken`].
    sentences: BTreeSet<String>,
    /// The words in capitals that stand for something of the learner's, each with its folded form.
    marks: BTreeMap<String, String>,
    /// All that the lab's page says, in the form of [`spoken`].
    page: String,
}

/// What of the guide a text has kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept<'a> {
    /// The guide's own words.
    Words,
    /// A word that was to be replaced.
    Mark(&'a str),
}

impl Placeholders {
    /// Reads the guide, and the other texts that the lab's page shows.
    pub(super) fn read<'a>(guide: &'a str, others: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Self::default();
        let mut page = String::new();
        for text in [guide].into_iter().chain(others) {
            let mut code: Option<String> = None;
            for event in Parser::new(text) {
                match event {
                    Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented)) => {
                        code = Some(String::new());
                    }
                    Event::End(TagEnd::CodeBlock) => found.read_commands(&code.take().unwrap_or_default()),
                    Event::Text(words) | Event::Code(words) => {
                        page.push_str(&words);
                        if let Some(code) = &mut code {
                            code.push_str(&words);
                        }
                    }
                    Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::Heading(_))
                    | Event::SoftBreak
                    | Event::HardBreak => page.push(' '),
                    _ => {}
                }
            }
            page.push(' ');
        }
        found.page = spoken(&page);
        found
    }

    fn read_commands(&mut self, code: &str) {
        for line in code.replace("\\\n", " ").lines() {
            let words = shlex::split(line).unwrap_or_default();
            let values = words.iter().filter(|word| !word.starts_with('-')).filter_map(|word| word.split_once('='));
            for (_, value) in values.filter(|(_, value)| !key_of(value).is_empty()) {
                self.values.insert(key_of(value));
                self.sentences.extend(is_sentence(value).then(|| spoken(value)));
                let words = value.split(|letter: char| !(letter.is_ascii_alphanumeric() || "-_".contains(letter)));
                let marks = words.filter(|word| word.starts_with("YOU") && !word.contains(char::is_lowercase));
                self.marks.extend(marks.map(|mark| (mark.to_owned(), fold(mark))));
            }
        }
    }

    /// What `text` has kept of the guide, unless it is the learner's own name.
    pub(super) fn find(&self, text: &str, learner: &str) -> Option<Kept<'_>> {
        if is_same(text, learner) {
            return None;
        }
        let key = key_of(text);
        if self.values.contains(&key) || self.is_copied(text) {
            return Some(Kept::Words);
        }
        let names = fold(learner);
        let is_kept = |(mark, folded): &(&String, &String)| {
            // In a sentence "you" is a word like others, in an address it is what should have been replaced.
            let is_part = !key.contains(char::is_whitespace) && key.split(is_divider).any(|part| part == *folded);
            (is_part || has_within(text, mark)) && !has_within(&names, folded)
        };
        self.marks.iter().find(is_kept).map(|(mark, _)| Kept::Mark(mark))
    }

    /// Whether a sentence stands in the guide, or one of the guide's stands in it.
    fn is_copied(&self, text: &str) -> bool {
        if !is_sentence(text) {
            return false;
        }
        let text = spoken(text);
        self.page.contains(&text) || self.sentences.iter().any(|sentence| text.contains(sentence))
    }
}

fn is_sentence(text: &str) -> bool {
    count_words(text) >= COPIED_WORDS
}

/// A text as it is heard: folded words between blanks, and a blank at either end.
fn spoken(text: &str) -> String {
    let words = fold(text).replace(|letter: char| !letter.is_alphanumeric(), " ");
    format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A value as it is compared: folded, without the slash or full stop at its end.
fn key_of(text: &str) -> String {
    fold(text).trim_end_matches(['/', '.', '!', '?', ' ']).to_owned()
}

fn is_divider(letter: char) -> bool {
    "/:?&=#@+,;".contains(letter)
}

/// Whether `part` stands in `text` with neither a letter nor a digit beside it.
fn has_within(text: &str, part: &str) -> bool {
    !part.is_empty()
        && text.match_indices(part).any(|(at, found)| {
            let (before, after) = (&text[..at], &text[at + found.len()..]);
            !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = "## 1. Say it\n\nThe note should tell a stranger what it is for.\n\n```sh\nkubectl annotate svc qotm \
                         a/owner=\"YOUR NAME\" \\\n  a/source='https://git.example.org/YOU/qotm' \\\n  a/chat=#YOUR-CHANNEL\n\
                         kubectl annotate svc qotm a/note=\"What it does, in a sentence.\" --overwrite=true\n```\n";

    fn find(text: &str) -> Option<Kept<'static>> {
        let placeholders = Box::leak(Box::new(Placeholders::read(GUIDE, ["Say what it does, and mean it"])));
        placeholders.find(text, "Ada Quist")
    }

    #[test]
    fn what_the_guide_shows_is_found_in_every_spelling() {
        for text in [
            "YOUR NAME",
            "your name",
            "https://git.example.org/YOU/qotm",
            "https://git.example.org/you/qotm/",
            "HTTPS://GIT.EXAMPLE.ORG/YOU/QOTM",
            "https://git.harbour.example/YOU/other",
            "https://git.harbour.example/you",
            "https://git.harbour.example/YOU-team/qotm",
            "#YOUR-CHANNEL",
            "#your-channel",
            "\u{ff03}your\u{2011}channel",
            "What it does, in a sentence.",
            "what it does, in a sentence",
            "What it does in a sentence",
            "qotm: what it does, in a sentence!",
            "The note should tell a stranger what it is for",
            "Say what it does, and mean it",
        ] {
            assert!(find(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_the_learners_own_is_left_alone() {
        for text in [
            "",
            "Ada Quist",
            "#harbour",
            "#youth-club",
            "https://git.example.org/ada/qotm",
            "https://docs.example.org/what-you-need",
            "Shows you the quote of the moment",
            "Puts your name beside a quote",
            "true",
            "qotm",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_a_placeholder_too_is_the_learners_own() {
        let placeholders = Placeholders::read(GUIDE, []);
        assert_eq!(placeholders.find("Your Name", "Your Name"), None);
        assert_eq!(placeholders.find("https://git.harbour.example/you/qotm", "You Li"), None);
        assert_eq!(placeholders.find("https://git.harbour.example/you/qotm", "Ada"), Some(Kept::Mark("YOU")));
    }
}
