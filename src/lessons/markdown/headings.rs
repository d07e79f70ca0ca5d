//! Headings: anchors that stay the same, and a table of contents.

use pulldown_cmark::{Event, HeadingLevel, TagEnd};

use super::highlight::escape;
use super::{Events, Pass};
use crate::lessons::model::Heading;

impl<'a> Pass<'_, 'a, '_> {
    pub(super) fn take_heading(&mut self, level: HeadingLevel, start: usize, rest: &mut Events<'a>) {
        let (mut inner, mut text) = (Vec::new(), String::new());
        for (event, _) in rest.by_ref() {
            match event {
                Event::End(TagEnd::Heading(_)) => break,
                Event::Html(_) | Event::InlineHtml(_) => self.fault(start, "raw HTML is not taken in a heading"),
                event => {
                    if let Event::Text(words) | Event::Code(words) = &event {
                        text.push_str(words);
                    }
                    inner.push(event);
                }
            }
        }
        let number = level as u8;
        if number == 1 {
            self.fault(start, "the title is the page's first heading; begin the text's headings with ##");
        }
        let id = self.unique_anchor(&text);
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, inner.into_iter());
        let label = escape(&text);
        self.push_html(format!(
            "<h{number} id=\"{id}\">{html} <a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to: {label}\">#</a></h{number}>\n"
        ));
        let heading = Heading { level: number, id, text };
        self.begin_passage(heading.clone());
        if number <= 3 {
            self.rendered.contents.push(heading);
        }
    }

    fn unique_anchor(&mut self, text: &str) -> String {
        let base = slugify(text);
        let mut id = base.clone();
        let mut count = 1;
        while !self.rendered.anchors.insert(id.clone()) {
            count += 1;
            id = format!("{base}-{count}");
        }
        id
    }
}

/// Lower case, with one hyphen for each run of anything but letters and digits.
pub(in crate::lessons) fn slugify(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
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
    }
}
