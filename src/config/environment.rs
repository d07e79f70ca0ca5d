//! The configuration's variables of the environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::fault::nearest;
use super::value::{Node, Origin, Table, Value};
use super::{SECRET_KEYS, keys};

/// What every variable of ours begins with.
const PREFIX: &str = "SEAWORTHY_";
/// Names the file; it is no key of it.
const FILE: &str = "SEAWORTHY_CONFIG";
/// How many letters a variable may have wrong to be taken for one of ours, where it has no `__`.
const NEAR: usize = 2;

/// What the variables of ours say, and what is wrong with those that look like ours.
pub(super) fn read(environment: impl Iterator<Item = (OsString, OsString)>) -> (Node, Vec<String>) {
    let known = names();
    let mut root = Node { origin: Origin::Variable("the environment".into()), value: Value::Table(Table::new()) };
    let mut faults = Vec::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| has_prefix(name) && *name != FILE) else { continue };
        match (known.get(name), value.into_string()) {
            (Some(path), Ok(text)) => root.merge(nest(path, name, text)),
            (Some(_), Err(_bytes)) => faults.push(format!("{name}: its value is not UTF-8")),
            (None, _) => faults.extend(find_fault(name, &known)),
        }
    }
    // The order of the environment is nobody's choice.
    faults.sort();
    (root, faults)
}

fn has_prefix(name: &str) -> bool {
    name.get(..PREFIX.len() - 1).is_some_and(|start| start.eq_ignore_ascii_case("SEAWORTHY"))
}

/// The keys by the names of their variables.
fn names() -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::new();
    let mut add = |path: Vec<String>| names.insert(format!("{PREFIX}{}", path.join("__").to_uppercase()), path);
    for path in keys::list() {
        let path: Vec<String> = path.into_iter().map(str::to_owned).collect();
        if let Some((last, sections)) = path.split_last().filter(|(last, _)| SECRET_KEYS.contains(&last.as_str())) {
            add([sections, &[format!("{last}_file")]].concat());
        }
        add(path);
    }
    names
}

fn nest(path: &[String], name: &str, text: String) -> Node {
    let origin = Origin::Variable(name.into());
    path.iter().rev().fold(Node { origin: origin.clone(), value: Value::Plain(text) }, |node, key| Node {
        origin: origin.clone(),
        value: Value::Table(Table::from([(key.clone(), node)])),
    })
}

/// What is wrong with a name that no key has. Without a `__` it may be somebody else's, such as what Kubernetes tells of
/// a Service called `seaworthy`, unless it is nearly one of ours.
fn find_fault(name: &str, known: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let plain = |name: &str| name.replace('_', "").to_uppercase();
    let wanted = plain(name);
    let distance = |other: &str| strsim::damerau_levenshtein(&wanted, &plain(other));
    let (near, path) = known.iter().min_by_key(|(other, _)| distance(other))?;
    let rest = name.strip_prefix(PREFIX).unwrap_or_default().to_lowercase();
    let split = rest.rsplit_once("__").map(|(sections, key)| (sections.split("__").collect::<Vec<_>>(), key));
    let what = match &split {
        Some((sections, key)) => format!("unknown key `{key}` in `{}`", sections.join(".")),
        None => "there is no such setting".to_owned(),
    };
    let is_near = distance(near) <= NEAR;
    let meant = if is_near { Some((near, path)) } else { known.iter().find(|(_, path)| is_shortened(&rest, path)) };
    if let Some((meant, path)) = meant {
        let (key, sections) = path.split_last()?;
        return Some(format!("{name}: {what}; did you mean {meant} (`{key}` in `{}`)?", sections.join(".")));
    }
    let (sections, key) = split?;
    let siblings = known.values().filter_map(|path| path.split_last()).filter(|(_, others)| *others == sections);
    let siblings: Vec<&str> = siblings.map(|(key, _)| key.as_str()).collect();
    let advice = match nearest(key, siblings.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if siblings.is_empty() => String::new(),
        None => format!("; there are `{}`", siblings.join("`, `")),
    };
    Some(format!("{name}: {what}{advice}"))
}

/// Whether a name leaves out a section of a key and is plainly that key otherwise. Names, hosts and ports are told to every
/// pod of each Service by Kubernetes, and to every container of each other one by Docker.
fn is_shortened(rest: &str, path: &[String]) -> bool {
    let words = |text: &str| text.split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (wanted, Some((key, sections))) = (words(rest), path.split_last()) else { return false };
    let key = words(key);
    if ["name", "host", "port"].map(str::to_owned).contains(&key[key.len() - 1]) || !wanted.ends_with(&key) {
        return false;
    }
    let mut sections = sections.iter().flat_map(|section| words(section));
    wanted[..wanted.len() - key.len()].iter().all(|word| sections.any(|section| section == *word))
}

/// The program's own environment.
pub(super) fn own() -> impl Iterator<Item = (OsString, OsString)> {
    let is_ours = |name: &OsStr| name.to_str().is_some_and(has_prefix);
    std::env::vars_os().filter(move |(name, _)| is_ours(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &str) -> Option<String> {
        find_fault(name, &names())
    }

    #[test]
    fn a_name_with_an_underscore_too_few_or_too_many_is_told_with_the_right_one() {
        for name in [
            "SEAWORTHY_SERVER_LISTEN",
            "SEAWORTHY__SERVER__LISTEN",
            "SEAWORTHY_SERVER___LISTEN",
            "SEAWORTHYSERVERLISTEN",
            "seaworthy_server__listen",
            "SEAWORTHY_SERVER__LISTEN_",
            "SEAWORTHY_SERVER_LITSEN",
        ] {
            let fault = fault(name).unwrap_or_else(|| panic!("{name} is passed over"));
            assert!(
                fault.starts_with(name) && fault.contains("SEAWORTHY_SERVER__LISTEN (`listen` in `server`)"),
                "{fault}"
            );
        }
        assert!(fault("SEAWORTHY_MAIL_SMTP_PASSWORD_FILE").unwrap().contains("SEAWORTHY_MAIL__SMTP__PASSWORD_FILE"));
    }

    #[test]
    fn a_name_without_a_section_is_told_with_the_whole_one() {
        for (name, whole) in [
            ("SEAWORTHY_PUBLIC_URL", "SEAWORTHY_SERVER__PUBLIC_URL"),
            ("SEAWORTHY_LISTEN", "SEAWORTHY_SERVER__LISTEN"),
            ("SEAWORTHY_SECRET", "SEAWORTHY_SERVER__SECRET"),
            ("SEAWORTHY_METRICS_TOKEN", "SEAWORTHY_SERVER__METRICS_TOKEN"),
            ("SEAWORTHY_SMTP_PASSWORD", "SEAWORTHY_MAIL__SMTP__PASSWORD"),
            ("SEAWORTHY_SMTP__PASSWORD", "SEAWORTHY_MAIL__SMTP__PASSWORD"),
            ("SEAWORTHY_MAIL_PASSWORD_FILE", "SEAWORTHY_MAIL__SMTP__PASSWORD_FILE"),
            ("SEAWORTHY_CAPACITY", "SEAWORTHY_CLUSTER__CAPACITY"),
        ] {
            let fault = fault(name).unwrap_or_else(|| panic!("{name} is passed over"));
            assert!(fault.contains(&format!("did you mean {whole} (")), "{fault}");
        }
    }

    #[test]
    fn a_key_of_no_name_near_is_told_with_those_there_are() {
        assert!(fault("SEAWORTHY_LOG__COLOUR").unwrap().ends_with("; there are `filter`, `format`"));
        assert!(fault("SEAWORTHY_LOG__FROMATS").unwrap().contains("`format`"));
        assert!(fault("SEAWORTHY_NOWHERE__AT_ALL").unwrap().contains("unknown key `at_all` in `nowhere`"));
    }

    #[test]
    fn what_others_put_into_the_environment_is_passed_over() {
        for name in [
            "SEAWORTHY_PORT",
            "SEAWORTHY_SERVICE_HOST",
            "SEAWORTHY_SERVICE_PORT_HTTP",
            "SEAWORTHY_PORT_8080_TCP_ADDR",
            "SEAWORTHY_SERVER_PORT",
            "SEAWORTHY_MAIL_PORT",
            "SEAWORTHY_MAIL_SERVICE_HOST",
            "SEAWORTHY_NAME",
            "SEAWORTHY_HOST",
            "SEAWORTHY_BINARY",
            "SEAWORTHY_CLUSTER_PROCESS",
        ] {
            assert_eq!(fault(name), None);
        }
    }
}
