//! Blocks with a meaning of their own: callouts, code, questions, labs.

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, TagEnd};
use serde::Deserialize;

use super::highlight::escape;
use super::{Events, Pass, Source};
use crate::lessons::model::Piece;
use crate::lessons::question_source::QuestionSource;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabSource {
    name: String,
}

impl<'a> Pass<'_, 'a, '_> {
    pub(super) fn open_callout(&mut self, kind: BlockQuoteKind) {
        let (class, title) = match kind {
            BlockQuoteKind::Note => ("note", "Note"),
            BlockQuoteKind::Tip => ("tip", "Tip"),
            BlockQuoteKind::Important => ("important", "Important"),
            BlockQuoteKind::Warning => ("warning", "Warning"),
            BlockQuoteKind::Caution => ("caution", "Caution"),
        };
        self.push_html(format!(
            "<aside class=\"callout callout-{class}\" aria-label=\"{title}\"><p class=\"callout-title\">{title}</p>\n"
        ));
    }

    pub(super) fn take_code(&mut self, kind: &CodeBlockKind<'a>, start: usize, rest: &mut Events<'a>) {
        let mut code = String::new();
        for (event, _) in rest.by_ref() {
            match event {
                Event::End(TagEnd::CodeBlock) => break,
                Event::Text(text) => code.push_str(&text),
                _ => {}
            }
        }
        let language = match kind {
            CodeBlockKind::Fenced(info) => info.split_whitespace().next().unwrap_or("").to_owned(),
            CodeBlockKind::Indented => String::new(),
        };
        match language.as_str() {
            "question" => self.take_question(&code, start),
            "lab" => self.take_lab(&code, start),
            _ => {
                self.note(&code);
                self.push_code(&code, &language);
            }
        }
    }

    fn push_code(&mut self, code: &str, language: &str) {
        let inner = self.renderer.highlighter.highlight(code, language);
        let language = escape(language);
        let label = if language.is_empty() { "Code".to_owned() } else { format!("Code: {language}") };
        self.push_html(format!(
            "<div class=\"code\" data-language=\"{language}\"><pre tabindex=\"0\" role=\"group\" aria-label=\"{label}\">\
             <code>{inner}</code></pre></div>\n"
        ));
    }

    fn take_question(&mut self, code: &str, start: usize) {
        let source = Source { file: self.source.file, first_line: self.source.line(start) + 1, text: code };
        if let Some(question) = QuestionSource::read(source, self.renderer, self.faults) {
            self.push_question(question);
        }
    }

    fn take_lab(&mut self, code: &str, start: usize) {
        match toml::from_str::<LabSource>(code) {
            Err(fault) => self.fault(start, format!("a lab block reads `name = \"..\"`: {}", fault.message())),
            Ok(lab) if !self.renderer.labs.contains(&lab.name) => {
                self.fault(
                    start,
                    format!("there is no lab {:?}; there are: {}", lab.name, self.renderer.labs.join(", ")),
                );
            }
            Ok(lab) => {
                self.cut();
                self.rendered.pieces.push(Piece::Lab(lab.name));
            }
        }
    }
}
