//! The line that opens a block of code: its language, and the options after it.

use std::collections::BTreeSet;

/// The language and the options of a block of code.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fence {
    /// The language; empty when none is named.
    pub language: String,
    /// What is shown above the block, such as the name of a file.
    pub title: Option<String>,
    /// The lines to be marked, from 1.
    pub marked: BTreeSet<usize>,
}

impl Fence {
    /// Reads a line such as `yaml title="service.yaml" mark="3,5-7"`; fails with a message for the author.
    pub(super) fn parse(info: &str) -> Result<Self, String> {
        let words = shlex::split(info).ok_or("a quotation mark is not closed")?;
        let mut fence = Self::default();
        for (index, option) in words.into_iter().enumerate() {
            match option.split_once('=') {
                Some(("title", title)) => fence.title = Some(title.to_owned()),
                Some(("mark", lines)) => fence.marked = parse_lines(lines)?,
                None if index == 0 => fence.language = option,
                _ => return Err(format!("{option:?} is not known here; write title=\"..\" or mark=\"3,5-7\"")),
            }
        }
        Ok(fence)
    }

    /// The label of the block, for screen readers.
    pub(super) fn label(&self) -> String {
        let label = match (&self.title, self.language.as_str()) {
            (Some(title), _) => title.clone(),
            (None, "") => "Code".to_owned(),
            (None, language) => format!("Code: {language}"),
        };
        match self.marked.len() {
            0 => label,
            1 => format!("{label}; marked line {}", format_lines(&self.marked)),
            _ => format!("{label}; marked lines {}", format_lines(&self.marked)),
        }
    }
}

/// The numbers that `3,5-7` names.
fn parse_lines(text: &str) -> Result<BTreeSet<usize>, String> {
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|number| *number > 0);
    let mut lines = BTreeSet::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => lines.extend(first..=last),
            _ => return Err(format!("mark={text:?} names no lines; write numbers from 1, such as mark=\"3,5-7\"")),
        }
    }
    Ok(lines)
}

/// Numbers as text, with ranges of them together: `3, 5 to 7`.
fn format_lines(lines: &BTreeSet<usize>) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &line in lines {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => ranges.push((line, line)),
        }
    }
    let format_range =
        |(first, last): &(usize, usize)| if first == last { first.to_string() } else { format!("{first} to {last}") };
    ranges.iter().map(format_range).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_in_any_order_and_told_in_words() {
        let fence = Fence::parse("yaml mark=\"3,5-7\" title=\"a service.yaml\"").unwrap();
        assert_eq!((fence.language.as_str(), fence.title.as_deref()), ("yaml", Some("a service.yaml")));
        assert_eq!(fence.marked, BTreeSet::from([3, 5, 6, 7]));
        assert_eq!(fence.label(), "a service.yaml; marked lines 3, 5 to 7");
        assert_eq!(Fence::parse("").unwrap(), Fence::default());
        assert_eq!(Fence::parse("sh mark=2").unwrap().label(), "Code: sh; marked line 2");
    }

    #[test]
    fn what_is_not_known_is_told() {
        for info in ["yaml tilte=x", "yaml two", "yaml mark=0", "yaml mark=3-1", "yaml mark=a", "yaml title=\"x"] {
            assert!(Fence::parse(info).is_err(), "{info}");
        }
    }
}
