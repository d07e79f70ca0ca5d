//! When an output is as a lesson shows it: word by word, however it is aligned and wrapped. A word is compared by its shape
//! where another run, or another day, has another one:
//!
//! - an age or a duration, such as `58s`, `5m12s`; a time, a date;
//! - an address, such as `10.96.172.193`, but not its port;
//! - the end of a pod's name, which its owner and chance give it;
//! - a number with a fraction, such as `4.9rps`, but not its unit.
//!
//! Whole numbers are compared as they are: they count replicas, ports and answers. A line `...` stands for any lines.

use std::sync::LazyLock;

use regex::Regex;

/// Stands for any words.
const ANYTHING: &str = "...";

static SHAPES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let shapes = [
        (r"^(\d+[smhdy])+$", "AGE"),
        (r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z?)?$", "DATE"),
        (r"^\d\d:\d\d:\d\d(\.\d+)?$", "TIME"),
        (r"\b\d{1,3}(\.\d{1,3}){3}\b", "ADDRESS"),
        (r"-[a-z0-9]{7,10}-[a-z0-9]{5}\b", "-POD"),
        (r"^-?\d+\.\d+", "NUMBER"),
    ];
    shapes.into_iter().map(|(pattern, shape)| (Regex::new(pattern).unwrap(), shape)).collect()
});

fn words(text: &str) -> Vec<String> {
    let of_line = |line: &str| -> Vec<String> {
        if line.trim() == ANYTHING {
            return vec![ANYTHING.to_owned()];
        }
        let shaped = |word: &str| {
            SHAPES
                .iter()
                .fold(word.to_owned(), |word, (pattern, shape)| pattern.replace_all(&word, *shape).into_owned())
        };
        line.split_whitespace().map(shaped).collect()
    };
    text.lines().flat_map(of_line).collect()
}

/// Where an output differs from what is shown; none if it does not.
pub(super) fn differs(shown: &str, printed: &str) -> Option<String> {
    let (shown, printed) = (words(shown), words(printed));
    let parts: Vec<&[String]> = shown.split(|word| word == ANYTHING).collect();
    let (mut rest, last) = (printed.as_slice(), parts.len() - 1);
    for (index, part) in parts.into_iter().enumerate() {
        let at = match index {
            0 => 0,
            _ if index == last => rest.len().saturating_sub(part.len()),
            _ => rest.windows(part.len().max(1)).position(|window| window == part).unwrap_or(rest.len()),
        };
        let end = at + part.len();
        if rest.get(at..end) != Some(part) || (last == 0 && end < rest.len()) {
            let same = part.iter().zip(&rest[at.min(rest.len())..]).take_while(|(one, other)| one == other).count();
            let found = rest.get(at + same).map_or("its end", String::as_str);
            let wanted = part.get(same).map_or("its end", String::as_str);
            return Some(format!("the lesson shows {wanted:?} where the run has {found:?}"));
        }
        rest = &rest[end..];
    }
    None
}

#[test]
fn outputs_are_compared_word_by_word_and_what_changes_by_its_shape() {
    for (shown, printed) in [
        ("NAME  AGE\nqotm  5m", "NAME                 AGE\nqotm   3m12s\n"),
        ("qotm-6c9f7d8b6d-4xk2p 2/2 21s", "qotm-5d4f9b7c6b-zzzzz 2/2 1h"),
        ("10.96.172.193:80 80/TCP", "10.0.0.1:80 80/TCP"),
        ("4.9rps 100.00% 0.003121s", "5.0rps 99.98% 0.1s"),
        ("Name: qotm\n...", "Name: qotm\nIPs: 10.0.0.1\nmore"),
        ("...\nend", "begin\nend"),
        ("a\n...\nb\n...\nc", "a x b y c"),
        ("a long line\nthat is wrapped", "a long line that is wrapped"),
        ("", "\n"),
    ] {
        assert_eq!(differs(shown, printed), None, "{shown}");
    }
    for (shown, printed) in [
        ("qotm created", "qotm configured"),
        ("2/2", "1/2"),
        ("80/TCP", "81/TCP"),
        ("404", "200"),
        ("a", "a b"),
        ("a b", "a"),
        ("a\n...\nc", "a b"),
        ("a\n...\nx\n...", "a b"),
        ("4.9rps", "4.9ms"),
        ("", "error"),
    ] {
        assert!(differs(shown, printed).is_some(), "{shown}");
    }
}
