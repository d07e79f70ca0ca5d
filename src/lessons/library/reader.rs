//! From files to a programme.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Contents;
use super::media::Media;
use super::picture;
use super::pool::CheckpointSource;
use super::source::{Files, is_image};
use crate::lessons::address::encode;
use crate::lessons::fault::{Faults, Rule};
use crate::lessons::markdown::{Highlighter, Links, Renderer, Source};
use crate::lessons::model::{Lesson, Module, Section, Term};
use crate::text::count_visible;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModuleSource {
    title: String,
    summary: String,
    sections: Vec<String>,
    #[serde(default)]
    checkpoint: CheckpointSource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionSource {
    title: String,
    summary: String,
    lab: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    summary: String,
    minutes: i64,
}

/// A section whose lessons are not read yet.
struct SectionDraft {
    slug: String,
    source: SectionSource,
    /// Those of its lessons.
    files: Vec<String>,
}

impl SectionDraft {
    /// Takes as many of a module's `lessons` as are its own.
    fn fill(&self, lessons: &mut impl Iterator<Item = Option<Lesson>>) -> Section {
        let SectionSource { title, summary, lab } = &self.source;
        Section {
            slug: self.slug.clone(),
            title: title.clone(),
            summary: summary.clone(),
            lab: lab.clone(),
            lessons: lessons.by_ref().take(self.files.len()).flatten().collect(),
        }
    }
}

/// Reads every file that the programme names; fails with every fault at once.
pub(in crate::lessons) fn read(files: &Files, labs: &[String], highlighter: &Highlighter) -> anyhow::Result<Contents> {
    let mut links = find_links(files);
    // What terms mean stands in the text of lessons, so the glossaries come first.
    let (glossaries, faults) = {
        let renderer = Renderer { highlighter, links: &links, labs };
        let mut reader = Reader::new(files, &renderer);
        (reader.read_glossaries(), reader.faults)
    };
    let meanings = |terms: &Vec<Term>| terms.iter().map(|term| (term.slug.clone(), term.means.clone())).collect();
    links.terms = glossaries.iter().map(|(folder, terms)| (folder.clone(), meanings(terms))).collect();
    let renderer = Renderer { highlighter, links: &links, labs };
    let mut reader = Reader { faults, glossaries, ..Reader::new(files, &renderer) };
    let contents = reader.read_contents();
    reader.check_duplicates();
    reader.faults.settle_anchors(&reader.anchors);
    reader.faults.finish()?;
    contents.ok_or_else(|| anyhow::anyhow!("the content could not be read"))
}

pub(super) struct Reader<'a> {
    files: &'a Files,
    pub(super) renderer: &'a Renderer<'a>,
    pub(super) faults: Faults,
    glossaries: BTreeMap<String, Vec<Term>>,
    /// The anchors of each lesson's file.
    anchors: BTreeMap<String, BTreeSet<String>>,
    /// The file, the line and the id of each question in a lesson.
    questions: Vec<(String, usize, String)>,
}

impl<'a> Reader<'a> {
    fn new(files: &'a Files, renderer: &'a Renderer<'a>) -> Self {
        Self {
            files,
            renderer,
            faults: Faults::default(),
            glossaries: BTreeMap::new(),
            anchors: BTreeMap::new(),
            questions: Vec::new(),
        }
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.files.paths()
    }

    fn read_contents(&mut self) -> Option<Contents> {
        let (programme, folders) = self.read_programme()?;
        let modules = folders.iter().filter_map(|folder| self.read_module(folder)).collect();
        let media = self
            .renderer
            .links
            .media
            .keys()
            .filter_map(|path| Some((path.clone(), Media::new(Cow::clone(self.files.find(path)?)))))
            .collect();
        Some(Contents { programme, modules, media })
    }

    fn read_module(&mut self, folder: &str) -> Option<Module> {
        let file = format!("{folder}/module.toml");
        let source: ModuleSource = self.read_toml(&file)?;
        for (place, section) in source.sections.iter().enumerate() {
            if source.sections[..place].contains(section) {
                let text = format!("the section {section:?} is named twice; take it out once");
                self.faults.add_of(Rule::Duplicate, (&file, 1), text);
            }
        }
        let drafts: Vec<SectionDraft> =
            source.sections.iter().filter_map(|section| self.read_section(folder, section)).collect();
        let files: Vec<&String> = drafts.iter().flat_map(|draft| &draft.files).collect();
        let mut lessons = self.read_lessons(&files).into_iter();
        let sections: Vec<Section> = drafts.iter().map(|draft| draft.fill(&mut lessons)).collect();
        let checkpoint = self.read_checkpoint(folder, &source.sections, &source.checkpoint);
        self.require_words((&file, 1), &source.title, &source.summary);
        Some(Module {
            slug: folder.to_owned(),
            title: source.title,
            summary: source.summary,
            sections,
            glossary: self.glossaries.remove(folder).unwrap_or_default(),
            checkpoint,
        })
    }

    fn read_section(&mut self, module: &str, folder: &str) -> Option<SectionDraft> {
        let file = format!("{module}/{folder}/section.toml");
        let source: SectionSource = self.read_toml(&file)?;
        if let Some(lab) = source.lab.as_ref().filter(|lab| !self.renderer.labs.contains(lab)) {
            let text = format!("there is no lab {lab:?}; there are: {}", self.renderer.labs.join(", "));
            self.faults.add_of(Rule::Lab, (&file, 1), text);
        }
        self.require_words((&file, 1), &source.title, &source.summary);
        let prefix = format!("{module}/{folder}/");
        let files: Vec<String> = self
            .files
            .paths()
            .filter(|path| path.starts_with(&prefix) && has_ending(path, "md"))
            .map(str::to_owned)
            .collect();
        if files.is_empty() {
            self.faults.add(&file, 1, "the section has no lessons; add a file such as 01-beginning.md");
        }
        Some(SectionDraft { slug: without_number(folder).to_owned(), source, files })
    }

    /// Renders the lessons of a module on all processors: colouring code is most of the work of a start. A file that is no
    /// lesson leaves its place empty.
    fn read_lessons(&mut self, paths: &[&String]) -> Vec<Option<Lesson>> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (files, renderer) = (self.files, self.renderer);
        // Lessons differ in length, so each thread takes the next one rather than a share.
        let next = AtomicUsize::new(0);
        let read = || {
            let (mut reader, mut lessons) = (Reader::new(files, renderer), Vec::new());
            while let Some((place, path)) = take_next(paths, &next) {
                lessons.push((place, reader.read_lesson(path)));
            }
            (lessons, reader)
        };
        let parts: Vec<(Vec<_>, Reader<'_>)> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads.min(paths.len())).map(|_thread| scope.spawn(read)).collect();
            // A panic in rendering is a fault of the program, and goes on here as one.
            running.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        let mut lessons = Vec::new();
        for (part, reader) in parts {
            lessons.extend(part);
            self.faults.extend(reader.faults);
            self.anchors.extend(reader.anchors);
            self.questions.extend(reader.questions);
        }
        lessons.sort_by_key(|(place, _)| *place);
        lessons.into_iter().map(|(_, lesson)| lesson).collect()
    }

    fn read_lesson(&mut self, file: &str) -> Option<Lesson> {
        let text = self.read_text(file)?;
        let Some((front, body)) = split_front_matter(&text) else {
            self.faults.add(file, 1, "a lesson begins with its title, summary and minutes between two lines of +++");
            return None;
        };
        let matter: FrontMatter = self.parse_toml(file, front, 2)?;
        let first_line = front.matches('\n').count() + 4;
        let rendered = self.renderer.render(Source { file, first_line, text: body }, &mut self.faults);
        self.require_words((file, 2), &matter.title, &matter.summary);
        self.questions.extend(rendered.questions.into_iter().map(|(id, line)| (file.to_owned(), line, id)));
        self.anchors.insert(file.to_owned(), rendered.anchors);
        Some(Lesson {
            slug: slug_of(file),
            title: matter.title,
            summary: matter.summary,
            minutes: matter.minutes,
            file: file.to_owned(),
            path: page_path(file)?,
            pieces: rendered.pieces,
            contents: rendered.contents,
            passages: rendered.passages,
            terms: rendered.terms,
        })
    }

    fn require_words(&mut self, place: (&str, usize), title: &str, summary: &str) {
        for (key, words) in [("title", title), ("summary", summary)] {
            if count_visible(words) == 0 {
                self.faults.add_of(Rule::Form, place, format!("`{key}` says nothing; readers choose by it"));
            }
        }
    }

    /// Notes the later one of two lessons with one address, and of two questions of a module with one id.
    fn check_duplicates(&mut self) {
        let mut addresses = BTreeMap::new();
        for file in self.anchors.keys() {
            if let Some(other) = page_path(file).and_then(|address| addresses.insert(address, file)) {
                let text = format!("its address is that of {other} too; rename one of the files");
                self.faults.add_of(Rule::Duplicate, (file, 1), text);
            }
        }
        self.questions.sort();
        let mut ids = BTreeMap::new();
        for (file, line, id) in &self.questions {
            let module = file.split('/').next();
            if let Some((other, above)) = ids.insert((module, id), (file, line)) {
                let text = format!("the question {id:?} has the id of one in {other}:{above}; rename one");
                self.faults.add_of(Rule::Duplicate, (file, *line), text);
            }
        }
    }

    pub(super) fn read_text(&mut self, file: &str) -> Option<String> {
        let Some(bytes) = self.files.find(file) else {
            self.faults.add(file, 1, "the file is missing; write it, or take its name out of the list that names it");
            return None;
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.replace("\r\n", "\n")),
            Err(fault) => {
                let line = bytes.iter().take(fault.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
                self.faults.add(file, line, "the file is not UTF-8; save it as UTF-8");
                None
            }
        }
    }

    fn read_toml<T: DeserializeOwned>(&mut self, file: &str) -> Option<T> {
        let text = self.read_text(file)?;
        self.parse_toml(file, &text, 1)
    }

    pub(super) fn parse_toml<T: DeserializeOwned>(&mut self, file: &str, text: &str, first_line: usize) -> Option<T> {
        match toml::from_str(text) {
            Ok(value) => Some(value),
            Err(fault) => {
                let before = fault.span().map_or(0, |span| text[..span.start].matches('\n').count());
                self.faults.add(file, first_line + before, fault.message());
                None
            }
        }
    }
}

/// The next of `paths` that no thread has taken yet, with its place.
fn take_next<'p>(paths: &[&'p String], next: &AtomicUsize) -> Option<(usize, &'p String)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    paths.get(place).map(|path| (place, *path))
}

fn find_links(files: &Files) -> Links {
    let mut links = Links::default();
    for path in files.paths() {
        if has_ending(path, "md") {
            if let Some(url) = page_path(path) {
                links.lessons.insert(path.to_owned(), url);
            }
        } else if is_image(path) {
            links.media.insert(path.to_owned(), files.find(path).and_then(|bytes| picture::measure(path, bytes)));
        }
    }
    links
}

/// Whether a file has such an ending, in capitals or not.
pub(in crate::lessons) fn has_ending(path: &str, ending: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

/// The text between the lines of `+++`, and the text after them.
pub(in crate::lessons) fn split_front_matter(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("+++\n")?;
    let end = rest.find("\n+++\n")?;
    Some((&rest[..end], &rest[end + 5..]))
}

/// The address of a lesson's page: `/modules/{module}/{section}/{lesson}`.
fn page_path(file: &str) -> Option<String> {
    let mut parts = file.split('/');
    let (module, section, _lesson) = (parts.next()?, parts.next()?, parts.next()?);
    Some(encode(&format!("/modules/{module}/{}/{}", without_number(section), slug_of(file))))
}

fn slug_of(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    without_number(name.rsplit_once('.').map_or(name, |(stem, _md)| stem)).to_owned()
}

/// A name without the number that orders it.
fn without_number(name: &str) -> &str {
    match name.split_once('-') {
        Some((number, rest)) if number.chars().all(|letter| letter.is_ascii_digit()) => rest,
        _ => name,
    }
}
