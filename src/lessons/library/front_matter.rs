//! The front matter of a lesson: the TOML between two lines of `+++`.

use serde::Deserialize;

/// Its keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrontMatter {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) minutes: i64,
}

/// A lesson's file, divided.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::lessons) struct DividedLesson<'t> {
    /// The text between the lines of `+++`.
    pub(in crate::lessons) front: &'t str,
    /// The line of the file on which it begins, from 1.
    pub(in crate::lessons) front_line: usize,
    /// The text after them.
    pub(in crate::lessons) body: &'t str,
    /// The line of the file on which that begins.
    pub(in crate::lessons) body_line: usize,
}

/// Divides a lesson's file; none without front matter. Blanks behind `+++` and empty lines before it cannot be seen in an
/// editor, so they do no harm.
pub(in crate::lessons) fn split_front_matter(text: &str) -> Option<DividedLesson<'_>> {
    let mut divided = DividedLesson::default();
    let (mut begin, mut end) = (None, 0);
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let start = end;
        end += line.len();
        match begin {
            None if line.trim().is_empty() => {}
            None if is_fence(line) => {
                begin = Some(end);
                divided.front_line = number + 1;
            }
            None => return None,
            Some(begin) if is_fence(line) => {
                divided.front = &text[begin..start];
                (divided.body, divided.body_line) = (&text[end..], number + 1);
                return Some(divided);
            }
            Some(_) => {}
        }
    }
    None
}

fn is_fence(line: &str) -> bool {
    line.trim_end() == "+++"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_is_divided_whatever_an_editor_left_around_its_fences() {
        for (text, lines) in [
            ("+++\ntitle = 1\n+++\nText\n+++\n", (2, 4)),
            ("+++ \t\ntitle = 1\n+++  \nText\n+++\n", (2, 4)),
            ("\n \n+++\ntitle = 1\n+++\nText\n+++\n", (4, 6)),
        ] {
            let divided = split_front_matter(text).unwrap();
            assert_eq!((divided.front, divided.body), ("title = 1\n", "Text\n+++\n"), "{text:?}");
            assert_eq!((divided.front_line, divided.body_line), lines, "{text:?}");
        }
        assert_eq!(split_front_matter("+++\na = 1\n+++").unwrap().body, "");
        for text in ["", "\n", "Text\n+++\n+++\n", "+++\na = 1\n", "++++\n+++\n"] {
            assert_eq!(split_front_matter(text), None, "{text:?}");
        }
    }
}
