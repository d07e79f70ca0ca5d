//! What is wrong with a value, said without the value: it may be a password.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

/// Why a configuration cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no such key.
    Unknown {
        /// The sections and the key.
        key: Vec<String>,
        /// What there is in its section.
        known: &'static [&'static str],
    },
    /// The value of a key cannot be.
    Wrong {
        /// The sections and the key.
        key: Vec<String>,
        /// What is wrong, as the rest of a sentence that begins with the key.
        words: String,
    },
}

impl Fault {
    /// One whose key is added on the way up.
    pub(super) fn new(words: impl Display) -> Self {
        Self::Wrong { key: Vec::new(), words: words.to_string() }
    }

    /// The fault, found within `section`.
    pub(super) fn within(mut self, section: &str) -> Self {
        let (Self::Unknown { key, .. } | Self::Wrong { key, .. }) = &mut self;
        key.insert(0, section.to_owned());
        self
    }

    /// The key that it is about.
    pub(super) fn key(&self) -> &[String] {
        let (Self::Unknown { key, .. } | Self::Wrong { key, .. }) = self;
        key
    }
}

impl Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { key, words } => write!(formatter, "{} {words}", key.join(".")),
            Self::Unknown { key, known } => {
                let (last, sections) = key.split_last().map_or(("", &[][..]), |(last, rest)| (last.as_str(), rest));
                let place = sections.join(".");
                let what = if sections.is_empty() { "section" } else { "key" };
                write!(formatter, "unknown {what} `{last}`")?;
                if !place.is_empty() {
                    write!(formatter, " in `{place}`")?;
                }
                match nearest(last, known.iter().copied()) {
                    Some(near) => write!(formatter, "; did you mean `{near}`?"),
                    None => write!(formatter, "; there are `{}`", known.join("`, `")),
                }
            }
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(words: T) -> Self {
        Self::new(words)
    }

    fn invalid_type(_found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!("must be {expected}"))
    }

    fn invalid_value(_found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!("must be {expected}"))
    }

    fn unknown_variant(_found: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format_args!("must be `{}`", expected.join("` or `")))
    }

    fn unknown_field(_field: &str, expected: &'static [&'static str]) -> Self {
        Self::Unknown { key: Vec::new(), known: expected }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("is missing").within(field)
    }
}

/// The name that somebody who wrote `text` may have meant.
pub(super) fn nearest<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |name: &str| strsim::damerau_levenshtein(text, name);
    let near = names.min_by_key(|name| distance(name))?;
    (distance(near) <= 1 + near.len() / 4).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_told_with_the_nearest_right_one() {
        let fault = |key: &str| {
            let unknown: Fault = de::Error::unknown_field(key, &["filter", "format"]);
            unknown.within(key).within("log").to_string()
        };
        assert_eq!(fault("fromat"), "unknown key `fromat` in `log`; did you mean `format`?");
        assert_eq!(fault("colour"), "unknown key `colour` in `log`; there are `filter`, `format`");
    }

    #[test]
    fn no_fault_holds_the_value() {
        let faults: [Fault; 3] = [
            de::Error::invalid_type(Unexpected::Str("hunter2"), &"a number"),
            de::Error::invalid_value(Unexpected::Str("hunter2"), &"a number"),
            de::Error::unknown_variant("hunter2", &["text", "json"]),
        ];
        for fault in faults {
            assert!(!fault.to_string().contains("hunter2"), "{fault}");
        }
    }
}
