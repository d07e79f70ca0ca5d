//! The service catalogue: the annotations of a learner's Services, as people read them.
//!
//! The keys are those of the human-service-discovery convention, under the prefix `a8r.io/`.

use serde::Serialize;
use serde_json::Value;

use super::judgement::judge_task;
use super::model::{CheckInput, Verdict};
use super::read::Read;
use super::redaction::redact;
use super::tasks::Task;
use crate::ownership::address::is_web_address;
use crate::text::trim;

/// The convention's prefix.
const PREFIX: &str = "a8r.io/";
/// The keys of links, in the order in which people need them during an incident, and their labels.
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

/// A link to a page about a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceLink {
    /// What the link leads to.
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
    /// Links to pages about it.
    pub links: Vec<ServiceLink>,
    /// The checks of the lab that the Service does not pass; `None` where no task of the lab is about a Service.
    pub failing_checks: Option<Vec<String>>,
}

impl ServiceCard {
    /// Reads a Service's annotations, and judges them by the checks of its lab; `input` is that of the session.
    pub fn of(service: &Value, lab: &str, tasks: &[Task], input: &CheckInput) -> Self {
        let metadata = |key: &str| service.pointer(&format!("/metadata/{key}")).and_then(Value::as_str);
        let annotation = |key: &str| {
            let annotations = service.pointer("/metadata/annotations")?;
            let text = trim(annotations.get(format!("{PREFIX}{key}"))?.as_str()?);
            (!text.is_empty()).then(|| text.to_owned())
        };
        let link =
            |(key, label)| annotation(key).map(|text| ServiceLink { label, is_address: is_web_address(&text), text });
        Self {
            name: metadata("name").unwrap_or_default().to_owned(),
            namespace: metadata("namespace").unwrap_or_default().to_owned(),
            lab: lab.to_owned(),
            owner: annotation("owner"),
            description: annotation("description"),
            dependencies: annotation("dependencies"),
            links: LINKS.into_iter().filter_map(link).collect(),
            failing_checks: list_failing_checks(service, tasks, input),
        }
    }
}

/// The checks that `service` does not pass, of the tasks that read one Service and nothing else.
fn list_failing_checks(service: &Value, tasks: &[Task], input: &CheckInput) -> Option<Vec<String>> {
    let mut redacted = service.clone();
    redact(&mut redacted);
    let mut failing = None;
    for task in tasks {
        let mut reads = task.reads.iter();
        let (Some((name, Read::Object(read))), None) = (reads.next(), reads.next()) else { continue };
        if read.kind != "Service" || read.name.is_none() {
            continue;
        }
        let input = CheckInput { read: [(name.clone(), redacted.clone())].into(), ..input.clone() };
        let failed = judge_task(task, &input).into_iter().filter(|(_, judged)| judged.verdict != Verdict::Pass);
        failing.get_or_insert_with(Vec::new).extend(failed.map(|(check, _)| check.title.clone()));
    }
    failing
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_card_shows_the_annotations_of_its_service() {
        let service = json!({ "metadata": { "name": "qotm", "namespace": "ab12", "annotations": {
            "a8r.io/owner": "Ada", "a8r.io/description": "Answers with a quote.",
            "a8r.io/runbook": "https://docs.example.org/qotm", "a8r.io/chat": "#harbour",
        } } });
        let card = ServiceCard::of(&service, "service-annotations", &[], &CheckInput::default());
        assert_eq!(card.owner.as_deref(), Some("Ada"));
        assert_eq!(card.failing_checks, None, "a lab without a rule about Services has no failing checks");
        let addresses: Vec<bool> = card.links.iter().map(|link| link.is_address).collect();
        assert_eq!(addresses, [true, false]);
    }
}
