//! The text of a lesson as a part of a longer page: its anchors become the lesson's own, links between lessons stay on the
//! page, and its headings go below the lesson's title.

use lol_html::html_content::Element;
use lol_html::{RewriteStrSettings, element, rewrite_str};

use super::markdown::anchor_of;
use super::model::{Lesson, Module};
use crate::view::Html;

const SVG: &str = "http://www.w3.org/2000/svg";
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

    /// A stretch of the text of `lesson`.
    pub fn rewrite(self, html: &Html, lesson: &Lesson) -> anyhow::Result<Html> {
        let anchor = self.anchor(lesson);
        let settings = RewriteStrSettings::new()
            .append_element_content_handler(element!("[id], [for], [name]", |part| Ok(own_names(part, &anchor)?)))
            .append_element_content_handler(element!("a[href]", |link| {
                if let Some(target) = link.get_attribute("href").and_then(|href| self.resolve(&href, &anchor)) {
                    link.set_attribute("href", &target)?;
                }
                Ok(())
            }))
            .append_element_content_handler(element!("h2, h3, h4", |heading| {
                let level = heading.tag_name().as_bytes().get(1).map_or(2, |digit| digit - b'0');
                heading.set_tag_name(&format!("h{}", (level + LOWER).min(6)))?;
                Ok(())
            }))
            // A page of its own has links to its headings; paper has none.
            .append_element_content_handler(element!("a.anchor", |link| {
                link.remove();
                Ok(())
            }));
        Ok(Html::trusted(rewrite_str(html.as_str(), settings)?))
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

/// Puts the lesson's anchor before every name that has to be unique; a drawing's are already.
fn own_names(part: &mut Element<'_, '_>, anchor: &str) -> Result<(), lol_html::errors::AttributeNameError> {
    if part.namespace_uri() == SVG {
        return Ok(());
    }
    for name in ["id", "for", "name"] {
        if let Some(value) = part.get_attribute(name) {
            part.set_attribute(name, &format!("{anchor}--{value}"))?;
        }
    }
    Ok(())
}
