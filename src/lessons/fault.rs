//! What is wrong with content: the file, the line, and how to fix it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Serialize, Serializer};

use super::paths::has_extension;

/// A rule for content; its name is stable, so that scripts can select by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A file exists and has the right form.
    Form,
    /// A link leads to a lesson.
    Link,
    /// A link's anchor is a heading.
    Anchor,
    /// An image is there.
    Image,
    /// An image has an alternative text.
    AlternativeText,
    /// A lab is one that there is.
    Lab,
    /// A block of commands says for which cluster it is.
    Commands,
    /// A term is in the glossary.
    Term,
    /// Two things do not share an address or an id.
    Duplicate,
    /// A question can be answered, and says why.
    Question,
    /// Each file is named by a module or a section.
    UnnamedFile,
    /// Each file is one that the program reads.
    IgnoredFile,
    /// Each image is shown by a lesson.
    UnusedMedia,
    /// A lesson is neither too short nor too long.
    Length,
    /// A lesson takes as long as it says.
    Minutes,
    /// Sentences and words are short.
    Grade,
    /// A section ends in its challenges.
    Challenges,
    /// A heading is one level below the one above it at the most.
    HeadingLevel,
    /// A paragraph is short.
    Paragraph,
    /// An image says how large it is, so that a page does not jump when it arrives.
    ImageSize,
    /// No markup is shown as it was written.
    RawMarkup,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Form,
        Self::Link,
        Self::Anchor,
        Self::Image,
        Self::AlternativeText,
        Self::Lab,
        Self::Commands,
        Self::Term,
        Self::Duplicate,
        Self::Question,
        Self::UnnamedFile,
        Self::IgnoredFile,
        Self::UnusedMedia,
        Self::Length,
        Self::Minutes,
        Self::Grade,
        Self::Challenges,
        Self::HeadingLevel,
        Self::Paragraph,
        Self::ImageSize,
        Self::RawMarkup,
    ];

    /// Whether breaking it stops a start.
    pub fn severity(self) -> Severity {
        match self {
            Self::Form
            | Self::Link
            | Self::Anchor
            | Self::Image
            | Self::AlternativeText
            | Self::Lab
            | Self::Commands
            | Self::Term
            | Self::Duplicate
            | Self::Question => Severity::Error,
            Self::UnnamedFile
            | Self::IgnoredFile
            | Self::UnusedMedia
            | Self::Length
            | Self::Minutes
            | Self::Grade
            | Self::Challenges
            | Self::HeadingLevel
            | Self::Paragraph
            | Self::ImageSize
            | Self::RawMarkup => Severity::Warning,
        }
    }

    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Link => "link",
            Self::Anchor => "anchor",
            Self::Image => "image",
            Self::AlternativeText => "alternative-text",
            Self::Lab => "lab",
            Self::Commands => "commands",
            Self::Term => "term",
            Self::Duplicate => "duplicate",
            Self::Question => "question",
            Self::UnnamedFile => "unnamed-file",
            Self::IgnoredFile => "ignored-file",
            Self::UnusedMedia => "unused-media",
            Self::Length => "length",
            Self::Minutes => "minutes",
            Self::Grade => "grade",
            Self::Challenges => "challenges",
            Self::HeadingLevel => "heading-level",
            Self::Paragraph => "paragraph",
            Self::ImageSize => "image-size",
            Self::RawMarkup => "raw-markup",
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How severe a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The content is not served.
    Error,
    /// The content is served, and a reader may stumble.
    Warning,
}

impl Severity {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing to be fixed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, below the content folder.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub text: String,
    /// The rule that is broken.
    pub rule: Rule,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.text)
    }
}

/// Everything wrong with the content, in the order of files and lines.
#[derive(Debug, thiserror::Error)]
#[error("the content has {} to fix:\n{}", format_count(.0.len()), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ContentFaults(pub Vec<Fault>);

fn format_count(faults: usize) -> String {
    if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }
}

/// A heading that a link names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorUse {
    /// The file and the line of the link.
    pub location: (String, usize),
    /// The file that should have it.
    pub target: String,
    /// The anchor.
    pub anchor: String,
}

/// Collects faults, so that all are reported at once, and the uses of anchors, which are checked once all files are read.
#[derive(Debug, Default)]
pub struct Faults {
    found: Vec<Fault>,
    anchor_uses: Vec<AnchorUse>,
}

impl Faults {
    /// Adds a fault in the form of a file.
    pub fn add(&mut self, file: &str, line: usize, text: impl Into<String>) {
        self.add_of(Rule::Form, (file, line), text);
    }

    /// Adds a fault against a rule, with its file and line.
    pub fn add_of(&mut self, rule: Rule, (file, line): (&str, usize), text: impl Into<String>) {
        self.found.push(Fault { file: file.to_owned(), line, text: text.into(), rule });
    }

    /// Adds a fault for an escaped NUL character in TOML that begins at a line.
    pub(super) fn refuse_nul_escape(&mut self, rule: Rule, (file, first_line): (&str, usize), toml: &str) {
        if let Some(at) = find_nul_escape(toml) {
            self.add_of(rule, (file, first_line + line_of(toml, at) - 1), NUL_FAULT);
        }
    }

    /// Keeps a heading that a link names, until [`Faults::check_anchors`].
    pub fn expect_anchor(&mut self, anchor_use: AnchorUse) {
        self.anchor_uses.push(anchor_use);
    }

    /// Adds a fault for each link to a heading that is not among `anchors`, which are those of each file.
    pub fn check_anchors(&mut self, anchors: &BTreeMap<String, BTreeSet<String>>) {
        for AnchorUse { location: (file, line), target, anchor } in std::mem::take(&mut self.anchor_uses) {
            let text = match anchors.get(&target) {
                Some(known) if known.contains(&anchor) => continue,
                Some(known) => {
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    format!("{target} has no heading #{anchor}; it has: {}", known.join(", "))
                }
                None if has_extension(&target, "toml") => {
                    format!("#{anchor} leads nowhere, since {target} is no page; name the lesson's file before it")
                }
                // The file has faults of its own.
                None => continue,
            };
            self.add_of(Rule::Anchor, (&file, line), text);
        }
    }

    /// Adds a fault for each line of `file` on which commands do not say for which cluster they are.
    pub fn refuse_unmarked_commands(&mut self, file: &str, lines: &[usize]) {
        for line in lines {
            let text = "these commands do not say for which cluster they are; write `lab` behind the language if they may \
                        be put into the lab's terminal, and `own` if they are for a cluster of the reader's own";
            self.add_of(Rule::Commands, (file, *line), text);
        }
    }

    /// Adds those of another collection.
    pub fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
        self.anchor_uses.extend(other.anchor_uses);
    }

    /// All of them, in the order of files and lines.
    pub fn sorted(mut self) -> Vec<Fault> {
        self.found.sort();
        self.found.dedup();
        self.found
    }

    /// Fails when there are any.
    pub fn finish(self) -> Result<(), ContentFaults> {
        let faults = self.sorted();
        if faults.is_empty() { Ok(()) } else { Err(ContentFaults(faults)) }
    }
}

/// What is said of a character that no page may hold.
pub(super) const NUL_FAULT: &str = "a NUL character is here, which browsers and databases refuse; delete it";

/// What is wrong with a control character, which nobody sees and a terminal takes for a key.
pub(super) fn control_fault(letter: char) -> String {
    format!(
        "the control character U+{:04X} is here, which nobody sees and a terminal obeys; delete it",
        u32::from(letter)
    )
}

/// Where TOML has the escape of a NUL character.
fn find_nul_escape(toml: &str) -> Option<usize> {
    ["\\u0000", "\\U00000000", "\\x00"].into_iter().filter_map(|escape| toml.find(escape)).min()
}

/// The line of an offset in a text, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}
