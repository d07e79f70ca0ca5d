//! `content check`.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::builder::styling::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::app;
use crate::config::Config;
use crate::lessons::{Fault, LessonStatistics, Report, Rule, Severity};

/// What to check, and in which format to print it.
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// The folder of the content; without it, the configured one, or the module that the program ships with.
    folder: Option<PathBuf>,
    /// Fail on warnings too.
    #[arg(long)]
    strict: bool,
    /// Show each lesson's words, minutes, grade and questions.
    #[arg(long)]
    table: bool,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each fault.
    Text,
    /// One JSON document.
    Json,
}

#[derive(Serialize)]
struct Document<'r> {
    folder: Option<&'r Path>,
    errors: usize,
    warnings: usize,
    faults: Vec<FaultRow<'r>>,
    lessons: &'r [LessonStatistics],
}

#[derive(Serialize)]
struct FaultRow<'r> {
    file: &'r str,
    line: usize,
    severity: Severity,
    code: Rule,
    text: &'r str,
}

/// Prints the faults of the content; fails on an error, and with `--strict` on a warning too.
pub(super) fn check(config: &Config, arguments: &CheckArguments) -> anyhow::Result<()> {
    let mut settings = config.content.clone();
    settings.folder = arguments.folder.clone().or(settings.folder);
    let report = app::check_content(&settings, config.labs.folder.as_deref())?;
    let folder = settings.folder.as_deref();
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Json => write_json(&mut out, &report, folder)?,
        Format::Text => write_text(&mut out, &report, folder, arguments.table)?,
    }
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let is_sound = errors == 0 && (warnings == 0 || !arguments.strict);
    anyhow::ensure!(is_sound, "the content has {}", summary(errors, warnings));
    Ok(())
}

fn write_json(out: &mut impl Write, report: &Report, folder: Option<&Path>) -> anyhow::Result<()> {
    let document = Document {
        folder,
        errors: report.count(Severity::Error),
        warnings: report.count(Severity::Warning),
        faults: report.faults.iter().map(FaultRow::new).collect(),
        lessons: &report.lessons,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    Ok(writeln!(out)?)
}

impl<'r> FaultRow<'r> {
    fn new(fault: &'r Fault) -> Self {
        Self {
            file: &fault.file,
            line: fault.line,
            severity: fault.rule.severity(),
            code: fault.rule,
            text: &fault.text,
        }
    }
}

fn write_text(out: &mut impl Write, report: &Report, folder: Option<&Path>, with_table: bool) -> anyhow::Result<()> {
    for fault in &report.faults {
        let severity = fault.rule.severity();
        let colour = match severity {
            Severity::Error => AnsiColor::Red,
            Severity::Warning => AnsiColor::Yellow,
        };
        let style = Style::new().bold().fg_color(Some(colour.into()));
        let file = folder.map_or_else(|| PathBuf::from(&fault.file), |folder| folder.join(&fault.file));
        let (file, line, severity) = (file.display(), fault.line, severity.as_str());
        writeln!(out, "{file}:{line}: {style}{severity}{style:#}: {}", fault.text)?;
    }
    if with_table {
        write_table(out, &report.lessons)?;
    }
    let lessons = counted(report.lessons.len(), "lesson");
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    match errors {
        0 if warnings == 0 => writeln!(out, "{lessons}, and nothing to mend.")?,
        0 => writeln!(out, "{lessons}, and nothing that stops a start; {}.", counted(warnings, "warning"))?,
        _ => {}
    }
    Ok(())
}

fn write_table(out: &mut impl Write, lessons: &[LessonStatistics]) -> anyhow::Result<()> {
    let width = lessons.iter().map(|lesson| lesson.file.chars().count()).max().unwrap_or(0).max("lesson".len());
    writeln!(out, "{:width$}  words  minutes  grade  questions", "lesson")?;
    for lesson in lessons {
        let grade = lesson.grade.map_or_else(|| "-".to_owned(), |grade| format!("{grade:.1}"));
        let LessonStatistics { file, words, minutes, questions, .. } = lesson;
        writeln!(out, "{file:width$}  {words:>5}  {minutes:>7}  {grade:>5}  {questions:>9}")?;
    }
    Ok(())
}

fn summary(errors: usize, warnings: usize) -> String {
    let parts = [(errors, "error"), (warnings, "warning")];
    let counts: Vec<String> =
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, noun)| counted(number, noun)).collect();
    counts.join(" and ")
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
