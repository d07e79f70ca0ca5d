//! What is asked of the catalogue. No I/O.

use serde::{Deserialize, Serialize};

use super::card::ServiceCard;
use crate::text::fold;

/// The start of the keys of annotations that kubectl writes, which repeat old values of all others.
const KUBECTL: &str = "kubectl.kubernetes.io/";

/// The query of the address. What is empty or unknown asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueQuery {
    /// Words that all stand in the name or in the values.
    #[serde(default)]
    pub q: String,
    /// The lab.
    #[serde(default)]
    pub lab: String,
    /// Whose it is: `me`, `other` or `nobody`.
    #[serde(default)]
    pub owner: String,
    /// `complete`, or `findings`.
    #[serde(default)]
    pub state: String,
    /// A Service that it depends on.
    #[serde(default)]
    pub needs: String,
    /// A Service that depends on it.
    #[serde(default)]
    pub needed_by: String,
    /// `score` for the lowest score first; else by name.
    #[serde(default)]
    pub sort: String,
}

/// One value of a filter, and how many Services it leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The value in the address.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// How many of all Services it leaves.
    pub count: usize,
}

impl CatalogueQuery {
    /// Whether it asks for some of the Services only.
    pub(super) fn is_filter(&self) -> bool {
        !fold(&self.q).is_empty()
            || [&self.lab, &self.owner, &self.state, &self.needs, &self.needed_by].iter().any(|value| !value.is_empty())
    }

    /// Whether it asks for this Service.
    pub(super) fn asks_for(&self, card: &ServiceCard) -> bool {
        (self.lab.is_empty() || self.lab == card.lab)
            && is_owned(card, &self.owner)
            && is_in_state(card, &self.state)
            && (self.needs.is_empty() || card.dependencies.iter().any(|other| other.name == self.needs))
            && (self.needed_by.is_empty() || card.dependents.contains(&self.needed_by))
            && self.finds(card)
    }

    fn finds(&self, card: &ServiceCard) -> bool {
        let links = card.links.iter().map(|link| link.text.as_str());
        let needs = card.dependencies.iter().map(|other| other.name.as_str());
        let said = [&card.owner, &card.description, &card.dependencies_text].into_iter().flatten().map(String::as_str);
        let others =
            card.others.iter().filter(|other| !other.key.starts_with(KUBECTL)).map(|other| other.value.as_str());
        let texts = [card.name.as_str()].into_iter().chain(links).chain(needs).chain(said).chain(others);
        let text = texts.map(fold).collect::<Vec<_>>().join("\n");
        fold(&self.q).split_whitespace().all(|word| text.contains(word))
    }

    /// Puts Services into the order that it asks for.
    pub(super) fn sort(&self, cards: &mut [ServiceCard]) {
        cards.sort_by(|one, other| (&one.name, &one.lab).cmp(&(&other.name, &other.lab)));
        if self.sort == "score" {
            cards.sort_by_key(|card| card.score.points);
        }
    }
}

fn is_owned(card: &ServiceCard, owner: &str) -> bool {
    match owner {
        "me" => card.is_own,
        "other" => card.owner.is_some() && !card.is_own,
        "nobody" => card.owner.is_none(),
        _ => true,
    }
}

fn is_in_state(card: &ServiceCard, state: &str) -> bool {
    match state {
        "complete" => card.is_complete(),
        "findings" => !card.findings.is_empty(),
        _ => true,
    }
}

/// The values of the filters by owner and by state.
pub(super) fn list_choices(cards: &[&ServiceCard]) -> (Vec<Choice>, Vec<Choice>) {
    let choice = |(value, label): (&str, &str), is_left: fn(&ServiceCard, &str) -> bool| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        count: cards.iter().filter(|card| is_left(card, value)).count(),
    };
    let owners = [("me", "You"), ("other", "Somebody else"), ("nobody", "Nobody")];
    let states = [("complete", "Complete"), ("findings", "With findings")];
    (owners.map(|one| choice(one, is_owned)).into(), states.map(|one| choice(one, is_in_state)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &CatalogueQuery) -> Vec<String> {
        let mut cards = vec![
            ServiceCard::sample("quote", &[("owner", "Ada"), ("chat", "#Hafen\u{2011}Büro")]),
            ServiceCard::sample("front", &[("owner", "Bea"), ("dependencies", "quote"), ("runbook", "x")]),
            ServiceCard::sample("store", &[]),
        ];
        query.sort(&mut cards);
        cards.into_iter().filter(|card| query.asks_for(card)).map(|card| card.name).collect()
    }

    #[test]
    fn words_are_searched_in_every_value_as_people_type_them() {
        let search = |q: &str| names(&CatalogueQuery { q: q.to_owned(), ..CatalogueQuery::default() });
        assert_eq!(search("  "), ["front", "quote", "store"]);
        assert_eq!(search("HAFEN-büro ada"), ["quote"]);
        assert_eq!(search("quote"), ["front", "quote"]);
        assert!(search("ada bea").is_empty());
    }

    #[test]
    fn filters_leave_what_they_name_and_an_unknown_one_leaves_all() {
        let owner = |owner: &str| names(&CatalogueQuery { owner: owner.to_owned(), ..CatalogueQuery::default() });
        assert_eq!(
            (owner("me"), owner("other"), owner("nobody")),
            (vec!["quote".to_owned()], vec!["front".to_owned()], vec!["store".to_owned()])
        );
        assert_eq!(owner("everybody").len(), 3);
        assert_eq!(names(&CatalogueQuery { state: "findings".to_owned(), ..CatalogueQuery::default() }), ["front"]);
        assert_eq!(names(&CatalogueQuery { needs: "quote".to_owned(), ..CatalogueQuery::default() }), ["front"]);
        assert_eq!(names(&CatalogueQuery { sort: "score".to_owned(), ..CatalogueQuery::default() })[0], "store");
    }
}
