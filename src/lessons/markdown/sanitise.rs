//! The last line of defence: what comes out of the pipeline holds nothing but what the pipeline makes.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

/// Keeps the elements and attributes that the pipeline makes, and drops the rest.
pub(crate) fn sanitise(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// Made once: its tables cost more than most of the texts that it cleans.
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
