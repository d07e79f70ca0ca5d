//! What the parts' sections of the configuration share: text that is never printed, and faults that begin with their key.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::path::Path;

use serde::Deserialize;

/// A password or a token: no `Debug` output, log line or error ever holds it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// The text itself, for whoever it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// The faults of one section, each of which begins with its key, so that the place it was set at can be told.
#[derive(Debug)]
pub struct Faults {
    section: &'static str,
    found: Vec<String>,
}

impl Faults {
    /// No fault of `section` yet.
    pub fn of(section: &'static str) -> Self {
        Self { section, found: Vec::new() }
    }

    /// Adds what is wrong with a key; the words follow the key in a sentence.
    pub fn add(&mut self, key: &str, words: impl Display) {
        self.found.push(format!("{}.{key} {words}", self.section));
    }

    /// Adds a fault unless `holds`.
    pub fn expect(&mut self, holds: bool, key: &str, words: impl Display) {
        if !holds {
            self.add(key, words);
        }
    }

    /// Expects a number to lie in a range.
    pub fn range<T: PartialOrd + Display>(&mut self, key: &str, value: &T, range: &RangeInclusive<T>) {
        let words = format!("must be from {} to {}, not {value}", range.start(), range.end());
        self.expect(range.contains(value), key, words);
    }

    /// Expects a place where a folder is, or can be made.
    pub fn folder(&mut self, key: &str, path: &Path) {
        if path.as_os_str().is_empty() {
            self.add(key, "is empty, and should name a folder");
        } else if path.exists() && !path.is_dir() {
            self.add(key, format!("should name a folder, and {} is a file", path.display()));
        } else {
            self.parents(key, path);
        }
    }

    /// Expects a folder that is there.
    pub fn existing_folder(&mut self, key: &str, path: &Path) {
        self.expect(path.is_dir(), key, format!("should name a folder, and there is none at {}", path.display()));
    }

    /// Expects a place where a file is, or can be made.
    pub fn file(&mut self, key: &str, path: &Path) {
        if path.as_os_str().is_empty() {
            self.add(key, "is empty, and should name a file");
        } else if path.is_dir() {
            self.add(key, format!("should name a file, and {} is a folder", path.display()));
        } else {
            self.parents(key, path);
        }
    }

    fn parents(&mut self, key: &str, path: &Path) {
        let in_the_way = path.ancestors().skip(1).find(|folder| folder.exists()).filter(|folder| !folder.is_dir());
        if let Some(file) = in_the_way {
            self.add(key, format!("cannot be {}, for {} is a file", path.display(), file.display()));
        }
    }

    /// Everything that was found.
    pub fn into_list(self) -> Vec<String> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_text_is_not_printed() {
        assert_eq!(format!("{:?}", SecretText::from("hunter2")), "[redacted]");
        assert_eq!(SecretText::from("hunter2").expose(), "hunter2");
    }

    #[test]
    fn a_fault_begins_with_its_key_and_names_the_range() {
        let mut faults = Faults::of("cluster");
        faults.range("capacity", &-1, &(1..=9));
        faults.range("capacity", &9, &(1..=9));
        assert_eq!(faults.into_list(), ["cluster.capacity must be from 1 to 9, not -1"]);
    }

    #[test]
    fn a_file_where_a_folder_is_wanted_is_a_fault_and_a_folder_to_be_made_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let check = |wanted: fn(&mut Faults, &str, &Path), path: &Path| {
            let mut faults = Faults::of("mail");
            wanted(&mut faults, "folder", path);
            faults.into_list().len()
        };
        assert_eq!(check(Faults::folder, &file), 1);
        assert_eq!(check(Faults::folder, &file.join("below")), 1);
        assert_eq!(check(Faults::folder, &file.join("further/below")), 1);
        assert_eq!(check(Faults::folder, &folder.path().join("new/below")), 0);
        assert_eq!(check(Faults::folder, Path::new("")), 1);
        assert_eq!(check(Faults::file, folder.path()), 1);
        assert_eq!(check(Faults::file, &file), 0);
        assert_eq!(check(Faults::existing_folder, &folder.path().join("new")), 1);
    }
}
