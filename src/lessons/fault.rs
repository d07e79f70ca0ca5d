//! What is wrong with content, told with its place and the mend.

use std::fmt;

/// One thing to be mended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, below the content folder.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.text)
    }
}

/// Everything wrong with the content, in the order of files and lines.
#[derive(Debug, thiserror::Error)]
#[error("the content has {} to mend:\n{}", count(.0.len()), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ContentFaults(pub Vec<Fault>);

fn count(faults: usize) -> String {
    if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }
}

/// Collects faults, so that all are told at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a fault.
    pub fn add(&mut self, file: &str, line: usize, text: impl Into<String>) {
        self.0.push(Fault { file: file.to_owned(), line, text: text.into() });
    }

    /// Takes over what was noted elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Fails when anything was noted.
    pub fn finish(mut self) -> Result<(), ContentFaults> {
        self.0.sort();
        self.0.dedup();
        if self.0.is_empty() { Ok(()) } else { Err(ContentFaults(self.0)) }
    }
}
