//! The front matter of a lesson: the TOML between two lines of `+++`.

use serde::Deserialize;

/// Its keys.
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
