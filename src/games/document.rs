//! The structure of what learners write: which sections a runbook and a postmortem have, and what stands in each.
//!
//! What is missing is told in a sentence that names the section. Whether the prose is good, and blames nobody, is for a person
//! to say.

use jiff::civil::Date;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// How long a text may be, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// How many steps a section of steps has at least.
const MIN_STEPS: usize = 2;
/// How many times a timeline tells at least.
const MIN_TIMES: usize = 3;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// What to do when the system fails.
    Runbook,
    /// What an incident was, and what follows from it.
    Postmortem,
}

impl DocumentKind {
    /// Its sections, by the words of their headings.
    fn sections(self) -> &'static [&'static str] {
        match self {
            Self::Runbook => &["Symptoms", "Where to look", "Mitigation", "Escalation"],
            Self::Postmortem => {
                &["Summary", "Timeline", "Impact", "Causes", "What helped", "What to do better", "Actions"]
            }
        }
    }
}

/// A part of a text under a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section {
    title: String,
    /// All of its words, with single spaces.
    words: String,
    items: usize,
    /// Pieces of code: blocks, and spans within a line.
    codes: usize,
    /// The cells of each row of its tables, the header apart.
    rows: Vec<Vec<String>>,
    headers: Vec<String>,
}

/// A text in Markdown, by its sections.
#[derive(Clone, Debug, Default)]
pub struct Document {
    sections: Vec<Section>,
}

impl Document {
    /// The sections of a text; deeper headings than the second level belong to the section that they stand in.
    pub fn read(text: &str) -> Self {
        let mut reader = Reader::default();
        for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS) {
            reader.take(event);
        }
        Self { sections: reader.sections }
    }

    fn find(&self, title: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.title.to_lowercase() == title.to_lowercase())
    }

    /// The sections that are missing.
    pub(super) fn missing(&self, kind: DocumentKind) -> Vec<&'static str> {
        kind.sections().iter().copied().filter(|title| self.find(title).is_none()).collect()
    }

    /// What its structure lacks, as sentences; `template` is what it began as.
    pub fn find_faults(&self, kind: DocumentKind, template: &Self) -> Vec<String> {
        let mut faults: Vec<String> = Vec::new();
        for title in kind.sections() {
            let Some(section) = self.find(title) else {
                faults.push(format!("There is no section \"{title}\". Write it as a heading: ## {title}"));
                continue;
            };
            let begun = template.find(title);
            let is_filled = *title == "Impact" || *title == "Timeline";
            if section.words.is_empty() {
                faults.push(format!("\"{title}\" is empty."));
            } else if !is_filled && begun.is_some_and(|begun| begun.words == section.words) {
                faults.push(format!("\"{title}\" still has the words of the template alone."));
            } else {
                faults.extend(section.find_fault(title));
            }
        }
        faults
    }
}

impl Section {
    fn find_fault(&self, title: &str) -> Vec<String> {
        let one = |lacks: bool, told: &str| if lacks { vec![format!("\"{title}\" {told}")] } else { Vec::new() };
        match title {
            "Symptoms" => one(self.items == 0, "has no list. Begin a line with - for each symptom."),
            "Where to look" => one(self.codes == 0, "names no command. Put each between backticks."),
            "Mitigation" => {
                let steps = one(self.items < MIN_STEPS, "has fewer than two steps. Begin each with 1. or with -.");
                [steps, one(self.codes == 0, "names no command. Put each between backticks.")].concat()
            }
            "Escalation" => one(
                self.value("owner").is_none(),
                "names no owner. Write a line that begins with Owner: and says who that is.",
            ),
            "Timeline" => one(count_times(&self.words) < MIN_TIMES, "tells fewer than three times, such as 14:05."),
            "Impact" => {
                one(!self.words.contains(|one: char| one.is_ascii_digit()), "has no figure. What was measured?")
            }
            "Actions" => self.find_action_faults(),
            _ => Vec::new(),
        }
    }

    /// What stands behind `key:` on a line of the section.
    fn value(&self, key: &str) -> Option<&str> {
        let words = self.words.as_str();
        let at = words.to_lowercase().find(&format!("{key}:"))?;
        let rest = words.get(at + key.len() + 1..)?.trim_start();
        Some(rest).filter(|rest| rest.chars().next().is_some_and(char::is_alphanumeric))
    }

    /// Every action has words, an owner and a date.
    fn find_action_faults(&self) -> Vec<String> {
        let column = |name: &str| self.headers.iter().position(|one| one.eq_ignore_ascii_case(name));
        let (Some(action), Some(owner), Some(due)) = (column("action"), column("owner"), column("due")) else {
            return vec!["\"Actions\" has no table with the columns Action, Owner and Due.".to_owned()];
        };
        let rows: Vec<&Vec<String>> = self.rows.iter().filter(|row| row.iter().any(|cell| !cell.is_empty())).collect();
        if rows.is_empty() {
            return vec!["\"Actions\" has no action. Each takes a line of the table.".to_owned()];
        }
        let mut faults = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let cell = |column: usize| row.get(column).map(String::as_str).unwrap_or_default();
            let name = format!("Action {}", place + 1);
            for (column, what) in [(action, "words"), (owner, "owner"), (due, "date")] {
                if cell(column).is_empty() {
                    faults.push(format!("{name} has no {what}."));
                }
            }
            if !cell(due).is_empty() && cell(due).parse::<Date>().is_err() {
                faults.push(format!("{name} is due on {:?}, which is no date such as 2026-12-31.", cell(due)));
            }
        }
        faults
    }
}

/// How many times of day a text tells.
fn count_times(words: &str) -> usize {
    let is_time = |word: &&str| {
        let word = word.trim_matches(|one: char| !one.is_ascii_digit());
        let mut parts = word.split(':');
        let hour = parts.next().and_then(|part| part.parse::<u8>().ok()).is_some_and(|hour| hour < 24);
        hour && parts.next().and_then(|part| part.get(..2)?.parse::<u8>().ok()).is_some_and(|minute| minute < 60)
    };
    words.split_whitespace().filter(is_time).count()
}

/// Where the words of an event go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Body,
    Heading,
    Header,
    Cell,
}

#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    place: Place,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1 | HeadingLevel::H2, .. }) => {
                self.sections.push(Section::default());
                self.place = Place::Heading;
            }
            Event::Start(Tag::TableHead) => self.place = Place::Header,
            Event::End(TagEnd::Heading(_) | TagEnd::TableHead) => self.place = Place::Body,
            Event::Text(text) => self.add(&text),
            Event::Code(text) => {
                self.count(|section| section.codes += 1);
                self.add(&text);
            }
            Event::SoftBreak | Event::HardBreak => self.add(" "),
            other => self.take_structure(&other),
        }
    }

    fn take_structure(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => self.count(|section| section.codes += 1),
            Event::Start(Tag::Item) => {
                self.count(|section| section.items += 1);
                self.add(" ");
            }
            Event::Start(Tag::TableRow) => {
                self.count(|section| section.rows.push(Vec::new()));
                self.place = Place::Cell;
            }
            Event::End(TagEnd::TableRow) => self.place = Place::Body,
            Event::Start(Tag::TableCell) => {
                let is_header = self.place == Place::Header;
                self.count(|section| {
                    if is_header {
                        section.headers.push(String::new());
                    } else if let Some(row) = section.rows.last_mut() {
                        row.push(String::new());
                    }
                });
                self.add_words(" ");
            }
            Event::End(_) => self.add_words(" "),
            _ => {}
        }
    }

    fn count(&mut self, change: impl FnOnce(&mut Section)) {
        if let Some(section) = self.sections.last_mut() {
            change(section);
        }
    }

    fn add(&mut self, text: &str) {
        let place = self.place;
        self.count(|section| match place {
            Place::Heading => section.title.push_str(text),
            Place::Header => {
                if let Some(cell) = section.headers.last_mut() {
                    cell.push_str(text);
                }
            }
            Place::Cell => {
                if let Some(cell) = section.rows.last_mut().and_then(|row| row.last_mut()) {
                    cell.push_str(text.trim());
                }
            }
            Place::Body => {}
        });
        if place != Place::Heading {
            self.add_words(text);
        }
    }

    /// Adds to the words of the section, with single spaces.
    fn add_words(&mut self, text: &str) {
        self.count(|section| {
            let joined = format!("{}{text}", section.words);
            let trailing = if joined.ends_with(char::is_whitespace) { " " } else { "" };
            section.words = joined.split_whitespace().collect::<Vec<_>>().join(" ") + trailing;
            if section.words == " " {
                section.words.clear();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNBOOK: &str = "# qotm\n\n## Symptoms\n- requests fail\n\n## Where to look\nRun `kubectl get pods`.\n\n\
                           ## Mitigation\n1. Roll it back:\n   ```sh\n   kubectl rollout undo\n   ```\n2. Scale.\n\n\
                           ## Escalation\nOwner: Ada\n";
    const POSTMORTEM: &str = "## Summary\nIt was down.\n## Timeline\n- 14:05 begun\n- 14:06:10 seen\n- 14:09 gone\n\
                              ## Impact\n98.5 % of requests\n## Causes\nA limit.\n## What helped\nA log.\n\
                              ## What to do better\nAn alert.\n## Actions\n| Action | Owner | Due |\n|---|---|---|\n\
                              | Add an alert | Ada | 2026-12-01 |\n| | | |\n";

    fn faults(kind: DocumentKind, text: &str, template: &str) -> Vec<String> {
        Document::read(text).find_faults(kind, &Document::read(template))
    }

    #[test]
    fn a_whole_runbook_lacks_nothing() {
        assert_eq!(faults(DocumentKind::Runbook, RUNBOOK, ""), Vec::<String>::new());
    }

    #[test]
    fn what_a_runbook_lacks_is_told() {
        for (before, after, told) in [
            ("## Symptoms", "## Signs", "There is no section \"Symptoms\""),
            ("- requests fail", "requests fail", "\"Symptoms\" has no list"),
            ("- requests fail", "", "\"Symptoms\" is empty"),
            ("`kubectl get pods`", "kubectl get pods", "\"Where to look\" names no command"),
            ("2. Scale.", "", "\"Mitigation\" has fewer than two steps"),
            ("Owner: Ada", "Ada", "\"Escalation\" names no owner"),
            ("Owner: Ada", "Owner:", "\"Escalation\" names no owner"),
        ] {
            let found = faults(DocumentKind::Runbook, &RUNBOOK.replace(before, after), "");
            assert!(found.len() == 1 && found[0].starts_with(told), "{after}: {found:?}");
        }
        let unchanged = faults(DocumentKind::Runbook, RUNBOOK, "## Escalation\n\nOwner:  Ada\n");
        assert_eq!(unchanged, ["\"Escalation\" still has the words of the template alone."]);
    }

    #[test]
    fn a_whole_postmortem_lacks_nothing() {
        assert_eq!(faults(DocumentKind::Postmortem, POSTMORTEM, ""), Vec::<String>::new());
    }

    #[test]
    fn every_action_has_an_owner_and_a_date() {
        for (before, after, told) in [
            ("| Ada |", "| |", "Action 1 has no owner."),
            ("2026-12-01", "", "Action 1 has no date."),
            ("2026-12-01", "soon", "Action 1 is due on \"soon\", which is no date"),
            ("2026-12-01", "2026-02-30", "Action 1 is due on"),
            ("Owner", "Who", "\"Actions\" has no table with"),
            ("| Add an alert | Ada | 2026-12-01 |\n", "", "\"Actions\" has no action."),
            ("14:06:10", "later", "\"Timeline\" tells fewer than three times"),
            ("98.5 %", "Many", "\"Impact\" has no figure"),
        ] {
            let found = faults(DocumentKind::Postmortem, &POSTMORTEM.replace(before, after), "");
            assert!(found.len() == 1 && found[0].starts_with(told), "{before} {after}: {found:?}");
        }
    }
}
