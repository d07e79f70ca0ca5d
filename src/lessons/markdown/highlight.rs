//! Code, coloured when it is read: classes whose colours the style sheet gives.

use syntect::html::{ClassStyle, ClassedHTMLGenerator};
use syntect::parsing::SyntaxSet;
use syntect::util::LinesWithEndings;

/// Knows the languages; made for the time of reading, and dropped after it.
pub struct Highlighter {
    syntaxes: SyntaxSet,
}

impl Highlighter {
    /// Loads the definitions of all languages.
    pub fn load() -> Self {
        Self { syntaxes: SyntaxSet::load_defaults_newlines() }
    }

    /// The inner HTML of a code block; plain text for a language that is not known.
    pub fn highlight(&self, code: &str, language: &str) -> String {
        let token = match language {
            "console" | "shell" => "sh",
            other => other,
        };
        let Some(syntax) = self.syntaxes.find_syntax_by_token(token) else { return escape(code) };
        let style = ClassStyle::SpacedPrefixed { prefix: "hl-" };
        let mut generator = ClassedHTMLGenerator::new_with_class_style(syntax, &self.syntaxes, style);
        for line in LinesWithEndings::from(code) {
            if generator.parse_html_for_line_which_includes_newline(line).is_err() {
                return escape(code);
            }
        }
        generator.finalize()
    }
}

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
