//! One Service of the catalogue. No I/O.

use serde::Serialize;
use serde_json::Value;

use super::link::{self, ServiceLink};
use crate::grading::judgement::judge_task;
use crate::grading::model::{CheckInput, Verdict};
use crate::grading::read::Read;
use crate::grading::redaction::redact;
use crate::grading::tasks::Task;
use crate::labs::Lab;
use crate::ownership::{Dependencies, Finding, Graph, KEYS, Key, Notes, PREFIX, Score, lint, lint_dependencies};
use crate::text::is_same;

/// A Service that another one depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// Whether the namespace has it.
    pub is_there: bool,
}

/// An annotation that is none of the convention's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Annotation {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
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
    /// What that lab is called.
    pub lab_title: String,
    /// Who owns it.
    pub owner: Option<String>,
    /// Whether that is the reader.
    pub is_own: bool,
    /// What it does.
    pub description: Option<String>,
    /// The Services that it says it depends on.
    pub dependencies: Vec<Neighbour>,
    /// What it says of them in other words than names.
    pub dependencies_text: Option<String>,
    /// The Services that say they depend on it.
    pub dependents: Vec<String>,
    /// Links to pages about it.
    pub links: Vec<ServiceLink>,
    /// Its ownership score.
    pub score: Score,
    /// What is wrong with its annotations.
    pub findings: Vec<Finding>,
    /// The checks of the lab that the Service does not pass; `None` where no task of the lab is about a Service.
    pub failing_checks: Option<Vec<String>>,
    /// Its annotations beside those of the convention.
    pub others: Vec<Annotation>,
}

/// The Services of one running lab.
#[derive(Clone, Debug)]
pub(in crate::grading) struct Namespace {
    /// The lab.
    pub(super) lab: String,
    /// What it is called.
    pub(super) title: String,
    /// Who depends on whom.
    pub(super) graph: Graph,
    /// The Services by name.
    pub(super) cards: Vec<ServiceCard>,
}

impl Namespace {
    /// Reads all Services of a session, and judges each by the checks of its lab.
    pub(in crate::grading) fn read(lab: &Lab, services: &[Value], (tasks, input): (&[Task], &CheckInput)) -> Self {
        let notes: Vec<Notes> = services.iter().map(Notes::of).collect();
        let graph = Graph::of(&notes);
        let mut namespace =
            Self { lab: lab.name.clone(), title: lab.title.clone(), graph, cards: Vec::with_capacity(notes.len()) };
        for (service, notes) in services.iter().zip(&notes) {
            let mut card = namespace.card(notes, &input.learner);
            card.namespace.clone_from(&input.namespace);
            card.failing_checks = list_failing_checks(service, tasks, input);
            for link in &mut card.links {
                link::lead_to_page(link, lab, (&input.namespace, &namespace.graph));
            }
            namespace.cards.push(card);
        }
        namespace.cards.sort_by(|one, other| one.name.cmp(&other.name));
        namespace
    }

    /// A Service by what it says itself.
    fn card(&self, notes: &Notes, reader: &str) -> ServiceCard {
        let graph = &self.graph;
        let owner = notes.find("owner").map(str::to_owned);
        let neighbour = |name: &str| Neighbour { name: name.to_owned(), is_there: graph.has(name) };
        let dependencies: Vec<Neighbour> = graph.dependencies(&notes.name).into_iter().map(neighbour).collect();
        let said = notes.find("dependencies").filter(|_| dependencies.is_empty());
        // The others have a place of their own.
        let is_link = |key: &&Key| !["owner", "description", "dependencies"].contains(&key.name);
        let is_other = |(key, _): &(&String, &String)| key.strip_prefix(PREFIX).and_then(Key::find).is_none();
        let mut findings = lint(notes);
        findings.extend(lint_dependencies(notes, graph));
        ServiceCard {
            name: notes.name.clone(),
            namespace: String::new(),
            lab: self.lab.clone(),
            lab_title: self.title.clone(),
            is_own: owner.as_ref().is_some_and(|owner| is_same(owner, reader)),
            owner,
            description: notes.find("description").map(str::to_owned),
            dependencies_text: said.map(|text| match Dependencies::parse(text) {
                Dependencies::None => "nothing".to_owned(),
                _ => text.to_owned(),
            }),
            dependencies,
            dependents: graph.dependents(&notes.name).into_iter().map(str::to_owned).collect(),
            links: KEYS.iter().filter(is_link).filter_map(|key| ServiceLink::of(key, notes)).collect(),
            score: Score::of(notes),
            findings,
            failing_checks: None,
            others: notes
                .annotations
                .iter()
                .filter(is_other)
                .map(|(key, value)| Annotation { key: key.clone(), value: value.clone() })
                .collect(),
        }
    }
}

impl ServiceCard {
    /// Whether it says everything, and nothing of that is wrong.
    pub(super) fn is_complete(&self) -> bool {
        self.findings.is_empty() && self.score.missing.is_empty()
    }

    /// An example.
    pub fn sample(name: &str, annotations: &[(&str, &str)]) -> Self {
        let texts = annotations.iter().map(|(key, text)| (format!("{PREFIX}{key}"), (*text).to_owned()));
        let notes = Notes { name: name.to_owned(), annotations: texts.collect(), ..Notes::default() };
        let graph = Graph::of(std::slice::from_ref(&notes));
        let (lab, title) = ("service-annotations".to_owned(), "Annotate a service".to_owned());
        let card = Namespace { lab, title, graph, cards: Vec::new() }.card(&notes, "Ada");
        Self { namespace: "0123456789abcdef".to_owned(), ..card }
    }
}

/// The checks that `service` does not pass, of the tasks that read it and nothing else.
fn list_failing_checks(service: &Value, tasks: &[Task], input: &CheckInput) -> Option<Vec<String>> {
    let mut redacted = service.clone();
    redact(&mut redacted);
    let name = service.pointer("/metadata/name").and_then(Value::as_str);
    let mut failing = None;
    // What its learner reports is no property of the Service.
    for task in tasks.iter().filter(|task| task.questions.is_empty()) {
        let mut reads = task.reads.iter();
        let (Some((read_as, Read::Object(read))), None) = (reads.next(), reads.next()) else { continue };
        if read.kind != "Service" || name.is_none() || read.name.as_deref() != name {
            continue;
        }
        let input = CheckInput { read: [(read_as.clone(), redacted.clone())].into(), ..input.clone() };
        let failed = judge_task(task, &input).into_iter().filter(|(_, judged)| judged.verdict != Verdict::Pass);
        failing.get_or_insert_with(Vec::new).extend(failed.map(|(check, _)| check.title.clone()));
    }
    failing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_shows_the_annotations_of_its_service() {
        let card = ServiceCard::sample(
            "qotm",
            &[
                ("owner", "ada"),
                ("runbook", "https://docs.example.org/qotm"),
                ("chat", "#harbour"),
                ("support", "+49 30 1234"),
                ("team", "x"),
            ],
        );
        assert!(card.is_own && card.owner.as_deref() == Some("ada"));
        assert_eq!(card.failing_checks, None, "a lab without a rule about Services has no failing checks");
        let urls: Vec<bool> = card.links.iter().map(|link| link.url.is_some()).collect();
        assert_eq!((urls, card.score.points), (vec![true, false, false], 56));
        assert_eq!((card.findings.len(), card.others.len(), card.is_complete()), (1, 1, false));
    }

    #[test]
    fn dependencies_are_names_or_text_or_nothing() {
        let of = |text: &str| ServiceCard::sample("front", &[("dependencies", text)]);
        assert_eq!(of("quote").dependencies, [Neighbour { name: "quote".to_owned(), is_there: false }]);
        assert_eq!(of("none").dependencies_text.as_deref(), Some("nothing"));
        assert_eq!(of("The quotes.").dependencies_text.as_deref(), Some("The quotes."));
    }
}
