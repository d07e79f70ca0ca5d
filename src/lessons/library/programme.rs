//! `programme.toml`: what the installation offers, and its rules.

use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::Spanned;

use super::content_reader::ContentReader;
use crate::lessons::fault::{Rule, line_of};
use crate::lessons::model::Programme;
use crate::lessons::rules::{
    FILE, MAX_ENTRIES_PER_DEVELOPER, MAX_VOUCHERS_PER_WEEK, MAX_WINNERS, Prize, PrizeKind, Rules, RulesLines,
};
use crate::text::count_visible;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgrammeSource {
    title: Spanned<String>,
    zone: Spanned<String>,
    modules: Vec<Spanned<String>>,
    rules: RulesSource,
    #[serde(default)]
    prizes: Vec<PrizeSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesSource {
    version: Spanned<i64>,
    vouchers_per_week: Spanned<i64>,
    entries_per_developer: Spanned<i64>,
    voucher_value: Spanned<String>,
    voucher_provider: Spanned<String>,
    summary: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrizeSource {
    kind: Spanned<PrizeKind>,
    name: Spanned<String>,
    winners: Spanned<i64>,
}

impl ContentReader<'_> {
    /// The programme, and the folders of its modules.
    pub(super) fn read_programme(&mut self) -> Option<(Programme, Vec<String>)> {
        let text = self.read_text(FILE)?;
        let source: ProgrammeSource = self.parse_toml(FILE, &text, 1)?;
        let mut rules = RulesReader { reader: self, text: &text, lines: RulesLines::default() };
        let title = rules.text("title", &source.title);
        let modules = rules.modules(&source.modules);
        let (zone, prizes) = (rules.zone(&source.zone), rules.prizes(&source.prizes));
        let found = source.rules;
        let read = Rules {
            zone,
            prizes,
            version: rules.number("version", &found.version, i64::MAX),
            vouchers_per_week: rules.number("vouchers_per_week", &found.vouchers_per_week, MAX_VOUCHERS_PER_WEEK),
            entries_per_developer: rules.number(
                "entries_per_developer",
                &found.entries_per_developer,
                MAX_ENTRIES_PER_DEVELOPER,
            ),
            voucher_value: rules.text("voucher_value", &found.voucher_value),
            voucher_provider: rules.text("voucher_provider", &found.voucher_provider),
            summary: rules.text("summary", &found.summary),
        };
        let programme = Programme { title, rules: read, rules_lines: rules.lines };
        Some((programme, modules))
    }
}

/// Checks each rule, and keeps its line.
struct RulesReader<'r, 'a> {
    reader: &'r mut ContentReader<'a>,
    text: &'r str,
    lines: RulesLines,
}

impl RulesReader<'_, '_> {
    fn line<T>(&mut self, key: &str, value: &Spanned<T>) -> usize {
        let line = line_of(self.text, value.span().start);
        self.lines.set(key, line);
        line
    }

    fn zone(&mut self, source: &Spanned<String>) -> TimeZone {
        let (line, name) = (self.line("zone", source), source.get_ref());
        TimeZone::get(name).unwrap_or_else(|_unknown| {
            let text = format!("{name:?} is not an IANA time zone such as Europe/London");
            self.reader.faults.add(FILE, line, text);
            TimeZone::UTC
        })
    }

    fn prizes(&mut self, sources: &[PrizeSource]) -> Vec<Prize> {
        let read = |source: &PrizeSource| {
            self.line("prizes", &source.kind);
            Prize {
                kind: *source.kind.get_ref(),
                name: self.text("name", &source.name),
                winners: self.number("winners", &source.winners, MAX_WINNERS),
            }
        };
        sources.iter().map(read).collect()
    }

    /// The folders of the modules, each once.
    fn modules(&mut self, sources: &[Spanned<String>]) -> Vec<String> {
        let mut folders: Vec<String> = Vec::new();
        for source in sources {
            let (line, folder) = (self.line("modules", source), source.get_ref());
            if folder.is_empty() || folder.contains('/') {
                self.reader.faults.add(FILE, line, format!("{folder:?} is no folder beside {FILE}"));
            } else if folders.contains(folder) {
                let text = format!("the module {folder:?} is named twice; take it out once");
                self.reader.faults.add_of(Rule::Duplicate, (FILE, line), text);
            } else {
                folders.push(folder.clone());
            }
        }
        folders
    }

    /// A count from 1 to `max`.
    fn number(&mut self, key: &str, source: &Spanned<i64>, max: i64) -> i64 {
        let (line, number) = (self.line(key, source), *source.get_ref());
        if number < 1 {
            self.reader.faults.add(FILE, line, format!("`{key}` is {number}; it is 1 at the least"));
        } else if number > max {
            self.reader.faults.add(FILE, line, format!("`{key}` is {number}; it is {max} at the most"));
        }
        number
    }

    /// A text that pages and mails show.
    fn text(&mut self, key: &str, source: &Spanned<String>) -> String {
        let line = self.line(key, source);
        if count_visible(source.get_ref()) == 0 {
            self.reader.faults.add(FILE, line, format!("`{key}` says nothing; pages and mails show it"));
        }
        source.get_ref().clone()
    }
}
