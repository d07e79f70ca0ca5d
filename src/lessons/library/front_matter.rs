//! The lines between `+++` at the head of a lesson's file.

use serde::Deserialize;

/// What they say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrontMatter {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) minutes: i64,
}

/// The text between the lines of `+++`, and the text after them.
pub(in crate::lessons) fn split_front_matter(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("+++\n")?;
    let end = rest.find("\n+++\n")?;
    Some((&rest[..end], &rest[end + 5..]))
}
