//! Names of files in addresses, and anchors that no page uses for itself.
//!
//! A file may have any name that its system allows. The name is percent-encoded in every address that is written, decoded
//! in every link that is read, and compared in its composed form, since macOS decomposes letters.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The characters of a path that are not encoded.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');
/// Every anchor of a text begins with it, and no id of a template does, so a heading may have any text.
const ANCHOR_PREFIX: char = '_';

/// The path of a file or a folder as an address writes it.
pub(super) fn encode(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// A part of a link as its author means it.
pub(super) fn decode(part: &str) -> String {
    compose(&percent_decode_str(part).decode_utf8_lossy()).into_owned()
}

/// A text with its letters composed.
pub(super) fn compose(text: &str) -> Cow<'_, str> {
    ComposingNormalizer::new_nfc().normalize(text)
}

/// The id of a heading or a term on a page, by its slug.
pub(super) fn anchor_id(slug: &str) -> String {
    format!("{ANCHOR_PREFIX}{slug}")
}

/// The ways to read a link as a file and an anchor, the likeliest first: the name of a file may have a `#` or a `?` in it.
pub(super) fn readings(link: &str) -> Vec<(String, Option<String>)> {
    let at_hashes = link.rmatch_indices('#').map(|(at, _)| (&link[..at], Some(decode(&link[at + 1..]))));
    let mut readings = Vec::new();
    for (path, anchor) in [(link, None)].into_iter().chain(at_hashes) {
        let without_query = path.rsplit_once('?').map(|(path, _query)| path);
        for path in [path].into_iter().chain(without_query) {
            readings.push((decode(path), anchor.clone()));
            readings.push((compose(path).into_owned(), anchor.clone()));
        }
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_holds_comes_back_from_its_address() {
        for name in ["a b.md", "what?.md", "c#.md", "100%.md", "a%20b.md", "U\u{308}bung/\u{441}.md", "a&b=c+d;e'f.md"]
        {
            let address = encode(&compose(name));
            assert!(address.is_ascii() && !address.contains([' ', '?', '#', '+', '&', '\'']), "{address}");
            assert_eq!(decode(&address), compose(name));
        }
    }

    #[test]
    fn a_link_may_mean_a_file_with_a_hash_or_a_question_mark_in_its_name() {
        let readings = readings("a%20b?c#d%C3%A9");
        for (path, anchor) in [("a b?c#d\u{e9}", None), ("a b?c", Some("d\u{e9}")), ("a b", Some("d\u{e9}"))] {
            assert!(readings.contains(&(path.to_owned(), anchor.map(str::to_owned))), "{path}: {readings:?}");
        }
    }
}
