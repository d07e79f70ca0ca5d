//! The `[cluster.images]` section: the images that labs run.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The image that stands in for Grafana.
const GRAFANA_STAND_IN: &str = "grafana-standin";

/// Where the images that labs run come from. Left out, one is `<registry><name>:1`, as this repository builds it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImagesSettings {
    /// The registry of those that are not named, or a folder of one; it ends in `/`.
    pub registry: String,
    /// The shell with tools behind the browser terminal.
    pub toolbox: Option<String>,
    /// The demo service, a quote of the moment.
    pub qotm: Option<String>,
    /// The web front of the demo system.
    pub front: Option<String>,
    /// Its service of authors.
    pub authors: Option<String>,
    /// Its store.
    pub store: Option<String>,
    /// Its pages for people, such as runbooks.
    pub docs: Option<String>,
    /// A learner's own Prometheus.
    pub prometheus: Option<String>,
    /// A learner's own Grafana; left out, what stands in for it.
    pub grafana: Option<String>,
}

impl Default for ImagesSettings {
    fn default() -> Self {
        Self {
            registry: "seaworthy.local/".to_owned(),
            toolbox: None,
            qotm: None,
            front: None,
            authors: None,
            store: None,
            docs: None,
            prometheus: None,
            grafana: None,
        }
    }
}

impl ImagesSettings {
    /// Every image by the name that the templates of labs have for it.
    pub fn by_name(&self) -> BTreeMap<&'static str, String> {
        [
            ("toolbox", "toolbox", &self.toolbox),
            ("qotm", "qotm", &self.qotm),
            ("front", "front", &self.front),
            ("authors", "authors", &self.authors),
            ("store", "store", &self.store),
            ("docs", "docs", &self.docs),
            ("prometheus", "prometheus", &self.prometheus),
            ("grafana", GRAFANA_STAND_IN, &self.grafana),
        ]
        .map(|(name, built, set)| (name, set.clone().unwrap_or_else(|| format!("{}{built}:1", self.registry))))
        .into()
    }

    /// The shell with tools behind the browser terminal.
    pub fn toolbox(&self) -> String {
        self.by_name()["toolbox"].clone()
    }

    /// The Grafana that learners install.
    pub fn grafana(&self) -> String {
        self.by_name()["grafana"].clone()
    }

    /// Whether that is what this repository builds in place of Grafana.
    pub fn has_grafana_stand_in(&self) -> bool {
        let image = self.grafana();
        let name = image.rsplit('/').next().unwrap_or(&image);
        name.split([':', '@']).next() == Some(GRAFANA_STAND_IN)
    }

    /// The demo service.
    pub(super) fn qotm(&self) -> String {
        self.by_name()["qotm"].clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_come_from_the_registry_unless_they_are_named() {
        let images = ImagesSettings {
            registry: "example.org/labs/".to_owned(),
            grafana: Some("example.net/grafana/grafana:12.4.3".to_owned()),
            ..ImagesSettings::default()
        };
        assert_eq!(images.by_name()["authors"], "example.org/labs/authors:1");
        assert_eq!(images.by_name()["grafana"], "example.net/grafana/grafana:12.4.3");
        assert_eq!(ImagesSettings::default().by_name()["grafana"], "seaworthy.local/grafana-standin:1");
    }

    #[test]
    fn what_stands_in_for_grafana_is_known_by_its_name() {
        let of =
            |image: Option<&str>| ImagesSettings { grafana: image.map(str::to_owned), ..ImagesSettings::default() };
        for image in [None, Some("example.org:5000/grafana-standin"), Some("a/grafana-standin:2@sha256:0123")] {
            assert!(of(image).has_grafana_stand_in(), "{image:?}");
        }
        for image in ["docker.example/grafana/grafana:12.4.3", "grafana-standin.example/grafana"] {
            assert!(!of(Some(image)).has_grafana_stand_in(), "{image}");
        }
    }
}
