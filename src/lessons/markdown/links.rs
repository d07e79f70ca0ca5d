//! Links between files, turned into addresses, and images, which need words.

use pulldown_cmark::{CowStr, Event, LinkType, TagEnd};
use quick_xml::escape::escape;

use super::renderer::{Events, TextRenderer};
use crate::lessons::address::{anchor_id, decode, encode, readings};
use crate::lessons::fault::{AnchorUse, Rule};
use crate::lessons::paths::join;
use crate::text::count_visible;

impl<'a> TextRenderer<'_, 'a, '_> {
    /// The address that a link leads to.
    pub(super) fn resolve_link(&mut self, (kind, address): (LinkType, &str), start: usize) -> CowStr<'a> {
        // What writes the HTML puts `mailto:` before it.
        if kind == LinkType::Email {
            return address.to_owned().into();
        }
        let file = self.source.file;
        if let Some(anchor) = address.strip_prefix('#') {
            return self.heading_address((file.to_owned(), String::new()), Some(decode(anchor)), start);
        }
        let lessons = &self.renderer.links.lessons;
        let known = readings(address).into_iter().find_map(|(path, anchor)| {
            let target = join(file, &path);
            let url = lessons.get(&target)?.clone();
            Some((target, url, anchor))
        });
        if let Some((target, url, anchor)) = known {
            return self.heading_address((target, url), anchor, start);
        }
        if let Some((scheme, rest)) = address.split_once(':') {
            let lower = scheme.to_ascii_lowercase();
            if !["http", "https", "mailto"].contains(&lower.as_str()) {
                self.fault_of(Rule::Link, start, format!("links of the kind {scheme}: are not taken; use https"));
            }
            return format!("{lower}:{rest}").into();
        }
        let path = address.split_once('#').map_or(address, |(path, _)| path);
        if path.starts_with('/') {
            return self.resolve_address(address, start);
        }
        let target = join(file, &decode(path));
        self.fault_of(Rule::Link, start, format!("{path} leads to no lesson; there is no content/{target}"));
        address.to_owned().into()
    }

    /// An address of the site itself; that of a lesson is followed to its heading.
    fn resolve_address(&mut self, address: &str, start: usize) -> CowStr<'a> {
        let Some((path, anchor)) = address.split_once('#') else { return address.to_owned().into() };
        let (url, anchor) = (encode(&decode(path)), decode(anchor));
        if let Some((target, _)) = self.renderer.links.lessons.iter().find(|(_, known)| **known == url) {
            return self.heading_address((target.clone(), url), Some(anchor), start);
        }
        if url.starts_with("/modules/") && url.ends_with("/glossary") {
            return format!("{url}#{}", anchor_id(&anchor)).into();
        }
        address.to_owned().into()
    }

    /// The address of a heading in the file `target`, whose page is at `url`.
    fn heading_address(&mut self, (target, url): (String, String), anchor: Option<String>, start: usize) -> CowStr<'a> {
        let Some(anchor) = anchor else { return url.into() };
        let address = format!("{url}#{}", anchor_id(&anchor));
        let location = (self.source.file.to_owned(), self.source.line(start));
        self.faults.expect_anchor(AnchorUse { location, target, anchor });
        address.into()
    }

    pub(super) fn take_image(&mut self, link: &str, title: &str, start: usize, rest: &mut Events<'a>) {
        let mut alt = String::new();
        for (event, _) in rest.by_ref() {
            match event {
                Event::End(TagEnd::Image) => break,
                Event::Text(words) | Event::Code(words) => alt.push_str(&words),
                Event::SoftBreak | Event::HardBreak => alt.push(' '),
                _ => {}
            }
        }
        if count_visible(&alt) == 0 {
            self.fault_of(
                Rule::AlternativeText,
                start,
                format!("the image {link} has no text for those who cannot see it; write ![what it shows](..)"),
            );
        }
        let images = readings(link).into_iter().map(|(path, _)| join(self.source.file, &path));
        let known = images.into_iter().find(|image| self.renderer.links.media.contains_key(image));
        let target = known.unwrap_or_else(|| join(self.source.file, &decode(link)));
        let size = self.renderer.links.media.get(&target).copied();
        if size.is_none() {
            self.fault_of(
                Rule::Image,
                start,
                format!("there is no image content/{target}; images stand beside the lesson"),
            );
        }
        // With a known size, the layout does not shift when the image arrives.
        let size = size
            .flatten()
            .map_or_else(String::new, |(width, height)| format!(" width=\"{width}\" height=\"{height}\""));
        let title = if title.is_empty() { String::new() } else { format!(" title=\"{}\"", escape(title)) };
        self.push_html(format!(
            "<img src=\"/media/{}\" alt=\"{}\"{title}{size} loading=\"lazy\">",
            encode(&target),
            escape(alt.trim())
        ));
    }
}
