//! A person's progress through lessons, sections and modules.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Lesson, Module, Section};
use super::question::Answer;

/// What a person has read, and where they were last.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    read: BTreeSet<String>,
    last_opened: Option<String>,
}

/// What a person has done with one lesson.
#[derive(Clone, Debug, Default)]
pub struct LessonMarks {
    /// Whether they have read it.
    pub is_read: bool,
    /// Whether it is the lesson that they opened last.
    pub is_last_opened: bool,
    /// Their newest answer to each question, by its id.
    pub answers: BTreeMap<String, Answer>,
    /// The questions whose answer was shown to them after a miss.
    pub shown: BTreeSet<String>,
}

impl Progress {
    /// Progress made of the paths read and the path opened last.
    pub fn new(read: BTreeSet<String>, last_opened: Option<String>) -> Self {
        Self { read, last_opened }
    }

    /// Whether they have read a lesson.
    pub fn has_read(&self, lesson: &Lesson) -> bool {
        self.read.contains(&lesson.path)
    }

    /// The path of the lesson opened last.
    pub fn last_opened(&self) -> Option<&String> {
        self.last_opened.as_ref()
    }

    /// How many lessons of a section they have read.
    pub fn count_section(&self, section: &Section) -> usize {
        section.lessons.iter().filter(|lesson| self.has_read(lesson)).count()
    }

    /// How many lessons of a module they have read.
    pub fn count_module(&self, module: &Module) -> usize {
        module.sections.iter().map(|section| self.count_section(section)).sum()
    }

    /// Where to go on: the lesson opened last unless it was read, else the first unread one after it, else the first
    /// unread one of all.
    pub fn find_next<'m>(&self, module: &'m Module) -> Option<&'m Lesson> {
        let lessons: Vec<&Lesson> = module.lessons().map(|(_, lesson)| lesson).collect();
        let start = lessons.iter().position(|lesson| Some(&lesson.path) == self.last_opened()).unwrap_or(0);
        let (before, after) = lessons.split_at(start);
        after.iter().chain(before).find(|lesson| !self.has_read(lesson)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Checkpoint;
    use super::*;

    fn module() -> Module {
        let section = |slug: &str, lessons: &[&str]| Section {
            slug: slug.to_owned(),
            title: String::new(),
            summary: String::new(),
            lab: None,
            lessons: lessons.iter().map(|path| Lesson::empty(path, path)).collect(),
        };
        Module {
            slug: String::new(),
            title: String::new(),
            summary: String::new(),
            sections: vec![section("one", &["a", "b"]), section("two", &["c"])],
            glossary: Vec::new(),
            checkpoint: Checkpoint::default(),
        }
    }

    fn next(read: &[&str], last: Option<&str>) -> Option<String> {
        let read = read.iter().map(|path| (*path).to_owned()).collect();
        Progress::new(read, last.map(str::to_owned)).find_next(&module()).map(|lesson| lesson.path.clone())
    }

    #[test]
    fn one_goes_on_where_one_was() {
        assert_eq!(next(&[], None).unwrap(), "a");
        assert_eq!(next(&[], Some("b")).unwrap(), "b");
        assert_eq!(next(&["b"], Some("b")).unwrap(), "c");
        assert_eq!(next(&["b", "c"], Some("c")).unwrap(), "a");
        assert_eq!(next(&["a", "b", "c"], Some("c")), None);
    }

    #[test]
    fn sections_and_modules_are_counted() {
        let progress = Progress::new(["a".to_owned(), "c".to_owned(), "gone".to_owned()].into(), None);
        let module = module();
        assert_eq!(progress.count_section(&module.sections[0]), 1);
        assert_eq!(progress.count_module(&module), 2);
    }
}
