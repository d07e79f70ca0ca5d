//! The catalogue and the page of one Service, as they are shown. No I/O.

use std::collections::BTreeSet;

use serde::Serialize;

use super::card::{Namespace, ServiceCard};
use super::graph::DependencyGraph;
use super::query::{CatalogueQuery, Choice, list_choices};
use crate::ownership::Graph;

/// The catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CatalogueView {
    /// The Services that are asked for.
    pub services: Vec<ServiceCard>,
    /// How many there are in all.
    pub total: usize,
    /// What is asked for.
    pub query: CatalogueQuery,
    /// Whether that is only some of the Services.
    pub is_filtered: bool,
    /// The labs, where more than one runs.
    pub labs: Vec<Choice>,
    /// The filter by owner.
    pub owners: Vec<Choice>,
    /// The filter by state.
    pub states: Vec<Choice>,
    /// The Services that some Service depends on, and those that depend on some.
    pub needed: Vec<Choice>,
    /// The Services that depend on some.
    pub needing: Vec<Choice>,
    /// The graph of each namespace.
    pub graphs: Vec<DependencyGraph>,
    /// Why the Services of some lab are not shown.
    pub fault: Option<String>,
    /// Whether no lab runs.
    pub is_idle: bool,
}

/// One Service in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceView {
    /// The lab.
    pub lab: String,
    /// The Service; `None` where the cluster does not say.
    pub service: Option<ServiceCard>,
    /// Its name.
    pub name: String,
    /// Why it is not known.
    pub fault: Option<String>,
}

impl CatalogueView {
    pub(in crate::grading) fn new(
        namespaces: &[Namespace],
        query: CatalogueQuery,
        (fault, is_idle): (Option<String>, bool),
    ) -> Self {
        let all: Vec<&ServiceCard> = namespaces.iter().flat_map(|namespace| &namespace.cards).collect();
        let mut services: Vec<ServiceCard> = all.iter().filter(|card| query.asks_for(card)).copied().cloned().collect();
        query.sort(&mut services);
        let lab = |namespace: &Namespace| Choice {
            value: namespace.lab.clone(),
            label: namespace.title.clone(),
            count: namespace.cards.len(),
        };
        let labs: Vec<Choice> = namespaces.iter().map(lab).collect();
        let (owners, states) = list_choices(&all);
        let is_shown = |namespace: &&Namespace| query.lab.is_empty() || query.lab == namespace.lab;
        let shown = namespaces.iter().filter(is_shown).filter(|namespace| namespace.cards.len() > 1);
        Self {
            total: all.len(),
            is_filtered: query.is_filter(),
            labs,
            owners,
            states,
            needed: list_ends(namespaces, |(_, to)| to, Graph::dependents),
            needing: list_ends(namespaces, |(from, _)| from, Graph::dependencies),
            graphs: shown.map(DependencyGraph::of).collect(),
            services,
            query,
            fault,
            is_idle,
        }
    }

    /// Examples.
    pub fn samples() -> Vec<Self> {
        let quote = [
            ("owner", "Ada"),
            ("description", "Answers with a quote."),
            ("runbook", "https://docs.example.org/q"),
            ("chat", "#harbour"),
        ];
        let mut judged = ServiceCard::sample("quote", &quote);
        judged.failing_checks = Some(Vec::new());
        let mut bare = ServiceCard::sample("front", &[("dependencies", "quote, gone"), ("run-book", "x")]);
        bare.failing_checks = Some(vec!["Owner".to_owned()]);
        let namespace = Namespace {
            lab: judged.lab.clone(),
            title: judged.lab_title.clone(),
            graph: Graph::default(),
            cards: vec![bare, judged],
        };
        let searched =
            CatalogueQuery { q: "submarine".to_owned(), owner: "me".to_owned(), ..CatalogueQuery::default() };
        let none = CatalogueQuery::default;
        vec![
            Self::new(std::slice::from_ref(&namespace), none(), (None, false)),
            Self::new(&[namespace], searched, (None, false)),
            Self::new(&[], none(), (Some("The cluster does not answer.".to_owned()), false)),
            Self::new(&[], none(), (None, false)),
            Self::new(&[], none(), (None, true)),
        ]
    }
}

/// The names at one end of the edges, each with how many Services are at the other.
fn list_ends(
    namespaces: &[Namespace],
    end: for<'a> fn((&'a str, &'a str)) -> &'a str,
    others: for<'a> fn(&'a Graph, &str) -> Vec<&'a str>,
) -> Vec<Choice> {
    let graphs = || namespaces.iter().map(|namespace| &namespace.graph);
    let names: BTreeSet<&str> = graphs().flat_map(Graph::edges).map(end).collect();
    let choice = |name: &str| Choice {
        value: name.to_owned(),
        label: name.to_owned(),
        count: graphs().map(|graph| others(graph, name).len()).sum(),
    };
    names.into_iter().map(choice).collect()
}

impl ServiceView {
    pub(in crate::grading) fn find(
        namespaces: &[Namespace],
        name: &str,
        (lab, fault): (&str, Option<String>),
    ) -> Option<Self> {
        let service = namespaces.iter().flat_map(|namespace| &namespace.cards).find(|card| card.name == name);
        let view = Self { lab: lab.to_owned(), service: service.cloned(), name: name.to_owned(), fault };
        (view.service.is_some() || view.fault.is_some()).then_some(view)
    }

    /// Examples.
    pub fn samples() -> Vec<Self> {
        let shown = CatalogueView::samples().swap_remove(0).services.into_iter();
        let view = |card: ServiceCard| Self {
            lab: card.lab.clone(),
            name: card.name.clone(),
            service: Some(card),
            fault: None,
        };
        let unknown = Self {
            lab: "service-annotations".to_owned(),
            service: None,
            name: "quote".to_owned(),
            fault: Some("The cluster does not answer.".to_owned()),
        };
        shown.map(view).chain([unknown]).collect()
    }
}
