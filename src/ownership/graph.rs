//! Which Service of a namespace depends on which.

use std::collections::BTreeSet;

use super::dependencies::Dependencies;
use super::notes::Notes;

/// The graph of a namespace. It may have circles, and names that no Service has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    edges: BTreeSet<(String, String)>,
    services: BTreeSet<String>,
}

impl Graph {
    /// The graph of all Services of a namespace.
    pub fn of(services: &[Notes]) -> Self {
        let known: Vec<&str> = services.iter().map(|notes| notes.name.as_str()).collect();
        let mut edges = BTreeSet::new();
        for notes in services {
            for name in Dependencies::of(notes).names_among(&known) {
                edges.insert((notes.name.clone(), name.clone()));
            }
        }
        Self { edges, services: services.iter().map(|notes| notes.name.clone()).collect() }
    }

    /// Every pair of a Service and what it says that it depends on.
    pub fn edges(&self) -> impl Iterator<Item = (&str, &str)> {
        self.edges.iter().map(|(from, to)| (from.as_str(), to.as_str()))
    }

    /// What a Service says that it depends on.
    pub fn dependencies(&self, name: &str) -> Vec<&str> {
        self.edges().filter(|(from, _)| *from == name).map(|(_, to)| to).collect()
    }

    /// The Services that say that they depend on one.
    pub fn dependents(&self, name: &str) -> Vec<&str> {
        self.edges().filter(|(_, to)| *to == name).map(|(from, _)| from).collect()
    }

    /// Whether the namespace has a Service of this name.
    pub fn has(&self, name: &str) -> bool {
        self.services.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn notes(name: &str, dependencies: &str) -> Notes {
        Notes::of(&json!({ "metadata": { "name": name, "annotations": { "a8r.io/dependencies": dependencies } } }))
    }

    #[test]
    fn a_circle_and_a_name_that_no_service_has_are_edges_like_others() {
        let graph = Graph::of(&[notes("a", "b"), notes("b", "a, gone"), notes("c", "none")]);
        assert_eq!(graph.edges().collect::<Vec<_>>(), [("a", "b"), ("b", "a"), ("b", "gone")]);
        assert_eq!((graph.dependencies("b"), graph.dependents("a")), (vec!["a", "gone"], vec!["b"]));
        assert!(graph.has("c") && !graph.has("gone"));
    }
}
