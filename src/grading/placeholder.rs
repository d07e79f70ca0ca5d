//! What a lab's guide shows to be replaced, and what of it a learner has left in place.
//!
//! Nobody lists placeholders: they are read from the guide's own commands, so that a guide can show none which passes.
//! In a command, each value is an example, and a word in capitals that begins with `YOU` marks what the learner puts in.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde::Serialize;

use crate::text::{count_words, fold, is_same};

/// A text of so many words that stands in the guide was copied from it.
const COPIED_WORDS: usize = 4;

/// The placeholders of one lab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Placeholders {
    /// The values in the guide's commands, in the form of [`joined`].
    values: BTreeSet<String>,
    /// Those of them that are sentences, in the form of [`spoken`].
    sentences: BTreeSet<String>,
    /// The words in capitals that stand for something of the learner's, the longest first.
    marks: BTreeSet<Reverse<Mark>>,
    /// All that the lab's page says, in the form of [`spoken`].
    page: String,
}

/// One word in capitals, or several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Mark {
    /// How many words it has.
    words: usize,
    /// As the guide shows it.
    shown: String,
}

impl Mark {
    fn of(shown: &str) -> Self {
        Self { words: shown.split([' ', '-', '_']).count(), shown: shown.to_owned() }
    }
}

/// What of the guide a text has kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PreservedForm<'a> {
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
            for (_, value) in values.filter(|(_, value)| !joined(value).is_empty()) {
                self.values.insert(joined(value));
                self.sentences.extend(is_sentence(value).then(|| spoken(value)));
                self.marks.extend(find_marks(value).iter().map(|mark| Reverse(Mark::of(mark))));
            }
        }
    }

    /// What `text` has kept of the guide, unless it is the learner's own name.
    pub(super) fn find(&self, text: &str, learner: &str) -> Option<PreservedForm<'_>> {
        if is_same(text, learner) {
            return None;
        }
        // In an address, any letter can be written as an escape.
        let text = percent_decode_str(text).decode_utf8_lossy();
        if self.values.contains(&joined(&text)) || self.is_copied(&text) {
            return Some(PreservedForm::Words);
        }
        // In a sentence "you" is a word like others, in an address it is what should have been replaced.
        let is_sentence = is_sentence(&text);
        let parts = if is_sentence { BTreeSet::new() } else { list_parts(&key_of(&text)) };
        let is_shouted = is_sentence && !text.contains(char::is_lowercase);
        let names = fold(learner);
        let is_kept = |mark: &&Mark| {
            let is_within = has_within(&text, &mark.shown) && (!is_shouted || mark.words > 1);
            (is_within || parts.contains(&joined(&mark.shown))) && !has_within(&names, &fold(&mark.shown))
        };
        self.marks.iter().map(|Reverse(mark)| mark).find(is_kept).map(|mark| PreservedForm::Mark(&mark.shown))
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

/// A value as it is compared however its words are joined: by blanks, by hyphens, or not at all.
fn joined(text: &str) -> String {
    key_of(text).replace([' ', '-', '_'], "")
}

/// The words in capitals that begin with `YOU`, each alone and with those that follow it.
fn find_marks(value: &str) -> Vec<String> {
    let is_divided = |letter: char| !(letter.is_ascii_alphanumeric() || "-_ ".contains(letter));
    let is_capital = |word: &&str| word.contains(char::is_uppercase) && !word.contains(char::is_lowercase);
    let mut marks = Vec::new();
    for words in value.split(is_divided).map(|words| words.split_whitespace().collect::<Vec<_>>()) {
        for (place, word) in words.iter().enumerate().filter(|(_, word)| is_capital(word) && word.starts_with("YOU")) {
            let run: Vec<&str> = words[place..].iter().take_while(|word| is_capital(word)).copied().collect();
            marks.extend([run.join(" "), (*word).to_owned()]);
        }
    }
    marks
}

/// The parts of an address or of a name that can stand for something by themselves, in the form of [`joined`].
fn list_parts(key: &str) -> BTreeSet<String> {
    let (host, path) = match key.split_once("://") {
        Some((_, rest)) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => (key, ""),
    };
    let of_path = path.split(|letter: char| is_divider(letter) || ".~".contains(letter));
    host.split(is_divider).chain(of_path).map(joined).collect()
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
                         a/owner=\"YOUR NAME\" \\\n  a/source='https://git.example.org/YOU/qotm' \\\n  a/chat=#YOUR-CHANNEL a/team=YOUR-TEAM\n\
                         kubectl annotate svc qotm a/note=\"What it does, in a sentence.\" --overwrite=true\n```\n";

    fn find(text: &str) -> Option<PreservedForm<'static>> {
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
    fn what_is_the_learners_own_is_left_alone() {
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
        assert_eq!(placeholders.find("https://git.harbour.example/you/qotm", "Ada"), Some(PreservedForm::Mark("YOU")));
        assert_eq!(placeholders.find("#YOUR-CHANNEL-2", "Ada"), Some(PreservedForm::Mark("YOUR-CHANNEL")));
    }
}
