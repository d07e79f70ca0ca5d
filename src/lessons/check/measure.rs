//! Measures of a lesson as its author wrote it: words, level, questions, headings, paragraphs, images.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use toml::{Table, Value};

use super::raw::{RawMarkup, find_raw, find_raw_in_toml, is_inline};
use super::readability::Prose;
use crate::lessons::markdown;

/// Languages of commands that a reader types too, which takes longer than reading.
const SHELLS: [&str; 5] = ["sh", "bash", "shell", "console", "promql"];

/// What was measured of a lesson's text.
#[derive(Debug, Default)]
pub(super) struct Measures {
    /// The words of prose, tables and questions.
    pub(super) words: usize,
    /// The words of code.
    pub(super) code_words: usize,
    /// The questions asked.
    pub(super) questions: usize,
    /// The blocks of commands and the labs, in which a reader does something.
    pub(super) exercises: usize,
    /// The prose alone.
    pub(super) prose: Prose,
    /// The line and the level of each heading.
    pub(super) headings: Vec<(usize, u8)>,
    /// The line and the words of each paragraph.
    pub(super) paragraphs: Vec<(usize, usize)>,
    /// The links of the images.
    pub(super) images: Vec<String>,
    /// The line of markup that nothing reads, in the text and in its questions.
    pub(super) raw: Vec<(usize, RawMarkup)>,
}

/// Measures the Markdown `text`, of which the first line is `first_line` of its file.
pub(super) fn measure(text: &str, first_line: usize) -> Measures {
    let mut measurer = Measurer { text, first_line, ..Measurer::default() };
    for (event, range) in Parser::new_ext(text, markdown::options()).into_offset_iter() {
        measurer.take(event, range.start);
    }
    measurer.end_block(None);
    let raw = find_raw(text).into_iter().map(|raw| (measurer.line(raw.offset), raw));
    let raw: Vec<_> = raw.collect();
    measurer.measures.raw.extend(raw);
    measurer.measures
}

/// The links of the images in any text, such as a file of questions.
pub(super) fn images_of(text: &str) -> Vec<String> {
    let images = |event| match event {
        Event::Start(Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    };
    Parser::new_ext(text, markdown::options()).filter_map(images).collect()
}

#[derive(Default)]
struct Measurer<'a> {
    text: &'a str,
    first_line: usize,
    measures: Measures,
    /// The words of the block that is being read, without code.
    block: String,
    quoted_words: usize,
    /// The language of the code that is being read.
    code: Option<String>,
    is_in_table: bool,
    is_in_heading: bool,
    paragraph_line: usize,
}

impl Measurer<'_> {
    fn take(&mut self, event: Event<'_>, start: usize) {
        match event {
            Event::Text(words) if self.code.is_some() => self.take_code(&words, start),
            Event::Text(words) => self.block.push_str(&words),
            Event::Code(words) => {
                self.quoted_words += words.split_whitespace().count();
                self.block.push(' ');
            }
            Event::SoftBreak | Event::HardBreak => self.block.push(' '),
            Event::Start(Tag::Image { dest_url, .. }) => self.measures.images.push(dest_url.into_string()),
            Event::Start(tag) => self.open(&tag, start),
            Event::End(tag) => self.close(tag),
            _ => {}
        }
    }

    fn open(&mut self, tag: &Tag<'_>, start: usize) {
        if is_inline(tag.to_end()) {
            return;
        }
        self.end_block(None);
        match tag {
            Tag::Paragraph => self.paragraph_line = self.line(start),
            Tag::Table(_) => self.is_in_table = true,
            Tag::Heading { level, .. } => {
                self.is_in_heading = true;
                self.measures.headings.push((self.line(start), *level as u8));
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => self.code = Some(String::new()),
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                let language = info.split_whitespace().next().unwrap_or_default().to_owned();
                self.measures.questions += usize::from(language == "question");
                self.measures.exercises += usize::from(language == "lab" || SHELLS.contains(&language.as_str()));
                self.code = Some(language);
            }
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        if is_inline(tag) {
            return;
        }
        self.end_block((tag == TagEnd::Paragraph).then_some(self.paragraph_line));
        match tag {
            TagEnd::Table => self.is_in_table = false,
            TagEnd::Heading(_) => self.is_in_heading = false,
            TagEnd::CodeBlock => self.code = None,
            _ => {}
        }
    }

    fn take_code(&mut self, code: &str, start: usize) {
        match self.code.as_deref() {
            Some("question") => {
                self.measures.words += question_words(code);
                self.measures.images.extend(images_of(code));
                let first_line = self.line(start);
                self.measures
                    .raw
                    .extend(find_raw_in_toml(code).into_iter().map(|(line, raw)| (first_line + line - 1, raw)));
            }
            Some("lab" | "mermaid") | None => {}
            Some(_) => self.measures.code_words += code.split_whitespace().count(),
        }
    }

    fn end_block(&mut self, paragraph: Option<usize>) {
        let block = std::mem::take(&mut self.block);
        let words = block.split_whitespace().count() + std::mem::take(&mut self.quoted_words);
        self.measures.words += words;
        if !self.is_in_table && !self.is_in_heading {
            self.measures.prose.add(&block);
            self.measures.paragraphs.extend(paragraph.map(|line| (line, words)));
        }
    }

    fn line(&self, start: usize) -> usize {
        self.first_line + self.text[..start].matches('\n').count()
    }
}

/// The words of a question that a reader sees before the answer.
fn question_words(source: &str) -> usize {
    let Ok(question) = source.parse::<Table>() else { return 0 };
    let words = |value: Option<&Value>| value.and_then(Value::as_str).map_or(0, |text| text.split_whitespace().count());
    let lines = ["choices", "items"].into_iter().filter_map(|key| question.get(key)?.as_array()).flatten();
    words(question.get("prompt")) + lines.map(|line| words(line.get("text"))).sum::<usize>()
}
