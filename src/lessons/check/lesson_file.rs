//! A lesson's file as its author wrote it, measured.

use serde::{Deserialize, Serialize};

use super::measure::{Measures, measure};
use crate::lessons::library::{Files, split_front_matter};
use crate::lessons::paths::{has_extension, is_within};

/// A lesson in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LessonStatistics {
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

/// A lesson's file, measured.
#[derive(Debug)]
pub(super) struct LessonFile {
    pub(super) file: String,
    pub(super) minutes: i64,
    pub(super) measures: Measures,
}

#[derive(Deserialize)]
struct StatedMinutes {
    minutes: i64,
}

impl LessonFile {
    /// The lessons of a section, in order.
    pub(super) fn list(files: &Files, section: &str) -> Vec<Self> {
        let lessons = files.paths().filter(|path| is_within(path, section) && has_extension(path, "md"));
        lessons.filter_map(|file| Self::read(files, file)).collect()
    }

    fn read(files: &Files, file: &str) -> Option<Self> {
        let divided = split_front_matter(files.find_text(file)?)?;
        let StatedMinutes { minutes } = toml::from_str(divided.front).ok()?;
        let measures = measure(divided.body, divided.body_line);
        Some(Self { file: file.to_owned(), minutes, measures })
    }

    pub(super) fn statistics(&self) -> LessonStatistics {
        LessonStatistics {
            file: self.file.clone(),
            words: self.measures.words,
            minutes: self.minutes,
            grade: self.measures.prose.grade().map(|grade| (grade * 10.0).round() / 10.0),
            questions: self.measures.questions,
        }
    }
}
