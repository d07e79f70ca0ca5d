//! Code, coloured when it is read: classes whose colours the style sheet gives.

use std::collections::BTreeSet;

use quick_xml::escape::escape;
use syntect::html::{ClassStyle, ClassedHTMLGenerator};
use syntect::parsing::SyntaxSet;
use syntect::util::LinesWithEndings;

/// Knows the languages; it is loaded to read content and dropped after that.
pub struct Highlighter {
    syntaxes: SyntaxSet,
}

impl Highlighter {
    /// Loads the definitions of all languages.
    pub fn load() -> Self {
        Self { syntaxes: SyntaxSet::load_defaults_newlines() }
    }

    /// The inner HTML of a code block, with the lines of `marked` in `<mark>`; plain text for a language that is not known.
    pub fn highlight(&self, code: &str, language: &str, marked: &BTreeSet<usize>) -> String {
        let html = self.colour(code, language).unwrap_or_else(|| escape(code).into_owned());
        if marked.is_empty() { html } else { mark_lines(&html, marked) }
    }

    fn colour(&self, code: &str, language: &str) -> Option<String> {
        let token = match language {
            "console" | "shell" => "sh",
            other => other,
        };
        let syntax = self.syntaxes.find_syntax_by_token(token)?;
        let style = ClassStyle::SpacedPrefixed { prefix: "hl-" };
        let mut generator = ClassedHTMLGenerator::new_with_class_style(syntax, &self.syntaxes, style);
        for line in LinesWithEndings::from(code) {
            generator.parse_html_for_line_which_includes_newline(line).ok()?;
        }
        Some(generator.finalize())
    }
}

/// Puts the marked lines, from 1, into `<mark>`; spans that are open across the end of one are closed there and opened again.
fn mark_lines(html: &str, marked: &BTreeSet<usize>) -> String {
    let mut result = String::with_capacity(html.len() + 32 * marked.len());
    let mut open: Vec<&str> = Vec::new();
    for (before, line) in html.split_inclusive('\n').enumerate() {
        let is_marked = marked.contains(&(before + 1));
        let push_between = |result: &mut String, open: &[&str], tag: &str| {
            result.push_str(&"</span>".repeat(open.len()));
            result.push_str(tag);
            result.push_str(&open.concat());
        };
        if is_marked {
            push_between(&mut result, &open, "<mark>");
        }
        for tag in line.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag) {
            if tag.starts_with('/') {
                open.pop();
            } else {
                let from = tag.as_ptr() as usize - line.as_ptr() as usize;
                open.push(&line[from - 1..=from + tag.len()]);
            }
        }
        result.push_str(line);
        if is_marked {
            push_between(&mut result, &open, "</mark>");
        }
    }
    result
}
