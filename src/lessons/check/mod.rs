//! The author's check: every fault that stops a start, what a reader may stumble over, and each lesson in figures.
//!
//! It reads the files a second time, beside the way that renders them: what it measures is what the author wrote, and a
//! start pays nothing for it.

mod measure;
mod readability;
mod warnings;

use serde::{Deserialize, Serialize};

use super::fault::{ContentFaults, Fault, Faults, Severity};
use super::library::{ContentSettings, Files, has_ending, read, split_front_matter};
use super::markdown::Highlighter;
use measure::{Measures, measure};

/// What a check has found.
#[derive(Debug)]
pub struct Report {
    /// Everything to be mended, in the order of files and lines.
    pub faults: Vec<Fault>,
    /// Every lesson that a section holds, in order.
    pub lessons: Vec<Figures>,
}

/// A lesson in figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Its file, below the content folder.
    pub file: String,
    /// The words of prose, tables and questions.
    pub words: usize,
    /// How long reading it takes, as the author says.
    pub minutes: i64,
    /// The years of school that its prose asks for.
    pub grade: Option<f64>,
    /// The questions that it asks.
    pub questions: usize,
}

impl Report {
    /// Checks the content that the settings name; `labs` are the names that a lab block may use.
    pub fn make(settings: &ContentSettings, labs: &[String], highlighter: &Highlighter) -> anyhow::Result<Self> {
        let files = Files::read(settings)?;
        let mut faults = Faults::default();
        if let Err(fault) = read(&files, labs, highlighter) {
            for found in fault.downcast::<ContentFaults>()?.0 {
                faults.add_of(found.rule, (&found.file, found.line), found.text);
            }
        }
        let outline = Outline::read(&files);
        let sections: Vec<Vec<Draft>> = outline.sections.iter().map(|section| list_drafts(&files, section)).collect();
        for drafts in &sections {
            warnings::check_section(drafts, &mut faults);
        }
        warnings::check_files(&files, &outline, &mut faults);
        let lessons = sections.iter().flatten().map(Draft::figures).collect();
        Ok(Self { faults: faults.sorted(), lessons })
    }

    /// How many of the faults weigh so much.
    pub fn count(&self, severity: Severity) -> usize {
        self.faults.iter().filter(|fault| fault.rule.severity() == severity).count()
    }
}

/// The folders that the programme and its modules name.
#[derive(Debug, Default)]
struct Outline {
    modules: Vec<String>,
    /// Each with its module's folder before it.
    sections: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    sections: Vec<String>,
}

impl Outline {
    /// As far as the files can be read; what is wrong with them is told elsewhere.
    fn read(files: &Files) -> Self {
        let named = |file: &str| text_of(files, file).and_then(|text| toml::from_str(text).ok()).unwrap_or_default();
        let Named { modules, .. } = named("programme.toml");
        let sections_of = |module: &String| {
            let Named { sections, .. } = named(&format!("{module}/module.toml"));
            sections.into_iter().map(|section| format!("{module}/{section}")).collect::<Vec<_>>()
        };
        Self { sections: modules.iter().flat_map(sections_of).collect(), modules }
    }
}

/// A lesson's file, measured.
#[derive(Debug)]
struct Draft {
    file: String,
    minutes: i64,
    measures: Measures,
}

#[derive(Deserialize)]
struct Stated {
    minutes: i64,
}

impl Draft {
    fn read(files: &Files, file: &str) -> Option<Self> {
        let text = text_of(files, file)?.replace("\r\n", "\n");
        let (front, body) = split_front_matter(&text)?;
        let Stated { minutes } = toml::from_str(front).ok()?;
        Some(Self { file: file.to_owned(), minutes, measures: measure(body, front.matches('\n').count() + 4) })
    }

    fn figures(&self) -> Figures {
        Figures {
            file: self.file.clone(),
            words: self.measures.words,
            minutes: self.minutes,
            grade: self.measures.prose.grade().map(|grade| (grade * 10.0).round() / 10.0),
            questions: self.measures.questions,
        }
    }
}

fn list_drafts(files: &Files, section: &str) -> Vec<Draft> {
    let lessons = files.paths().filter(|path| is_within(path, section) && has_ending(path, "md"));
    lessons.filter_map(|file| Draft::read(files, file)).collect()
}

fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn text_of<'f>(files: &'f Files, file: &str) -> Option<&'f str> {
    std::str::from_utf8(files.find(file)?).ok()
}
