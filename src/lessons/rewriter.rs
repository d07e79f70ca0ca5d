//! The text of a lesson as a part of a longer page: its anchors become the lesson's own, links between lessons stay on the
//! page, and its headings go below the lesson's title.

use std::borrow::Cow;

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::markdown::anchor_of;
use super::model::{Lesson, Module};
use crate::view::Html;

/// How much lower headings go: a module's title, a section's and the lesson's own stand above them.
const LOWER: u8 = 2;

/// Rewrites the lessons of one module.
#[derive(Clone, Copy, Debug)]
pub struct Rewriter<'m> {
    module: &'m Module,
}

impl<'m> Rewriter<'m> {
    /// For a page that holds all of `module`.
    pub fn new(module: &'m Module) -> Self {
        Self { module }
    }

    /// The anchor of a lesson on the page: its number in the module, and its title.
    pub fn anchor(self, lesson: &Lesson) -> String {
        let place = self.module.lessons().position(|(_, found)| found.path == lesson.path).unwrap_or_default();
        format!("{}-{}", place + 1, anchor_of(&lesson.title))
    }

    /// A part of the text of `lesson`.
    pub fn rewrite(self, html: &Html, lesson: &Lesson) -> anyhow::Result<Html> {
        let anchor = self.anchor(lesson);
        let (mut reader, mut writer) = (Reader::from_str(html.as_str()), Writer::new(Vec::new()));
        // HTML has elements that do not end, such as a line break.
        reader.config_mut().check_end_names = false;
        let mut is_drawing = false;
        loop {
            let event = match reader.read_event()? {
                Event::Eof => break,
                // A page of its own has links to its headings; paper has none.
                Event::Start(tag) if is_heading_link(&tag) => {
                    reader.read_to_end(tag.name())?;
                    continue;
                }
                Event::Start(tag) => {
                    is_drawing |= tag.name().as_ref() == "svg";
                    if is_drawing { Event::Start(tag) } else { Event::Start(self.rewrite_tag(&tag, &anchor)) }
                }
                Event::Empty(tag) if !is_drawing => Event::Empty(self.rewrite_tag(&tag, &anchor)),
                Event::End(tag) => {
                    is_drawing &= tag.name().as_ref() != "svg";
                    Event::End(BytesEnd::new(lower(tag.name().as_ref()).into_owned()))
                }
                event => event,
            };
            writer.write_event(event)?;
        }
        Ok(Html::trusted(String::from_utf8(writer.into_inner())?))
    }

    /// A tag outside of drawings, whose names are unique already.
    fn rewrite_tag(self, tag: &BytesStart<'_>, anchor: &str) -> BytesStart<'static> {
        let name = tag.name();
        let mut changed = BytesStart::new(lower(name.as_ref()).into_owned());
        for attribute in tag.html_attributes().with_checks(false).flatten() {
            let value = match attribute.key.as_ref() {
                "id" | "for" | "name" => Some(format!("{anchor}--{}", attribute.value)),
                "href" if name.as_ref() == "a" => self.resolve(&attribute.value, anchor),
                _ => None,
            };
            let value = value.map_or(attribute.value, Cow::Owned);
            changed.push_attribute(Attribute { key: attribute.key, value });
        }
        changed
    }

    /// Where a link leads, if it is to this page.
    fn resolve(self, href: &str, own: &str) -> Option<String> {
        let (path, part) = href.split_once('#').map_or((href, None), |(path, part)| (path, Some(part)));
        let anchor = if path.is_empty() {
            own.to_owned()
        } else {
            let (_, lesson) = self.module.lessons().find(|(_, lesson)| lesson.path == path)?;
            self.anchor(lesson)
        };
        Some(part.map_or_else(|| format!("#{anchor}"), |part| format!("#{anchor}--{part}")))
    }
}

fn is_heading_link(tag: &BytesStart<'_>) -> bool {
    let is_anchor =
        |one: Attribute<'_>| one.key.as_ref() == "class" && one.value.split(' ').any(|name| name == "anchor");
    tag.name().as_ref() == "a" && tag.html_attributes().with_checks(false).flatten().any(is_anchor)
}

/// The name of an element, so much lower if it is a heading of a lesson.
fn lower(name: &str) -> Cow<'_, str> {
    match name {
        "h2" | "h3" | "h4" => {
            let level = name.as_bytes()[1] - b'0';
            Cow::Owned(format!("h{}", (level + LOWER).min(6)))
        }
        _ => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::model::{Checkpoint, Section};

    #[test]
    fn names_links_and_headings_are_the_longer_pages_and_all_else_stays() {
        let lessons = vec![Lesson::empty("/m/s/one", "One"), Lesson::empty("/m/s/two", "Two")];
        let (slug, summary, title) = (String::new(), String::new(), String::new());
        let section = Section { slug, title, summary, lab: None, lessons };
        let module = Module {
            slug: "m".to_owned(),
            title: String::new(),
            summary: String::new(),
            sections: vec![section],
            glossary: Vec::new(),
            checkpoint: Checkpoint::default(),
        };
        let two = module.lessons().nth(1).unwrap().1;
        for (before, after) in [
            (
                "<h2 id=\"a&amp;b\">A<a class=\"anchor\" href=\"#a\"><svg></svg></a></h2>",
                "<h4 id=\"2-two--a&amp;b\">A</h4>",
            ),
            ("<h4>x</h4><h5>y</h5>", "<h6>x</h6><h5>y</h5>"),
            ("<a href=\"/m/s/one#b\">b</a>", "<a href=\"#1-one--b\">b</a>"),
            ("<a href=\"/m/s/one\" title=\"t\">b</a>", "<a href=\"#1-one\" title=\"t\">b</a>"),
            ("<a href=\"#fn\">1</a>", "<a href=\"#2-two--fn\">1</a>"),
            ("<a href=\"https://a.example/?x&amp;y\">b</a>", "<a href=\"https://a.example/?x&amp;y\">b</a>"),
            (
                "a<br>b &lt;c&gt;&nbsp;<img src=\"x\" alt=\"&lt;\"> d",
                "a<br>b &lt;c&gt;&nbsp;<img src=\"x\" alt=\"&lt;\"> d",
            ),
            (
                "<p><svg><path id=\"p\"/><g id=\"q\"></g></svg></p>",
                "<p><svg><path id=\"p\"/><g id=\"q\"></g></svg></p>",
            ),
            (
                "<label for=\"x\"><input name=\"x\" checked=\"\"></label>",
                "<label for=\"2-two--x\"><input name=\"2-two--x\" checked=\"\"></label>",
            ),
        ] {
            let rewritten = Rewriter::new(&module).rewrite(&Html::trusted(before.to_owned()), two).unwrap();
            assert_eq!(rewritten.as_str(), after);
        }
    }
}
