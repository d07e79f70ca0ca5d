//! The bounds of reads, and how a wrong value is told to its author.

/// How long one read may take, beside those of objects.
pub(in crate::grading) const MAX_PROBE_SECONDS: u32 = 30;
/// How many characters of a wrong value are repeated to its author.
const MAX_QUOTED_CHARS: usize = 60;

pub(super) fn in_bounds(name: &str, value: u32, most: u32) -> Result<(), String> {
    let holds = (1..=most).contains(&value);
    if holds { Ok(()) } else { Err(format!("{name} is {value}; write a number from 1 to {most}")) }
}

/// A value as its author wrote it, with its control characters to be seen.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(MAX_QUOTED_CHARS).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{dots}")
}
