//! What a visitor got back.

use http::{HeaderMap, StatusCode};
use scraper::{ElementRef, Html, Selector};

use super::form::PageForm;

/// An answer, read to its end.
pub(crate) struct Page {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Page {
    /// The text of the first element that matches `selector`, white space folded; fails the test without one.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.texts(selector).into_iter().next().unwrap_or_else(|| panic!("nothing matches {selector}:\n{}", self.body))
    }

    /// The texts of all elements that match `selector`.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&parse(selector)).map(fold).collect()
    }

    /// The attribute `name` of the first element that matches `selector` and has it.
    pub(crate) fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let html = Html::parse_document(&self.body);
        html.select(&parse(selector)).find_map(|element| element.attr(name).map(str::to_owned))
    }

    /// The attribute `name` of all elements that match `selector` and have it.
    pub(crate) fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&parse(selector)).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
    }

    /// The form within `place` whose button's text begins with `button`; fails the test without one.
    pub(super) fn form(&self, place: &str, button: &str) -> PageForm {
        PageForm::find(&self.body, place, button).unwrap_or_else(|| panic!("no button {button:?}:\n{}", self.body))
    }

    /// Where the link leads that matches `selector` and whose text begins with `text`.
    pub(super) fn link(&self, selector: &str, text: &str) -> String {
        let page = Html::parse_document(&self.body);
        let selector = parse(selector);
        let mut links = page.select(&selector).filter(|link| fold(*link).starts_with(text));
        let link = links.next().unwrap_or_else(|| panic!("no link {text:?}:\n{}", self.body));
        link.attr("href").unwrap().to_owned()
    }

    /// Where a redirect leads; fails the test when the answer is none.
    pub(crate) fn location(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "not a redirect:\n{}", self.body);
        self.headers["location"].to_str().unwrap().to_owned()
    }

    /// Fails the test unless the status is `expected`.
    pub(crate) fn expect(self, expected: u16) -> Self {
        assert_eq!(self.status.as_u16(), expected, "{}", self.body);
        self
    }
}

fn parse(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

fn fold(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
