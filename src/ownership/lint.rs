//! What is wrong with the keys and values of a Service. Only what is sure is found: what other tools write is none of it.

use std::fmt;

use serde::Serialize;

use super::dependencies::Dependencies;
use super::graph::Graph;
use super::keys::{Key, PREFIX};
use super::misspelling::{find_meant, is_like_prefix};
use super::notes::Notes;
use super::value::find_fault;

/// How many findings are made of one Service, which bounds the work on one with thousands of annotations.
pub const MAX_FINDINGS: usize = 50;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The key as it is written.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub instead: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.key, self.problem, self.instead)
    }
}

/// What is wrong with one Service by itself.
pub fn lint(notes: &Notes) -> Vec<Finding> {
    let finding = |key: &str, (problem, instead): (String, String)| Finding { key: key.to_owned(), problem, instead };
    let annotations = notes.annotations.iter().filter_map(|(key, value)| {
        let fault = match key.strip_prefix(PREFIX).and_then(Key::find) {
            Some(known) => find_fault(known, value, &notes.name),
            None => find_key_fault(key, notes),
        };
        fault.map(|fault| finding(key, fault))
    });
    let labels = notes.labels.keys().filter_map(|key| {
        let (prefix, name) = key.split_once('/')?;
        let meant = find_meant(name).filter(|_| is_like_prefix(prefix))?;
        let problem = "is a label, by which machines select; people's notes are annotations".to_owned();
        Some(finding(key, (problem, write_instead("the annotation ", meant, notes))))
    });
    annotations.chain(labels).take(MAX_FINDINGS).collect()
}

/// What is wrong with the dependencies of a Service in view of the other Services of its namespace.
pub fn lint_dependencies(notes: &Notes, graph: &Graph) -> Vec<Finding> {
    let key = format!("{PREFIX}dependencies");
    let unknown = graph.dependencies(&notes.name).into_iter().filter(|name| !graph.has(name));
    let finding = |name: &str| Finding {
        key: key.clone(),
        problem: format!("names {name}, and no Service of the namespace is called that"),
        instead: "write the names that \"kubectl get services\" shows, separated by commas".to_owned(),
    };
    let is_list = matches!(Dependencies::of(notes), Dependencies::Names { .. });
    unknown.filter(|_| is_list).map(finding).collect()
}

/// What is wrong with a key that is none of the convention.
fn find_key_fault(key: &str, notes: &Notes) -> Option<(String, String)> {
    let Some((prefix, name)) = key.split_once('/') else {
        // Without any prefix, only the exact word is sure to be meant.
        let lower = key.to_lowercase();
        let rest = ["a8r.io.", "a8r.io-", "a8r.io_", "a8r-", "a8r_", "a8r.", "a8rio-"];
        let stripped = rest.iter().find_map(|start| lower.strip_prefix(start));
        let meant = stripped.map_or_else(|| Key::find(&lower), find_meant)?;
        let problem = format!("lacks the prefix {PREFIX}, by which people and tools know the key");
        return Some((problem, write_instead("", meant, notes)));
    };
    let meant = find_meant(name);
    if format!("{prefix}/") != PREFIX {
        let meant = meant.filter(|_| is_like_prefix(prefix))?;
        return Some((format!("has a mistyped prefix, {prefix}/"), write_instead("", meant, notes)));
    }
    let Some(meant) = meant else {
        let instead = "take a key of the convention, or a prefix of your own".to_owned();
        return Some(("is no key of the convention".to_owned(), instead));
    };
    let problem = if name.to_lowercase() == meant.name { "is written in capitals" } else { "is misspelt" };
    Some((problem.to_owned(), write_instead("", meant, notes)))
}

/// The right key, or that the wrong one may go.
fn write_instead(what: &str, meant: &Key, notes: &Notes) -> String {
    let full = meant.full();
    if notes.annotations.contains_key(&full) {
        return format!("remove it, {full} is there too");
    }
    format!("write {what}{full}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn findings(annotations: &[(&str, &str)], labels: &[(&str, &str)]) -> Vec<String> {
        let texts =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).into())).collect();
        let notes = Notes { name: "qotm".to_owned(), annotations: texts(annotations), labels: texts(labels) };
        lint(&notes).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_key_that_is_meant_to_be_one_of_the_convention_is_found() {
        for (key, problem, instead) in [
            ("a8r.io/run-book", "misspelt", "a8r.io/runbook"),
            ("a8r.io/onwer", "misspelt", "a8r.io/owner"),
            ("a8r.io/Owner", "capitals", "a8r.io/owner"),
            ("A8R.io/Owner", "prefix", "a8r.io/owner"),
            ("owner", "lacks the prefix", "a8r.io/owner"),
            ("Owner", "lacks the prefix", "a8r.io/owner"),
            ("a8r.io.owner", "lacks the prefix", "a8r.io/owner"),
            ("a8r/owner", "mistyped prefix", "a8r.io/owner"),
            ("ar8.io/owner", "mistyped prefix", "a8r.io/owner"),
            ("a8r.com/run-book", "mistyped prefix", "a8r.io/runbook"),
            ("a8r.io/team", "no key of the convention", "a prefix of your own"),
        ] {
            let found = findings(&[(key, "Ada")], &[]);
            assert!(found.len() == 1 && found[0].starts_with(key), "{key}: {found:?}");
            assert!(found[0].contains(problem) && found[0].contains(instead), "{key}: {found:?}");
        }
    }

    #[test]
    fn what_other_tools_write_is_no_finding() {
        let keys = [
            "prometheus.io/scrape",
            "kubectl.kubernetes.io/last-applied-configuration",
            "seaworthy.dev/owner",
            "app.kubernetes.io/owner",
            "k8s.io/description",
            "team",
            "note",
            "getambassador.io/config",
            "meta.helm.sh/release-name",
        ];
        assert_eq!(findings(&keys.map(|key| (key, "x")), &[("owner", "x"), ("app", "qotm")]), Vec::<String>::new());
    }

    #[test]
    fn a_label_in_place_of_an_annotation_is_found() {
        let found = findings(&[], &[("a8r.io/owner", "ada"), ("ar8.io/chat", "x"), ("app", "qotm")]);
        assert!(found.len() == 2 && found[0].contains("write the annotation a8r.io/owner"), "{found:?}");
    }

    #[test]
    fn a_second_spelling_of_a_key_that_is_there_is_to_be_removed() {
        let found = findings(&[("a8r.io/owner", "Ada"), ("owner", "Ada")], &[]);
        assert_eq!(found.len(), 1);
        assert!(found[0].ends_with("remove it, a8r.io/owner is there too"), "{found:?}");
    }

    #[test]
    fn a_dependency_that_no_service_has_is_found() {
        let notes = |name: &str, text: &str| {
            Notes::of(&json!({ "metadata": { "name": name, "annotations": { "a8r.io/dependencies": text } } }))
        };
        let services =
            [notes("front", "quote, databse"), notes("quote", "somebody else entirely"), notes("db", "none")];
        let graph = Graph::of(&services);
        let found: Vec<usize> = services.iter().map(|one| lint_dependencies(one, &graph).len()).collect();
        assert_eq!(found, [1, 0, 0]);
        assert!(lint_dependencies(&services[0], &graph)[0].problem.contains("databse"));
    }

    #[test]
    fn the_findings_of_one_service_are_bounded() {
        let keys: Vec<String> = (0..2000).map(|number| format!("a8r.io/x{number}")).collect();
        let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "x")).collect();
        assert_eq!(findings(&pairs, &[]).len(), MAX_FINDINGS);
    }
}
