//! The grammar of label selectors, as the API server reads them. No I/O.
//!
//! A selector that is refused there would be told to a learner, who cannot mend it; so it is told to the author of a lab.

use std::iter::Peekable;

use serde_json::Value;

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
    LabelSelector::parse(text).map(|_selector| ())
}

/// What an object's labels must be like; each requirement must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LabelSelector(Vec<Requirement>);

/// One condition on the label of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Less(i64),
    Greater(i64),
}

impl LabelSelector {
    /// Reads a selector; the error says what to write.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = tokenise(text).into_iter().peekable();
        let mut requirements = Vec::new();
        if tokens.peek().is_none() {
            return Ok(Self(requirements));
        }
        loop {
            requirements.push(read_requirement(&mut tokens)?);
            match tokens.next() {
                None => return Ok(Self(requirements)),
                Some(",") => {}
                Some(other) => return Err(format!("{other:?} cannot stand there; {GRAMMAR}")),
            }
        }
    }

    /// Whether it selects an object with these labels, as the API server would.
    pub(super) fn selects(&self, labels: &Value) -> bool {
        self.0.iter().all(|requirement| requirement.holds(labels.get(&requirement.key).and_then(Value::as_str)))
    }
}

impl Requirement {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        let is_among = |values: &[String]| value.is_some_and(|value| values.iter().any(|one| one == value));
        match &self.operator {
            Operator::Exists => value.is_some(),
            Operator::Missing => value.is_none(),
            Operator::In(values) => is_among(values),
            // A label that is not there has none of the values.
            Operator::NotIn(values) => !is_among(values),
            Operator::Less(bound) => number().is_some_and(|number| number < *bound),
            Operator::Greater(bound) => number().is_some_and(|number| number > *bound),
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

fn read_requirement<'a>(tokens: &mut Peekable<impl Iterator<Item = &'a str>>) -> Result<Requirement, String> {
    let is_negated = tokens.next_if_eq(&"!").is_some();
    let key =
        tokens.next().filter(|token| is_word(token)).ok_or_else(|| format!("a label's key is missing; {GRAMMAR}"))?;
    check_key(key)?;
    let is_alone = tokens.peek().is_none_or(|next| *next == ",");
    let operator = if is_negated {
        Operator::Missing
    } else if is_alone {
        Operator::Exists
    } else {
        read_operator(key, tokens)?
    };
    Ok(Requirement { key: key.to_owned(), operator })
}

fn read_operator<'a>(key: &str, tokens: &mut Peekable<impl Iterator<Item = &'a str>>) -> Result<Operator, String> {
    match tokens.next().unwrap_or_default() {
        "=" | "==" => Ok(Operator::In(vec![read_value(tokens)?])),
        "!=" => Ok(Operator::NotIn(vec![read_value(tokens)?])),
        operator @ ("<" | ">") => match tokens.next().and_then(|value| value.parse().ok()) {
            Some(bound) if operator == "<" => Ok(Operator::Less(bound)),
            Some(bound) => Ok(Operator::Greater(bound)),
            None => Err(format!("{key} {operator} needs a whole number behind it")),
        },
        "in" => read_values(key, "in", tokens).map(Operator::In),
        "notin" => read_values(key, "notin", tokens).map(Operator::NotIn),
        other => Err(format!("{other:?} behind {key} is no operator; {GRAMMAR}")),
    }
}

fn read_values<'a>(
    key: &str,
    operator: &str,
    tokens: &mut Peekable<impl Iterator<Item = &'a str>>,
) -> Result<Vec<String>, String> {
    let wrong = || format!("{key} {operator} needs values in brackets, such as {key} {operator} (a, b)");
    tokens.next_if_eq(&"(").ok_or_else(wrong)?;
    let mut values = Vec::new();
    loop {
        values.push(read_value(tokens)?);
        match tokens.next() {
            Some(",") => {}
            Some(")") => return Ok(values),
            _ => return Err(wrong()),
        }
    }
}

fn read_value<'a>(tokens: &mut Peekable<impl Iterator<Item = &'a str>>) -> Result<String, String> {
    let value = tokens.next_if(|token| is_word(token)).unwrap_or_default();
    check_value(value)?;
    Ok(value.to_owned())
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
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_selected_as_the_api_server_would() {
        let labels = json!({ "app": "qotm", "size": "4", "empty": "" });
        for (text, expected) in [
            ("", true),
            ("app", true),
            ("!app", false),
            ("none", false),
            ("!none", true),
            ("app=qotm", true),
            ("app==other", false),
            ("app!=other", true),
            ("none!=other", true),
            ("empty=", true),
            ("none=", false),
            ("app in (a, qotm), size>3", true),
            ("app notin (a, qotm)", false),
            ("none notin (a)", true),
            ("size<4", false),
            ("app>1", false),
            ("app=qotm,size=5", false),
        ] {
            assert_eq!(LabelSelector::parse(text).unwrap().selects(&labels), expected, "{text:?}");
        }
        assert!(!LabelSelector::parse("app").unwrap().selects(&Value::Null));
    }

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
