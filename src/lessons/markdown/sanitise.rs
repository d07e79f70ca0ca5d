//! Rendered HTML, reduced to the elements and attributes that rendering produces.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

/// Keeps the elements and attributes that rendering produces, and drops the rest.
pub(crate) fn sanitise(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// Built once, since building its tables takes longer than cleaning an average text.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::new();
    attributes.insert("a", HashSet::from(["href", "title"]));
    attributes.insert("img", HashSet::from(["src", "alt", "title", "width", "height", "loading"]));
    attributes.insert("ol", HashSet::from(["start"]));
    attributes.insert("input", HashSet::from(["type", "name", "checked"]));
    attributes.insert("label", HashSet::from(["for"]));
    attributes.insert("th", HashSet::from(["scope"]));
    let mut cleaner = Builder::default();
    cleaner
        .add_tags(["aside", "section", "input", "label"])
        .tag_attributes(attributes)
        .generic_attributes(HashSet::from(["class", "id", "tabindex", "role", "aria-label", "aria-hidden"]))
        .add_generic_attribute_prefixes(["data-"])
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer"));
    cleaner
});
