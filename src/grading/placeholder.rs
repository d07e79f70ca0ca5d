//! The placeholders of a lab's guide, and those that a learner has not replaced.
//!
//! They are read from the guide's own commands, so that none of them can pass a check. In a command, each value is an
//! example, and a word in capitals that begins with `YOU` is a marker for a value of the learner's.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde::Serialize;

use crate::text::{count_words, fold, is_same};

/// How many words a text must have to count as copied when the guide contains it.
const MIN_COPIED_WORDS: usize = 4;

/// The placeholders of one lab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Placeholders {
    /// The values in the guide's commands, normalized by [`normalize_joined`].
    values: BTreeSet<String>,
    /// Those of them that are sentences, normalized by [`normalize_words`].
    sentences: BTreeSet<String>,
    /// The markers, the longest first.
    markers: BTreeSet<Reverse<Marker>>,
    /// All texts of the lab's page, normalized by [`normalize_words`].
    page: String,
}

/// One word in capitals, or several, for which the learner puts in a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Marker {
    /// How many words it has.
    words: usize,
    /// As it is written in the guide.
    text: String,
}

impl Marker {
    fn of(text: &str) -> Self {
        Self { words: text.split([' ', '-', '_']).count(), text: text.to_owned() }
    }
}

/// What of the guide is left in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leftover<'a> {
    /// The guide's own text.
    Text,
    /// A marker.
    Marker(&'a str),
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
                    Event::Text(text) | Event::Code(text) => {
                        page.push_str(&text);
                        if let Some(code) = &mut code {
                            code.push_str(&text);
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
        found.page = normalize_words(&page);
        found
    }

    fn read_commands(&mut self, code: &str) {
        for line in code.replace("\\\n", " ").lines() {
            let words = shlex::split(line).unwrap_or_default();
            let values = words.iter().filter(|word| !word.starts_with('-')).filter_map(|word| word.split_once('='));
            for (_, value) in values.filter(|(_, value)| !normalize_joined(value).is_empty()) {
                self.values.insert(normalize_joined(value));
                self.sentences.extend(is_sentence(value).then(|| normalize_words(value)));
                self.markers.extend(find_markers(value).iter().map(|marker| Reverse(Marker::of(marker))));
            }
        }
    }

    /// What of the guide is left in `text`, unless that is the learner's own name.
    pub(super) fn find(&self, text: &str, learner: &str) -> Option<Leftover<'_>> {
        if is_same(text, learner) {
            return None;
        }
        // In an address, any letter can be written as an escape.
        let text = percent_decode_str(text).decode_utf8_lossy();
        if self.values.contains(&normalize_joined(&text)) || self.is_copied(&text) {
            return Some(Leftover::Text);
        }
        // In a sentence "you" is a word like others; in an address it is a marker that was not replaced.
        let is_sentence = is_sentence(&text);
        let parts = if is_sentence { BTreeSet::new() } else { split_parts(&normalize(&text)) };
        let is_uppercase = is_sentence && !text.contains(char::is_lowercase);
        let names = fold(learner);
        let is_left = |marker: &&Marker| {
            let is_within = has_within(&text, &marker.text) && (!is_uppercase || marker.words > 1);
            (is_within || parts.contains(&normalize_joined(&marker.text))) && !has_within(&names, &fold(&marker.text))
        };
        self.markers.iter().map(|Reverse(marker)| marker).find(is_left).map(|marker| Leftover::Marker(&marker.text))
    }

    /// Whether a sentence is contained in the guide, or contains one of the guide's.
    fn is_copied(&self, text: &str) -> bool {
        if !is_sentence(text) {
            return false;
        }
        let text = normalize_words(text);
        self.page.contains(&text) || self.sentences.iter().any(|sentence| text.contains(sentence))
    }
}

fn is_sentence(text: &str) -> bool {
    count_words(text) >= MIN_COPIED_WORDS
}

/// A text as folded words between blanks, with a blank at either end.
fn normalize_words(text: &str) -> String {
    let words = fold(text).replace(|letter: char| !letter.is_alphanumeric(), " ");
    format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A value folded, without the slash or full stop at its end.
fn normalize(text: &str) -> String {
    fold(text).trim_end_matches(['/', '.', '!', '?', ' ']).to_owned()
}

/// A value folded, without the blanks or hyphens between its words.
fn normalize_joined(text: &str) -> String {
    normalize(text).replace([' ', '-', '_'], "")
}

/// The words in capitals that begin with `YOU`, each alone and with those that follow it.
fn find_markers(value: &str) -> Vec<String> {
    let is_divided = |letter: char| !(letter.is_ascii_alphanumeric() || "-_ ".contains(letter));
    let is_capital = |word: &&str| word.contains(char::is_uppercase) && !word.contains(char::is_lowercase);
    let mut markers = Vec::new();
    for words in value.split(is_divided).map(|words| words.split_whitespace().collect::<Vec<_>>()) {
        for (index, word) in words.iter().enumerate().filter(|(_, word)| is_capital(word) && word.starts_with("YOU")) {
            let run: Vec<&str> = words[index..].iter().take_while(|word| is_capital(word)).copied().collect();
            markers.extend([run.join(" "), (*word).to_owned()]);
        }
    }
    markers
}

/// The parts of an address or of a name that can be markers by themselves, normalized by [`normalize_joined`].
fn split_parts(key: &str) -> BTreeSet<String> {
    let (host, path) = match key.split_once("://") {
        Some((_, rest)) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => (key, ""),
    };
    let of_path = path.split(|letter: char| is_divider(letter) || ".~".contains(letter));
    host.split(is_divider).chain(of_path).map(normalize_joined).collect()
}

fn is_divider(letter: char) -> bool {
    "/:?&=#@+,;".contains(letter)
}

/// Whether `text` contains `part` with neither a letter nor a digit beside it.
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
                         a/owner=\"YOUR NAME\" \\\n  a/source='https://git.example.org/YOU/qotm' \\\n  a/chat=#YOUR-CHANNEL a/team=YOUR-TEAM\n\
                         kubectl annotate svc qotm a/note=\"What it does, in a sentence.\" --overwrite=true\n```\n";

    fn find(text: &str) -> Option<Leftover<'static>> {
        let placeholders = Box::leak(Box::new(Placeholders::read(GUIDE, ["Say what it does, and mean it"])));
        placeholders.find(text, "Ada Quist")
    }

    #[test]
    fn a_placeholder_is_found_in_every_spelling() {
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
            "#your channel",
            "#YOUR_CHANNEL",
            "#yourchannel",
            "#your-team",
            "https://git.harbour.example/%59OU/qotm",
            "https://git.harbour.example/y%6Fu",
            "https://git.harbour.example/you.git",
            "https://git.harbour.example/~you/qotm",
            "https://you@git.harbour.example/qotm",
            "https://git.harbour.example/your-name/qotm",
            "https://git.harbour.example/YOURNAME/qotm",
            "https://git.harbour.example/your%20name/qotm",
            "https://git.harbour.example/YOUR_CHANNEL.git?x#y",
            "Puts YOUR NAME beside a quote",
            "PUTS YOUR NAME BESIDE A QUOTE",
            "Serves a quote, says YOU",
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
    fn a_text_of_the_learners_own_has_no_leftover() {
        for text in [
            "",
            "Ada Quist",
            "#harbour",
            "#youth-club",
            "https://git.example.org/ada/qotm",
            "https://docs.example.org/what-you-need",
            "https://docs.example.org/you-build-it-you-run-it",
            "https://you.example.org/qotm",
            "https://youtrack.example.org/issues",
            "#thank.you",
            "SHOWS YOU THE QUOTE OF YOUR DAY",
            "100%",
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
        assert_eq!(placeholders.find("https://git.harbour.example/you/qotm", "Ada"), Some(Leftover::Marker("YOU")));
        assert_eq!(placeholders.find("#YOUR-CHANNEL-2", "Ada"), Some(Leftover::Marker("YOUR-CHANNEL")));
    }
}
