//! Paths of files below the content folder.

use std::path::Path;

/// Whether a file has such an extension, in capitals or not.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// Whether a file is in a folder or below it.
pub(super) fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The file that `link` names from within `file`, its dots resolved.
pub(super) fn join(file: &str, link: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_resolved_from_the_file() {
        assert_eq!(join("m/01-a/02-b.md", "../03-c/04-d.md"), "m/03-c/04-d.md");
        assert_eq!(join("m/01-a/02-b.md", "./x.svg"), "m/01-a/x.svg");
    }
}
