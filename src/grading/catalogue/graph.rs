//! Who depends on whom, as a picture and as a table. No I/O.

use serde::Serialize;

use super::card::{Namespace, Neighbour};
use crate::labs::{Arrow, Mark, Picture};
use crate::ownership::mean;

/// One Service of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GraphRow {
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: Option<String>,
    /// What it depends on.
    pub dependencies: Vec<Neighbour>,
    /// What depends on it.
    pub dependents: Vec<String>,
}

/// The graph of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DependencyGraph {
    /// The lab.
    pub lab: String,
    /// What it is called.
    pub title: String,
    /// The mean of the Services' ownership scores.
    pub score: Option<u32>,
    /// The picture.
    pub picture: Picture,
    /// The same as a table.
    pub rows: Vec<GraphRow>,
}

impl DependencyGraph {
    pub(super) fn of(namespace: &Namespace) -> Self {
        let find = |name: &str| namespace.cards.iter().find(|card| card.name == name);
        let mark = |name: &str| match find(name) {
            None => Mark { is_dashed: true, note: Some("not in the namespace") },
            Some(card) if card.owner.is_none() => Mark { is_dashed: true, note: Some("nobody's") },
            Some(_) => Mark::default(),
        };
        let arrows: Vec<Arrow<'_>> = namespace.graph.edges().map(|(from, to)| Arrow::plain(from, to)).collect();
        let names: Vec<&str> = namespace.cards.iter().map(|card| card.name.as_str()).collect();
        let scores: Vec<u32> = namespace.cards.iter().map(|card| card.score.points).collect();
        let rows = namespace.cards.iter().map(|card| GraphRow {
            name: card.name.clone(),
            owner: card.owner.clone(),
            dependencies: card.dependencies.clone(),
            dependents: card.dependents.clone(),
        });
        Self {
            lab: namespace.lab.clone(),
            title: namespace.title.clone(),
            score: mean(&scores),
            picture: Picture::draw(&arrows, &names, mark),
            rows: rows.collect(),
        }
    }
}
