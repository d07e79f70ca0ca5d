//! What a reader may stumble over, and files that nobody reads.

use std::collections::BTreeSet;

use super::lesson_file::LessonFile;
use super::measure::{images_of, measure};
use super::outline::Outline;
use super::raw::{RawMarkup, find_raw_in_toml};
use crate::lessons::address::readings;
use crate::lessons::fault::{Faults, Rule};
use crate::lessons::library::{Files, IgnoreReason, image_size};
use crate::lessons::paths::{has_extension, is_within, join};

/// How many words a lesson has.
const LESSON_WORDS: std::ops::RangeInclusive<usize> = 600..=1_500;
/// How many questions the challenges of a section ask.
const CHALLENGE_QUESTIONS: std::ops::RangeInclusive<usize> = 8..=12;
/// So many words a minute are read of English prose, silently: M. Brysbaert, "How many words do we read per minute? A
/// review and meta-analysis of reading rate", Journal of Memory and Language 109, 2019.
const WORDS_PER_MINUTE: usize = 238;
/// So many of a text that is learned by heart: R. P. Carver, "Reading rate: theory, research, and practical
/// implications", Journal of Reading 36, 1992. Nobody needs longer for a lesson without exercises.
const MEMORISED_PER_MINUTE: usize = 138;
/// How long a question may take to think about.
const MINUTES_PER_QUESTION: usize = 2;
/// The years of school that a lesson may ask for; plain words for adults ask for fewer.
const MAX_GRADE: f64 = 10.0;
/// How many words a paragraph may have.
const MAX_PARAGRAPH_WORDS: usize = 120;

/// Checks the lessons of one section.
pub(super) fn check_section(lessons: &[LessonFile], faults: &mut Faults) {
    for lesson in lessons {
        check_length(lesson, faults);
        check_minutes(lesson, faults);
        check_level(lesson, faults);
        check_headings(lesson, faults);
        check_paragraphs(lesson, faults);
        for (line, raw) in &lesson.measures.raw {
            add_raw(raw, (&lesson.file, *line), faults);
        }
    }
    if let Some(last) = lessons.last().filter(|last| !CHALLENGE_QUESTIONS.contains(&last.measures.questions)) {
        let text = format!(
            "the last lesson of a section holds its challenges, {} to {} questions, and this one asks {}; add some, or \
             move some up into the lessons",
            CHALLENGE_QUESTIONS.start(),
            CHALLENGE_QUESTIONS.end(),
            last.measures.questions
        );
        faults.add_of(Rule::Challenges, (&last.file, 1), text);
    }
}

fn check_length(lesson: &LessonFile, faults: &mut Faults) {
    let words = lesson.measures.words;
    if lesson.measures.questions >= *CHALLENGE_QUESTIONS.start() {
        return;
    }
    let advice = match words {
        words if words < *LESSON_WORDS.start() => "say more, or join it to its neighbour",
        words if words > *LESSON_WORDS.end() => "shorten it, or make two of it",
        _ => return,
    };
    let text = format!(
        "the lesson has {words} words, and {} to {} are wanted; {advice}",
        LESSON_WORDS.start(),
        LESSON_WORDS.end()
    );
    faults.add_of(Rule::Length, (&lesson.file, 1), text);
}

fn check_minutes(lesson: &LessonFile, faults: &mut Faults) {
    let measures = &lesson.measures;
    let stated = usize::try_from(lesson.minutes).unwrap_or(0);
    let min = (measures.words + measures.code_words).div_ceil(WORDS_PER_MINUTE).max(1);
    let max = (measures.words + measures.code_words).div_ceil(MEMORISED_PER_MINUTE).max(1)
        + measures.questions * MINUTES_PER_QUESTION;
    let (takes, of) = match stated {
        stated if stated < min => (min, "at least"),
        // The time that an exercise takes does not follow from its words.
        stated if stated > max && measures.exercises == 0 => (max, "at most"),
        _ => return,
    };
    let text = format!(
        "the lesson says that it takes {stated} minutes, and its {} words take {of} {takes}; correct `minutes`",
        measures.words + measures.code_words
    );
    faults.add_of(Rule::Minutes, (&lesson.file, 1), text);
}

fn check_level(lesson: &LessonFile, faults: &mut Faults) {
    if let Some(grade) = lesson.measures.prose.grade().filter(|grade| *grade > MAX_GRADE) {
        let text = format!(
            "the prose asks for {grade:.1} years of school (Flesch-Kincaid), and {MAX_GRADE:.0} are enough; shorten \
             sentences, and choose shorter words"
        );
        faults.add_of(Rule::Grade, (&lesson.file, 1), text);
    }
}

fn check_headings(lesson: &LessonFile, faults: &mut Faults) {
    let mut above = 1;
    for (line, level) in &lesson.measures.headings {
        if *level > above + 1 {
            let text = format!(
                "a heading of level {level} stands below one of level {above}; write {} in place of {}",
                "#".repeat(usize::from(above) + 1),
                "#".repeat(usize::from(*level))
            );
            faults.add_of(Rule::HeadingLevel, (&lesson.file, *line), text);
        }
        above = *level;
    }
}

fn check_paragraphs(lesson: &LessonFile, faults: &mut Faults) {
    for (line, words) in lesson.measures.paragraphs.iter().filter(|(_, words)| *words > MAX_PARAGRAPH_WORDS) {
        let text = format!(
            "the paragraph has {words} words, and {MAX_PARAGRAPH_WORDS} are enough; break it where its point turns"
        );
        faults.add_of(Rule::Paragraph, (&lesson.file, *line), text);
    }
}

/// Finds files that are not read, files that no list names, and images that no text shows.
pub(super) fn check_files(files: &Files, outline: &Outline, faults: &mut Faults) {
    for (path, reason) in files.ignored() {
        let text = match reason {
            IgnoreReason::HiddenOrBackup => "this file is left out, as hidden files and editors' copies are; remove it",
            IgnoreReason::UnknownType => {
                "this file is left out, for it is neither .md nor .toml nor an image (AVIF, GIF, JPEG, PNG, SVG, WebP); \
                 rename or remove it"
            }
            IgnoreReason::OutsideLink => {
                "this link is left out, for it leads out of the content folder or to a file of another type; put the \
                 file itself here"
            }
            IgnoreReason::SameName => {
                "another file has this name too, with its letters composed another way; rename or remove one"
            }
        };
        faults.add_of(Rule::IgnoredFile, (path, 1), text);
    }
    let shown = list_shown(files);
    for path in files.paths().filter(|path| has_extension(path, "toml")) {
        for (line, raw) in find_raw_in_toml(files.find_text(path).unwrap_or_default()) {
            add_raw(&raw, (path, line), faults);
        }
    }
    for path in files.paths() {
        if has_extension(path, "md") || has_extension(path, "toml") {
            if !is_named(path, outline) {
                let text = "nothing names this file, so nobody reads it; name its folder in programme.toml or \
                            module.toml, or remove it";
                faults.add_of(Rule::UnnamedFile, (path, 1), text);
            }
        } else if !shown.contains(path) {
            faults.add_of(Rule::UnusedMedia, (path, 1), "no lesson shows this file; show it, or remove it");
        } else if files.find(path).is_some_and(|bytes| image_size(path, bytes).is_none()) {
            let text = "the image does not say how large it is, so a page jumps when it arrives; give an SVG a `viewBox`, \
                        and save others as PNG, JPEG, WebP, AVIF or GIF";
            faults.add_of(Rule::ImageSize, (path, 1), text);
        }
    }
}

fn add_raw(raw: &RawMarkup, location: (&str, usize), faults: &mut Faults) {
    let text = format!("readers see {} as it stands; {}", raw.words, raw.advice);
    faults.add_of(Rule::RawMarkup, location, text);
}

fn is_named(path: &str, outline: &Outline) -> bool {
    let is_of = |folder: &String, names: &[&str]| {
        path.strip_prefix(folder.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| names.contains(&rest))
    };
    path == "programme.toml"
        || outline.modules.iter().any(|module| is_of(module, &["module.toml", "pool.toml", "glossary.toml"]))
        || outline
            .sections
            .iter()
            .any(|section| is_of(section, &["section.toml"]) || (is_within(path, section) && has_extension(path, "md")))
}

fn list_shown(files: &Files) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for path in files.paths().filter(|path| has_extension(path, "md") || has_extension(path, "toml")) {
        let text = files.find_text(path).unwrap_or_default();
        // A question is written in a block of code, and its images are shown as well.
        let within = measure(text, 1).images;
        let images = within.into_iter().chain(images_of(text));
        shown.extend(images.flat_map(|link| readings(&link)).map(|(image, _)| join(path, &image)));
    }
    shown
}
