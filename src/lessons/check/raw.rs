//! Markup that this program does not know, which a page shows as it was written: a footnote or a reference without its
//! target, and what other systems put in braces.

use std::sync::LazyLock;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use regex::Regex;
use toml::{Table, Value};

use crate::lessons::markdown;

/// Each with what to do about it.
static MARKUP: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let kinds = [
        (r"\[\^[^\]\s]+\]", "no footnote has this name; write it below as [^name]: .., or put a \\ before it"),
        (r"\[[^\[\]]+\]\[[^\[\]]*\]", "no link has this name; write [words](file.md), or put a \\ before it"),
        (r"\{\{.*?\}\}|\{%.*?%\}", "this is markup of another system; say it in Markdown, or put it in backticks"),
        (r"\{:?\s*[#.][^}]*\}", "headings make their anchors themselves, and nothing has a class; leave this out"),
        (r"^(?::::|!!!|\?\?\?)\+?\s*\w*", "this is markup of another system; write a callout as > [!NOTE]"),
    ];
    // A pattern that is no pattern is a bug that any test meets.
    kinds.into_iter().filter_map(|(pattern, advice)| Some((Regex::new(pattern).ok()?, advice))).collect()
});

/// Words that are shown as they stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawMarkup {
    /// Where they begin in the text.
    pub(super) offset: usize,
    pub(super) words: String,
    pub(super) advice: &'static str,
}

/// The markup that nothing reads in the Markdown `text`, outside of code.
pub(super) fn find_raw(text: &str) -> Vec<RawMarkup> {
    let mut found = Vec::new();
    let (mut block, mut is_code) = (Block::default(), false);
    for (event, range) in Parser::new_ext(text, markdown::options()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Text(words) if !is_code => block.push(&words, range.start),
            Event::Code(_) | Event::InlineMath(_) | Event::DisplayMath(_) => block.push(" ", range.start),
            Event::SoftBreak | Event::HardBreak => block.push("\n", range.start),
            Event::Start(tag) if !is_inline(tag.to_end()) => block.end(text, &mut found),
            Event::End(tag) if !is_inline(tag) => block.end(text, &mut found),
            _ => {}
        }
    }
    block.end(text, &mut found);
    found
}

/// Whether what ends so is a part of a line.
pub(super) fn is_inline(tag: TagEnd) -> bool {
    use TagEnd::{Emphasis, Image, Link, Strikethrough, Strong};
    matches!(tag, Emphasis | Strong | Strikethrough | Link | Image)
}

/// As [`find_raw`], in each text of a TOML file or of a question; each with the line of `toml` on which it stands.
pub(super) fn find_raw_in_toml(toml: &str) -> Vec<(usize, RawMarkup)> {
    let Ok(table) = toml.parse::<Table>() else { return Vec::new() };
    let mut texts = Vec::new();
    list_texts(&Value::Table(table), &mut texts);
    let mut found: Vec<(usize, RawMarkup)> = Vec::new();
    for raw in texts.iter().flat_map(|text| find_raw(text)) {
        // The same words are looked for behind those that were found before.
        let before = found.iter().filter(|(_, other)| other.words == raw.words).count();
        let at = toml.match_indices(&raw.words).nth(before).map_or(0, |(at, _)| at);
        found.push((toml[..at].matches('\n').count() + 1, raw));
    }
    found
}

fn list_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| list_texts(value, texts)),
        Value::Table(table) => table.values().for_each(|value| list_texts(value, texts)),
        _ => {}
    }
}

/// The words of a block that is being read, and where each run of them stands in the text.
#[derive(Default)]
struct Block {
    words: String,
    runs: Vec<(usize, usize)>,
}

impl Block {
    fn push(&mut self, words: &str, offset: usize) {
        self.runs.push((self.words.len(), offset));
        self.words.push_str(words);
    }

    fn end(&mut self, text: &str, found: &mut Vec<RawMarkup>) {
        let Self { words, runs } = std::mem::take(self);
        for (pattern, advice) in MARKUP.iter() {
            for markup in pattern.find_iter(&words) {
                let run = runs.iter().rev().find(|(at, _)| *at <= markup.start());
                let offset = run.map_or(0, |(at, offset)| offset + markup.start() - at);
                // With a backslash before it, its author wants it to be seen.
                if !text[..offset.min(text.len())].ends_with('\\') {
                    found.push(RawMarkup { offset, words: markup.as_str().to_owned(), advice });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_in(text: &str) -> Vec<String> {
        find_raw(text).into_iter().map(|raw| raw.words).collect()
    }

    #[test]
    fn markup_without_a_target_or_of_another_system_is_found() {
        for (text, words) in [
            ("See.[^1]", "[^1]"),
            ("See [the rule][rule].", "[the rule][rule]"),
            ("See [the rule][].", "[the rule][]"),
            ("A line. {#here}", "{#here}"),
            ("A line. {.wide #here}", "{.wide #here}"),
            ("A line.\n{: .wide }", "{: .wide }"),
            ("{{< note >}}", "{{< note >}}"),
            ("{{% note %}} Mind. {{% /note %}}", "{{% note %}}"),
            ("{% include a.md %}", "{% include a.md %}"),
            ("Hello {{ site.title }}!", "{{ site.title }}"),
            ("::: note\nMind.\n:::", "::: note"),
            ("!!! warning\n    Mind.", "!!! warning"),
            ("| a |\n|---|\n| x[^z] |", "[^z]"),
            ("- *a* and [^b]", "[^b]"),
        ] {
            assert_eq!(words_in(text).first().map(String::as_str), Some(words), "{text}");
        }
    }

    #[test]
    fn what_has_a_target_stands_in_code_or_is_meant_is_left_alone() {
        for text in [
            "See.[^1]\n\n[^1]: Note.",
            "See [the rule][rule].\n\n[rule]: a.md",
            "See [a](b.md), [x] and [ ] todo.",
            "`[^1]`, `{#id}`, `{{ x }}`\n\n```sh\necho {{< note >}} [a][b] [^1]\n```\n\n    {#id}",
            "A \\[^1] and \\{#id}",
            "What stands in {braces}, [brackets] and (more) !!! It's fine ::: here",
        ] {
            assert_eq!(words_in(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn its_place_is_told_in_text_and_in_toml() {
        let text = "One\ntwo `x` [a][b]";
        assert_eq!(&text[find_raw(text)[0].offset..], "[a][b]");
        let toml = "prompt = \"[^1]\"\n[[choices]]\ntext = \"a [b][c]\"\nwhy = \"[^1]\"\n";
        let lines: Vec<usize> = find_raw_in_toml(toml).iter().map(|(line, _)| *line).collect();
        assert_eq!(lines.iter().copied().collect::<std::collections::BTreeSet<_>>(), [1, 3, 4].into());
        assert!(find_raw_in_toml("not toml").is_empty());
    }
}
