//! The text of a page and its parts by headings.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;

/// How many characters are kept of a page's text, of one part of it, and of a heading.
const MAX_TEXT_CHARS: usize = 8_000;
const MAX_SECTION_CHARS: usize = 1_000;
const MAX_HEADING_CHARS: usize = 200;
/// How many parts are kept.
const MAX_SECTIONS: usize = 30;
/// What begins a part.
const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];

/// A page as a person reads it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) sections: Vec<Section>,
}

/// A heading with what stands below it, to the next heading.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) text: String,
}

/// Leaves nothing but headings, the title and the borders of blocks, without attributes.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    let blocks = ["title", "p", "li", "td", "th", "div", "br", "pre", "blockquote"];
    cleaner
        .tags(HEADINGS.into_iter().chain(blocks).collect())
        .clean_content_tags(HashSet::from(["script", "style", "template", "noscript"]))
        .tag_attributes(HashMap::new())
        .generic_attributes(HashSet::new())
        .link_rel(None)
        .strip_comments(true);
    cleaner
});

/// Reads an answer's body. What is no HTML has no headings.
pub(super) fn read(body: &str, is_html: bool) -> Page {
    if !is_html {
        return Page { text: tidy(body, MAX_TEXT_CHARS), ..Page::default() };
    }
    let clean = CLEANER.clean(body).to_string();
    let (mut title, mut text) = (String::new(), String::new());
    let mut sections: Vec<Section> = Vec::new();
    let mut within = "";
    for (at, chunk) in clean.split('<').enumerate() {
        // Each `<` of the cleaned text begins a tag, since those of the page's text are escaped.
        let content = match chunk.split_once('>').filter(|_| at > 0) {
            None => chunk,
            Some((tag, content)) => {
                within = tag;
                if HEADINGS.contains(&tag) {
                    sections.push(Section::default());
                }
                content
            }
        };
        let content = format!("{} ", unescape(content));
        if within == "title" {
            title.push_str(&content);
            continue;
        }
        text.push_str(&content);
        if let Some(section) = sections.last_mut() {
            let part = if HEADINGS.contains(&within) { &mut section.heading } else { &mut section.text };
            part.push_str(&content);
        }
    }
    sections.truncate(MAX_SECTIONS);
    for section in &mut sections {
        section.heading = tidy(&section.heading, MAX_HEADING_CHARS);
        section.text = tidy(&section.text, MAX_SECTION_CHARS);
    }
    Page { title: tidy(&title, MAX_HEADING_CHARS), text: tidy(&text, MAX_TEXT_CHARS), sections }
}

/// The characters that stand for themselves again; `&amp;` is last, so that nothing is read twice.
fn unescape(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&nbsp;", " "), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A text with one blank in place of each gap, and no more than so many characters.
fn tidy(text: &str, max_chars: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(max_chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_by_its_headings() {
        let body = "<!DOCTYPE html><html><head><title>qotm &amp; co</title><style>p { color: red }</style></head><body>\
                    <nav><a href=\".\">All</a></nav><h1>qotm</h1>\n<p>It <b>answers</b>.</p><h2 id=x>What to <i>do</i></h2>\
                    <ul><li>Look</li><li>Roll &lt;back&gt;</li></ul><script>alert('<h2>no</h2>')</script></body></html>";
        let page = read(body, true);
        let section = |heading: &str, text: &str| Section { heading: heading.to_owned(), text: text.to_owned() };
        assert_eq!(page.title, "qotm & co");
        assert_eq!(page.sections, [section("qotm", "It answers."), section("What to do", "Look Roll <back>")]);
        assert_eq!(page.text, "All qotm It answers. What to do Look Roll <back>");
    }

    #[test]
    fn what_is_no_html_has_no_headings_and_what_is_long_is_cut() {
        let plain = read("# A\n\n<h1>B</h1>", false);
        assert_eq!((plain.text.as_str(), plain.sections.len()), ("# A <h1>B</h1>", 0));
        let long = read(&"<h2>é</h2><p>船 b</p>".repeat(5000), true);
        assert_eq!((long.sections.len(), long.text.chars().count()), (MAX_SECTIONS, MAX_TEXT_CHARS));
    }
}
