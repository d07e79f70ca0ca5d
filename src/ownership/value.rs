//! Whether the value of a key is right.

use url::Url;

use super::address::{is_own_machine, is_web_address};
use super::dependencies::Dependencies;
use super::keys::{Key, ValueKind};
use crate::text::{fold, has_name, trim};

/// How many characters of a value a finding quotes.
const MAX_QUOTED_CHARS: usize = 60;
/// Values that say that somebody has yet to write one.
const UNWRITTEN: [&str; 8] = ["todo", "tbd", "fixme", "xxx", "changeme", "change me", "n/a", "placeholder"];

/// Whether a value gives the points of its key; `service` is the name of the Service that has it.
pub fn is_right(key: &Key, value: &str, service: &str) -> bool {
    find_fault(key, value, service).is_none()
}

/// What is wrong with a value, and what to write.
pub(super) fn find_fault(key: &Key, value: &str, service: &str) -> Option<(String, String)> {
    let value = trim(value);
    let instead = |what: &str| format!("write {what}");
    if value.is_empty() {
        return Some(("has an empty value".to_owned(), instead(key.says)));
    }
    let quoted = quote(value);
    if is_left_from_example(value) {
        return Some((format!("has a value that is left from an example: {quoted}"), instead(key.says)));
    }
    if !has_name(value) {
        return Some((format!("has a value that says nothing: {quoted}"), instead(key.says)));
    }
    let is_address = match key.kind {
        ValueKind::Address => true,
        ValueKind::Channel => value.contains("://"),
        ValueKind::Text | ValueKind::Dependencies => false,
    };
    if is_address && is_own_machine(value) {
        let what = "an address that others can open";
        return Some((format!("leads everybody to their own machine: {quoted}"), instead(what)));
    }
    if is_address && !is_web_address(value) && !is_mail_address(value) {
        let what = "an address in full, such as https://docs.example.org/page";
        return Some((format!("holds {quoted}, which is no address"), instead(what)));
    }
    let depends_on_itself = key.kind == ValueKind::Dependencies
        && Dependencies::parse(value).names().iter().any(|name| name == service && !service.is_empty());
    depends_on_itself.then(|| {
        let what = "the other services that it needs, or none";
        (format!("says that {service} depends on itself"), instead(what))
    })
}

/// A value as a finding quotes it.
fn quote(value: &str) -> String {
    if value.chars().count() <= MAX_QUOTED_CHARS {
        return format!("\"{value}\"");
    }
    let begin: String = value.chars().take(MAX_QUOTED_CHARS - 1).collect();
    format!("\"{begin}…\"")
}

/// Whether it is an address of mail, which is as good as a page for those who seek help.
fn is_mail_address(value: &str) -> bool {
    Url::parse(value).is_ok_and(|url| url.scheme() == "mailto" && url.path().contains('@'))
}

/// Whether a value is one that somebody was to replace: a word for that, or one within angle brackets, or a word in
/// capitals that begins with `YOUR` or is `YOU`.
fn is_left_from_example(value: &str) -> bool {
    if UNWRITTEN.contains(&fold(value).as_str()) {
        return true;
    }
    if value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).is_some_and(|inner| !inner.contains("://")) {
        return true;
    }
    let is_shouted = !value.contains(char::is_lowercase);
    let mut words = value.split(|letter: char| !letter.is_alphanumeric());
    let is_marker = |word: &str| word == "YOU" || word == "YOUR" || (word.starts_with("YOUR") && word.len() > 4);
    // A sentence in capitals may well say YOU.
    let may_be_sentence = is_shouted && value.split_whitespace().count() > 3;
    !may_be_sentence && words.any(|word| is_marker(word) && !word.contains(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(key: &str, value: &str) -> Option<String> {
        find_fault(Key::find(key).unwrap(), value, "qotm").map(|(problem, _)| problem)
    }

    #[test]
    fn a_wrong_value_is_told_by_what_is_wrong_with_it() {
        for (key, value, problem) in [
            ("owner", " ", "empty"),
            ("owner", "\u{200b}", "empty"),
            ("owner", "YOUR NAME", "example"),
            ("owner", "<name>", "example"),
            ("owner", "TODO", "example"),
            ("owner", "- -", "says nothing"),
            ("repository", "https://git.example.org/YOU/qotm", "example"),
            ("chat", "#YOUR-CHANNEL", "example"),
            ("chat", "https:///x", "no address"),
            ("runbook", "the wiki", "no address"),
            ("runbook", "wiki.example.org/qotm", "no address"),
            ("runbook", "javascript:alert(1)", "no address"),
            ("logs", "http://127.0.0.1:3000/", "own machine"),
            ("dependencies", "quote, qotm", "itself"),
        ] {
            assert!(fault(key, value).is_some_and(|fault| fault.contains(problem)), "{key} {value}");
        }
    }

    #[test]
    fn a_right_value_has_no_fault() {
        for (key, value) in [
            ("owner", "Ada Quist"),
            ("owner", "ada@example.org"),
            ("owner", "李雷"),
            ("description", "SHOWS YOU THE QUOTE OF YOUR DAY"),
            ("description", "Shows you your quote."),
            ("chat", "#harbour"),
            ("chat", "https://chat.example.org/harbour"),
            ("runbook", "http://docs/qotm/runbook"),
            ("support", "mailto:help@example.org"),
            ("dependencies", "none"),
            ("dependencies", "the database, and whoever asks"),
        ] {
            assert_eq!(fault(key, value), None, "{key} {value}");
        }
    }
}
