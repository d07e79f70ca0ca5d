//! A text as `kubectl describe` writes it: a name with a colon at the beginning of a line, what it is, and further lines
//! below it that are indented.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The lines of each field by its name. Of two with the same name the first counts; lines before the first field, such as the
/// command itself, belong to none.
pub(super) fn read(text: &str) -> Value {
    let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open: Option<&str> = None;
    for line in text.lines() {
        if line.starts_with(char::is_whitespace) {
            if let Some(lines) = open.and_then(|name| fields.get_mut(name)) {
                add(lines, line);
            }
            continue;
        }
        open = None;
        if let Some((name, first)) = split(line)
            && !fields.contains_key(name)
        {
            let lines = fields.entry(name).or_default();
            add(lines, first);
            open = Some(name);
        }
    }
    json!(fields)
}

fn add<'a>(lines: &mut Vec<&'a str>, line: &'a str) {
    let line = line.trim();
    if !line.is_empty() {
        lines.push(line);
    }
}

/// The name and the first line of a field.
fn split(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(':')?;
    let is_name = name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" ()-".contains(&byte));
    (is_name && (rest.is_empty() || rest.starts_with(char::is_whitespace))).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describe_prints_is_read_by_its_fields() {
        let text = "learner@toolbox:~$ kubectl describe svc qotm\n\
                    Name:              qotm   \n\
                    Annotations:       a8r.io/chat: #harbour\n                   a8r.io/owner: Ada: Quist\n\
                    IP Families:       IPv4\n\
                    TargetPort:        http/TCP\n\
                    Events:            <none>\n\
                    \n\
                    Name:              store\n                   a8r.io/owner: Bea\n";
        assert_eq!(
            read(text),
            json!({
                "Name": ["qotm"], "Annotations": ["a8r.io/chat: #harbour", "a8r.io/owner: Ada: Quist"],
                "IP Families": ["IPv4"], "TargetPort": ["http/TCP"], "Events": ["<none>"],
            })
        );
    }

    #[test]
    fn what_is_written_in_another_way_has_no_fields() {
        for text in ["", "it says Ada: Quist", "{\"Name\": \"qotm\"}", "  Name: qotm", "Name:qotm", "\u{0}:\n: x"] {
            assert_eq!(read(text), json!({}), "{text}");
        }
    }
}
