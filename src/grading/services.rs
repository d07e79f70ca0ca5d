//! The service catalogue: what the annotations of a learner's Services tell a person.
//!
//! The keys are those of the human-service-discovery convention, under the prefix `a8r.io/`.

use serde::Serialize;
use serde_json::Value;

/// The convention's prefix.
const PREFIX: &str = "a8r.io/";
/// The keys that lead somewhere, in the order that a person in trouble wants them, and their labels.
const LINKS: [(&str, &str); 10] = [
    ("runbook", "Runbook"),
    ("chat", "Chat"),
    ("repository", "Source"),
    ("bugs", "Known bugs"),
    ("documentation", "Documentation"),
    ("incidents", "Incidents"),
    ("performance", "Dashboard"),
    ("logs", "Logs"),
    ("uptime", "Status page"),
    ("support", "Support"),
];
/// How many of them, from the start, no catalogue should lack.
const EXPECTED: usize = 4;

/// One way on from a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceLink {
    /// What is there.
    pub label: &'static str,
    /// The annotation's value.
    pub text: String,
    /// Whether the value is a web address.
    pub is_address: bool,
}

/// One Service as the catalogue shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceCard {
    /// The Service's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The lab it belongs to.
    pub lab: String,
    /// Who owns it.
    pub owner: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// What it depends on.
    pub dependencies: Option<String>,
    /// Ways on.
    pub links: Vec<ServiceLink>,
    /// What a person would look for in vain.
    pub missing: Vec<&'static str>,
}

impl ServiceCard {
    /// Reads a Service's annotations.
    pub fn of(service: &Value, lab: &str) -> Self {
        let metadata = |key: &str| service.pointer(&format!("/metadata/{key}")).and_then(Value::as_str);
        let annotation = |key: &str| {
            let annotations = service.pointer("/metadata/annotations")?;
            let text = annotations.get(format!("{PREFIX}{key}"))?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let owner = annotation("owner");
        let description = annotation("description");
        let mut missing = Vec::new();
        for (value, label) in [(&owner, "Owner"), (&description, "Description")] {
            if value.is_none() {
                missing.push(label);
            }
        }
        let mut links = Vec::new();
        for (place, (key, label)) in LINKS.into_iter().enumerate() {
            match annotation(key) {
                Some(text) => links.push(ServiceLink { label, is_address: is_address(&text), text }),
                None if place < EXPECTED => missing.push(label),
                None => {}
            }
        }
        Self {
            name: metadata("name").unwrap_or_default().to_owned(),
            namespace: metadata("namespace").unwrap_or_default().to_owned(),
            lab: lab.to_owned(),
            owner,
            description,
            dependencies: annotation("dependencies"),
            links,
            missing,
        }
    }
}

/// Whether a browser may be sent there: anything else, `javascript:` above all, stays text.
fn is_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_is_what_its_annotations_say() {
        let service = json!({ "metadata": { "name": "qotm", "namespace": "ab12", "annotations": {
            "a8r.io/owner": "Ada", "a8r.io/description": "Answers with a quote.",
            "a8r.io/runbook": "https://docs.example.org/qotm", "a8r.io/chat": "#harbour",
        } } });
        let card = ServiceCard::of(&service, "service-annotations");
        assert_eq!(card.owner.as_deref(), Some("Ada"));
        assert_eq!(card.missing, ["Source", "Known bugs"]);
        let addresses: Vec<bool> = card.links.iter().map(|link| link.is_address).collect();
        assert_eq!(addresses, [true, false]);
    }

    #[test]
    fn a_script_is_no_address() {
        for text in ["javascript:alert(1)", "data:text/html,x", "//example.org", "https://a b"] {
            assert!(!is_address(text), "{text}");
        }
    }
}
