//! The author's check: every fault that stops a start, what a reader may stumble over, and the statistics of each lesson.
//!
//! It reads the files a second time, apart from the reader that renders them: what it measures is what the author wrote,
//! and a start does not pay for it.

mod lesson_file;
mod measure;
mod outline;
mod raw;
mod readability;
mod warnings;

use super::fault::{ContentFaults, Fault, Faults, Severity};
use super::library::{ContentSettings, Files, load};
use super::markdown::Highlighter;
use lesson_file::LessonFile;
use outline::Outline;

pub use lesson_file::LessonStatistics;

/// What a check has found.
#[derive(Debug)]
pub struct Report {
    /// Everything to be fixed, in the order of files and lines.
    pub faults: Vec<Fault>,
    /// Every lesson that a section holds, in order.
    pub lessons: Vec<LessonStatistics>,
}

impl Report {
    /// Checks the content that the settings name; `labs` are the names that a lab block may use.
    pub fn make(settings: &ContentSettings, labs: &[String], highlighter: &Highlighter) -> anyhow::Result<Self> {
        let files = Files::read(settings)?;
        let mut faults = Faults::default();
        if let Err(fault) = load(&files, labs, highlighter) {
            for found in fault.downcast::<ContentFaults>()?.0 {
                faults.add_of(found.rule, (&found.file, found.line), found.text);
            }
        }
        let outline = Outline::read(&files);
        let sections: Vec<Vec<LessonFile>> =
            outline.sections.iter().map(|section| LessonFile::list(&files, section)).collect();
        for lessons in &sections {
            warnings::check_section(lessons, &mut faults);
        }
        warnings::check_files(&files, &outline, &mut faults);
        let lessons = sections.iter().flatten().map(LessonFile::statistics).collect();
        Ok(Self { faults: faults.sorted(), lessons })
    }

    /// How many of the faults have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.faults.iter().filter(|fault| fault.rule.severity() == severity).count()
    }
}
