//! The grammar of label selectors, as the API server reads them. No I/O.
//!
//! A selector that is refused there would be told to a learner, who cannot mend it; so it is told to the author of a lab.

use std::iter::Peekable;

use super::names::is_dns_label;

/// How long the name of a label, and its value, may be.
const MAX_NAME: usize = 63;
/// How long what stands before the slash of a label's key may be.
const MAX_PREFIX: usize = 253;
/// What a selector is made of, for whoever wrote another one.
const GRAMMAR: &str =
    "write key=value, key!=value, key in (a, b), key notin (a, b), key or !key, with commas between them";

/// Why the API server would refuse a label selector, and what to write.
pub fn check_label_selector(text: &str) -> Result<(), String> {
    let mut tokens = tokenise(text).into_iter().peekable();
    if tokens.peek().is_none() {
        return Ok(());
    }
    loop {
        check_requirement(&mut tokens)?;
        match tokens.next() {
            None => return Ok(()),
            Some(",") => {}
            Some(other) => return Err(format!("{other:?} cannot stand there; {GRAMMAR}")),
        }
    }
}

/// The words and the symbols of a selector.
fn tokenise(text: &str) -> Vec<&str> {
    let is_symbol = |letter: char| "=!(),<>".contains(letter);
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("==") || rest.starts_with("!=") {
            2
        } else if is_symbol(first) {
            1
        } else {
            rest.find(|letter: char| is_symbol(letter) || letter.is_whitespace()).unwrap_or(rest.len())
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

fn is_word(token: &str) -> bool {
    !["=", "==", "!=", "!", "(", ")", ",", "<", ">"].contains(&token)
}

fn check_requirement<'a>(tokens: &mut Peekable<impl Iterator<Item = &'a str>>) -> Result<(), String> {
    let is_negated = tokens.next_if_eq(&"!").is_some();
    let key =
        tokens.next().filter(|token| is_word(token)).ok_or_else(|| format!("a label's key is missing; {GRAMMAR}"))?;
    check_key(key)?;
    let is_alone = tokens.peek().is_none_or(|next| *next == ",");
    if is_alone || is_negated {
        return Ok(());
    }
    match tokens.next().unwrap_or_default() {
        "=" | "==" | "!=" => check_value(tokens.next_if(|token| is_word(token)).unwrap_or_default()),
        operator @ ("<" | ">") => match tokens.next().and_then(|value| value.parse::<i64>().ok()) {
            Some(_number) => Ok(()),
            None => Err(format!("{key} {operator} needs a whole number behind it")),
        },
        operator @ ("in" | "notin") => check_values(key, operator, tokens),
        other => Err(format!("{other:?} behind {key} is no operator; {GRAMMAR}")),
    }
}

fn check_values<'a>(
    key: &str,
    operator: &str,
    tokens: &mut Peekable<impl Iterator<Item = &'a str>>,
) -> Result<(), String> {
    let wrong = || format!("{key} {operator} needs values in brackets, such as {key} {operator} (a, b)");
    tokens.next_if_eq(&"(").ok_or_else(wrong)?;
    loop {
        check_value(tokens.next_if(|token| is_word(token)).unwrap_or_default())?;
        match tokens.next() {
            Some(",") => {}
            Some(")") => return Ok(()),
            _ => return Err(wrong()),
        }
    }
}

fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_subdomain =
        |prefix: &str| prefix.len() <= MAX_PREFIX && prefix.split('.').all(|label| is_dns_label(label, MAX_PREFIX));
    if is_name(name) && prefix.is_none_or(is_subdomain) {
        return Ok(());
    }
    Err(format!(
        "{key:?} is no label's key, which has up to {MAX_NAME} letters, digits, dashes, dots and underscores, and a domain \
         and a slash before them if need be"
    ))
}

fn check_value(value: &str) -> Result<(), String> {
    if value.is_empty() || is_name(value) {
        return Ok(());
    }
    Err(format!(
        "{value:?} is no label's value, which has up to {MAX_NAME} letters, digits, dashes, dots and underscores and \
         begins and ends with a letter or a digit"
    ))
}

fn is_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(is_inner)
        && [text.bytes().next(), text.bytes().last()].into_iter().flatten().all(|end| end.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_server_takes_is_a_selector() {
        for text in [
            "",
            " ",
            "app",
            "!app",
            "app=qotm",
            "app==qotm",
            "app = qotm , !canary",
            "app!=qotm",
            "app=",
            "app=,tier",
            "app.kubernetes.io/name=qotm",
            "version in (one, two)",
            "version notin (one)",
            "version in ()",
            "version in (one,)",
            "size>3",
            "size < -3",
            "in=a",
            &format!("a={}", "x".repeat(63)),
        ] {
            assert_eq!(check_label_selector(text), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn what_the_api_server_refuses_is_told_with_what_to_write() {
        for (text, told) in [
            ("a b=((", "\"b\" behind a is no operator"),
            ("=a", "a label's key is missing"),
            ("a,", "a label's key is missing"),
            (",a", "a label's key is missing"),
            ("!", "a label's key is missing"),
            ("a=b c", "\"c\" cannot stand there"),
            ("!a=b", "\"=\" cannot stand there"),
            ("a=b;c=d", "\"b;c\" is no label's value"),
            ("a in b", "needs values in brackets, such as a in (a, b)"),
            ("a in (b", "needs values in brackets"),
            ("a in (b c)", "needs values in brackets"),
            ("a>b", "a > needs a whole number"),
            ("a<", "a < needs a whole number"),
            ("app: qotm", "\"app:\" is no label's key"),
            ("Example.org/a=b", "is no label's key"),
            ("a/b/c=d", "is no label's key"),
            ("/a", "is no label's key"),
            ("a=-b", "is no label's value"),
            ("a='b'", "is no label's value"),
            ("a=ä", "is no label's value"),
            ("{app=\"qotm\"}", "is no label's key"),
        ] {
            let fault = check_label_selector(text).unwrap_err();
            assert!(fault.contains(told), "{text:?}: {fault}");
        }
        for text in [format!("a={}", "x".repeat(64)), format!("{}=a", "x".repeat(64))] {
            assert!(check_label_selector(&text).is_err(), "{text:?}");
        }
    }
}
