//! Headings: anchors that do not change, and a table of contents.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Tag, TagEnd};
use quick_xml::escape::escape;

use super::renderer::{Events, GuideStep, RenderedBlock, TextRenderer};
use crate::lessons::address::{anchor_id, compose};
use crate::lessons::model::Heading;
use crate::text::is_invisible;

impl<'a> TextRenderer<'_, 'a, '_> {
    /// The tasks that a heading leads to, which it names at its end: `{task=one task=two}`.
    pub(super) fn read_tasks(
        &mut self,
        is_plain: bool,
        attributes: &[(CowStr<'a>, Option<CowStr<'a>>)],
        start: usize,
    ) -> Vec<String> {
        let tasks = attributes.iter().map(|(key, value)| match value {
            Some(task) if &**key == "task" && !task.is_empty() => Some(task.to_string()),
            _ => None,
        });
        let tasks: Option<Vec<String>> = tasks.collect();
        if !is_plain || tasks.is_none() {
            self.fault(start, "in braces behind a heading stand tasks alone, such as {task=owner task=chat}");
        }
        tasks.unwrap_or_default()
    }

    pub(super) fn take_heading(
        &mut self,
        (level, tasks): (HeadingLevel, Vec<String>),
        start: usize,
        rest: &mut Events<'a>,
    ) {
        let (mut inner, mut text) = (Vec::new(), String::new());
        for (event, _) in rest.by_ref() {
            match event {
                Event::End(TagEnd::Heading(_)) => break,
                Event::Html(_) | Event::InlineHtml(_) => self.fault(start, "raw HTML is not taken in a heading"),
                Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                    let dest_url = self.resolve_link((link_type, &dest_url), start);
                    inner.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                }
                Event::FootnoteReference(label) => inner.push(self.footnote_reference(&label)),
                event => {
                    match &event {
                        Event::Text(words) | Event::Code(words) => text.push_str(words),
                        Event::SoftBreak | Event::HardBreak => text.push(' '),
                        _ => {}
                    }
                    inner.push(event);
                }
            }
        }
        let number = level as u8;
        if number == 1 {
            self.fault(start, "the title is the page's first heading; begin the text's headings with ##");
        }
        let id = anchor_id(&self.unique_anchor(&text));
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, inner.into_iter());
        let label = escape(&text);
        self.push_html(format!(
            "<h{number} id=\"{id}\">{html} <a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to: {label}\">#</a></h{number}>\n"
        ));
        if !tasks.is_empty() {
            self.refuse_in_tabs(start);
            let line = self.source.line(start);
            self.push_block(RenderedBlock::Step(GuideStep { line, anchor: id.clone(), title: text.clone(), tasks }));
        }
        let heading = Heading { level: number, id, text };
        self.begin_text_section(heading.clone());
        if number <= 3 {
            self.rendered.contents.push(heading);
        }
    }

    fn unique_anchor(&mut self, text: &str) -> String {
        let slug = slugify(text);
        let mut id = slug.clone();
        let mut count = 1;
        while !self.rendered.anchors.insert(id.clone()) {
            count += 1;
            id = format!("{slug}-{count}");
        }
        id
    }
}

/// Lower case in composed letters, with one hyphen for each run of anything but letters, their marks and digits.
pub(in crate::lessons) fn slugify(text: &str) -> String {
    let category = CodePointMapData::<GeneralCategory>::new();
    let is_mark = |letter| {
        matches!(
            category.get(letter),
            GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark | GeneralCategory::EnclosingMark
        )
    };
    let mut slug = String::new();
    let lower: String = text.chars().flat_map(char::to_lowercase).collect();
    for letter in compose(&lower).chars().filter(|letter| !is_invisible(*letter)) {
        let is_of_a_letter = is_mark(letter) && !slug.is_empty() && !slug.ends_with('-');
        if letter.is_alphanumeric() || is_of_a_letter {
            slug.push(letter);
        } else if letter != '\'' && letter != '’' && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "section".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_words_and_hyphens() {
        assert_eq!(slugify("What's a \"version 0\" service?"), "whats-a-version-0-service");
        assert_eq!(slugify("???"), "section");
        assert_eq!(slugify("A\u{200b}B\u{ad}C"), "abc");
    }

    #[test]
    fn letters_keep_their_marks_in_every_script() {
        for (heading, slug) in [
            ("U\u{308}bung macht", "\u{fc}bung-macht"),
            ("\u{130}stanbul", "i\u{307}stanbul"),
            ("हिन्दी में", "हिन्दी-में"),
            ("บริการนี้ คือ", "บริการนี้-คือ"),
            ("Trả về", "trả-về"),
            ("خدمةُ الاقتباس", "خدمةُ-الاقتباس"),
            ("服务，目录", "服务-目录"),
            ("வணக்கம்", "வணக்கம்"),
            ("\u{301}a \u{fe0f}", "a"),
        ] {
            assert_eq!(slugify(heading), slug);
        }
    }
}
