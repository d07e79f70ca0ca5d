//! YAML as authors write it, read with the line of what is wrong.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_saphyr::Options;

pub use serde_saphyr::Spanned;

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct YamlFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub text: String,
}

/// Reads the one document of `source`.
pub fn read<T: DeserializeOwned>(source: &str) -> Result<T, YamlFault> {
    serde_saphyr::from_str_with_options(source, options()).map_err(|fault| YamlFault::of(&fault))
}

/// Reads the one document of the file `name`; the error names the file and the line.
pub fn read_file<T: DeserializeOwned>(name: &str, source: &str) -> anyhow::Result<T> {
    read(source).map_err(|fault| anyhow::anyhow!("{name}:{}: {fault}", fault.line))
}

/// Reads each document of `source`; empty ones are left out.
pub fn read_all<T: DeserializeOwned>(source: &str) -> Result<Vec<T>, YamlFault> {
    serde_saphyr::from_multiple_with_options(source, options()).map_err(|fault| YamlFault::of(&fault))
}

/// `value` as YAML; a text without line breaks stays on one line however long it is, for those who take it out with `grep`.
pub fn write<T: Serialize>(value: &T) -> Result<String, serde_saphyr::SerializeError> {
    serde_saphyr::to_string_with_options(value, serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX })
}

/// The line on which a value stands; that of the alias where it is one.
pub fn line_of<T>(value: &Spanned<T>) -> usize {
    usize::try_from(value.referenced.line()).unwrap_or(1).max(1)
}

impl YamlFault {
    fn of(fault: &serde_saphyr::Error) -> Self {
        let text = fault.to_string();
        let Some(place) = fault.location() else { return Self { line: 1, text } };
        let told = format!(" at line {}, column {}", place.line(), place.column());
        let line = usize::try_from(place.line()).unwrap_or(1).max(1);
        Self { line, text: text.strip_suffix(&told).unwrap_or(&text).to_owned() }
    }
}

/// Plain values are what a person means by them: `yes`, `010` and `1_000` are text.
fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Lab {
        minutes: u32,
        #[serde(default)]
        tasks: Vec<String>,
    }

    #[test]
    fn a_fault_has_its_line() {
        for (source, line, told) in [
            ("minutes: many", 1, "u32"),
            ("minutes: 5\ntasks:\n- a\n- [b]", 4, "expected"),
            ("minutes: 5\n\ntask: [a]", 3, "unknown field"),
            ("minutes: 5\nminutes: 6", 2, "duplicate"),
            ("minutes: 5\n  tasks: [", 1, "u32"),
            ("tasks: []", 1, "missing field"),
            ("", 1, ""),
        ] {
            let fault = read::<Lab>(source).unwrap_err();
            assert_eq!(fault.line, line, "{source:?}: {fault}");
            assert!(fault.text.contains(told), "{source:?}: {fault}");
            assert!(!fault.text.contains('\n') && !fault.text.contains("line "), "{source:?}: {fault}");
        }
    }

    #[test]
    fn plain_values_are_what_a_person_means_by_them() {
        let read: Value = read("[yes, no, true, 010, 1_000, 0.5, ~, 'a', 2026-11-26, 1e3]").unwrap();
        assert_eq!(read, json!(["yes", "no", true, "010", "1_000", 0.5, null, "a", "2026-11-26", 1000.0]));
    }

    #[test]
    fn what_is_written_is_read_as_the_same_text_by_older_readers_too() {
        let long = "a b ".repeat(60);
        let value = json!({ "long": long.trim(), "lines": "a\nb\n", "no": "yes", "number": "010", "float": "1e3", "time": "12:30" });
        let written = write(&value).unwrap();
        assert_eq!(read::<Value>(&written), Ok(value));
        let line = |key: &str| written.lines().find(|line| line.starts_with(&format!("{key}:"))).unwrap();
        assert_eq!(line("long"), format!("long: {}", long.trim()));
        for text in ["yes", "010", "1e3", "12:30"] {
            assert!(
                written.contains(&format!("\"{text}\"")) || written.contains(&format!("'{text}'")),
                "{text}: {written}"
            );
        }
    }

    #[test]
    fn every_document_is_read_and_an_alias_has_the_line_on_which_it_stands() {
        let all: Vec<Value> = read_all("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n").unwrap();
        assert_eq!(
            all.into_iter().filter(|one| !one.is_null()).collect::<Vec<_>>(),
            [json!({"a": 1}), json!({"b": 2})]
        );
        let words: Vec<Spanned<String>> = read("- &one a\n- b\n- *one\n").unwrap();
        assert_eq!(words.iter().map(line_of).collect::<Vec<_>>(), [1, 2, 3]);
    }
}
