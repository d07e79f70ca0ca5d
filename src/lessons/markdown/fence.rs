//! The line that opens a block of code: its language, and the options after it.

use std::collections::BTreeSet;

/// The languages of commands for a shell.
const SHELLS: [&str; 4] = ["sh", "bash", "shell", "console"];
/// What stands before a command in a `console` block.
const PROMPT: &str = "$ ";

/// The cluster that a block of commands is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetCluster {
    /// The namespace of the lab, so its terminal may be given them.
    Lab,
    /// A cluster of the reader's own, on which a lab's terminal cannot do this, or should not.
    Own,
}

impl TargetCluster {
    /// As authors write it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Lab => "lab",
            Self::Own => "own",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Lab, Self::Own].into_iter().find(|target| target.as_str() == word)
    }
}

/// The language and the options of a block of code.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fence {
    /// The language; empty when none is named.
    pub language: String,
    /// What is shown above the block, such as the name of a file.
    pub title: Option<String>,
    /// The lines to be marked, from 1.
    pub marked: BTreeSet<usize>,
    /// The cluster that its commands are for.
    pub target: Option<TargetCluster>,
}

impl Fence {
    /// Reads a line such as `yaml title="service.yaml" mark="3,5-7"`; fails with a message for the author.
    pub(super) fn parse(info: &str) -> Result<Self, String> {
        let words = shlex::split(info).ok_or("a quotation mark is not closed")?;
        let mut fence = Self::default();
        for (index, option) in words.into_iter().enumerate() {
            match (option.split_once('='), TargetCluster::parse(&option)) {
                (Some(("title", title)), _) => fence.title = Some(title.to_owned()),
                (Some(("mark", lines)), _) => fence.marked = parse_lines(lines)?,
                // A test runs these blocks, and compares what they show.
                (Some(("replay", name)), _) if !name.is_empty() => {}
                (None, _) if index == 0 => fence.language = option,
                (None, Some(target)) if fence.target.is_none() => fence.target = Some(target),
                (None, Some(_)) => return Err("commands are for `lab` or for `own`; write one of them".to_owned()),
                _ => {
                    return Err(format!(
                        "{option:?} is not known here; write lab, own, title=\"..\" or mark=\"3,5-7\""
                    ));
                }
            }
        }
        Ok(fence)
    }

    /// Whether the code has commands that a reader types. What has a title is a file.
    pub(super) fn has_commands(&self, code: &str) -> bool {
        let is_typed = match self.language.as_str() {
            "console" => code.lines().any(|line| line.starts_with(PROMPT)),
            language => SHELLS.contains(&language) && !code.trim().is_empty(),
        };
        is_typed && self.title.is_none()
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
    fn commands_are_for_one_cluster() {
        assert_eq!(Fence::parse("console lab").unwrap().target, Some(TargetCluster::Lab));
        assert_eq!(Fence::parse("sh own mark=1").unwrap().target, Some(TargetCluster::Own));
        let has_commands = |info: &str, code: &str| Fence::parse(info).unwrap().has_commands(code);
        assert!(has_commands("sh", "ls") && has_commands("bash own", "ls") && has_commands("console", "a\n$ ls"));
        assert!(
            !has_commands("console", "14:02 200") && !has_commands("sh title=a.sh", "ls") && !has_commands("", "ls")
        );
    }

    #[test]
    fn what_is_not_known_is_told() {
        for info in [
            "sh lab own",
            "sh lab lab",
            "yaml tilte=x",
            "yaml two",
            "yaml mark=0",
            "yaml mark=3-1",
            "yaml mark=a",
            "yaml title=\"x",
        ] {
            assert!(Fence::parse(info).is_err(), "{info}");
        }
    }
}
