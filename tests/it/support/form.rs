//! A form as it stands on a page, filled in as a browser would.

use scraper::{ElementRef, Html, Selector};

/// What pressing a button would send, and where to.
#[derive(Debug)]
pub(crate) struct PageForm {
    /// Where it goes.
    pub action: String,
    /// The fields as they stand, hidden ones and the pressed button's own among them.
    pub fields: Vec<(String, String)>,
}

impl PageForm {
    /// The form of the button within `place` whose text begins with `button`.
    pub(super) fn find(body: &str, place: &str, button: &str) -> Option<Self> {
        let html = Html::parse_document(body);
        let buttons = parse(&format!("{place} button[type=submit]"));
        let (pressed, form) = html
            .select(&buttons)
            .filter(|found| text(*found).starts_with(button))
            .find_map(|found| Some((found, owner(&html, found).filter(|form| is_sent(*form))?)))?;
        let mut fields = fields(&html, form);
        if let Some(name) = pressed.attr("name") {
            fields.push((name.to_owned(), pressed.attr("value").unwrap_or_default().to_owned()));
        }
        let action = pressed.attr("formaction").or(form.attr("action")).unwrap_or_default();
        Some(Self { action: action.split('#').next().unwrap_or_default().to_owned(), fields })
    }

    /// The same form with `typed` in place of what stood in fields of those names.
    pub(super) fn fill(mut self, typed: &[(&str, &str)]) -> Self {
        self.fields.retain(|(name, _)| typed.iter().all(|(other, _)| name != other));
        self.fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }
}

/// Whether a form is sent to the site, or asks it something: no search.
fn is_sent(form: ElementRef<'_>) -> bool {
    form.attr("method") == Some("post") || form.attr("data-confirm").is_some()
}

/// The form that an element belongs to: the one that it names, else the one that it stands in.
fn owner<'a>(html: &'a Html, element: ElementRef<'a>) -> Option<ElementRef<'a>> {
    match element.attr("form") {
        Some(id) => html.select(&parse(&format!("form[id='{id}']"))).next(),
        None => element.ancestors().filter_map(ElementRef::wrap).find(|ancestor| ancestor.value().name() == "form"),
    }
}

fn fields(html: &Html, form: ElementRef<'_>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let is_own = |element: &ElementRef<'_>| owner(html, *element).is_some_and(|owner| owner.id() == form.id());
    for element in html.select(&parse("input[name], textarea[name], select[name]")).filter(is_own) {
        let is_choice = matches!(element.attr("type"), Some("radio" | "checkbox"));
        if is_choice && element.attr("checked").is_none() {
            continue;
        }
        let value = match element.value().name() {
            "textarea" => element.text().collect(),
            "select" => {
                let selected = element.select(&parse("option[selected]")).next();
                selected.and_then(|option| option.attr("value")).unwrap_or_default().to_owned()
            }
            _ => element.attr("value").unwrap_or_default().to_owned(),
        };
        fields.push((element.attr("name").unwrap_or_default().to_owned(), value));
    }
    fields
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parse(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}
