//! How much of what people need a Service says.

use serde::Serialize;

use super::keys::KEYS;
use super::notes::Notes;
use super::value::is_right;

/// What would add to a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The key in full.
    pub key: String,
    /// What it is called.
    pub label: &'static str,
    /// What its value says.
    pub says: &'static str,
    /// What it would add.
    pub points: u32,
}

/// The score of a Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Score {
    /// From 0 to 100.
    pub points: u32,
    /// What would add to it, the most first.
    pub missing: Vec<Missing>,
}

impl Score {
    /// The score of a Service by itself.
    pub fn of(notes: &Notes) -> Self {
        let mut score = Self { points: 0, missing: Vec::new() };
        for key in &KEYS {
            if notes.find(key.name).is_some_and(|value| is_right(key, value, &notes.name)) {
                score.points += key.points;
            } else {
                score.missing.push(Missing { key: key.full(), label: key.label, says: key.says, points: key.points });
            }
        }
        score
    }
}

/// The mean of the scores of a namespace's Services, to the nearest whole point; `None` without any.
pub fn mean(scores: &[u32]) -> Option<u32> {
    let count = u32::try_from(scores.len()).ok().filter(|count| *count > 0)?;
    let sum: u32 = scores.iter().sum();
    Some((sum + count / 2) / count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ownership::{Key, ValueKind};

    const WRONG: [&str; 6] = ["", "TODO", "http://localhost/x", "not an address", "- -", "qotm"];

    fn right(key: &Key) -> &'static str {
        match key.kind {
            ValueKind::Address => "https://wiki.example.org/qotm",
            ValueKind::Text | ValueKind::Channel => "Ada",
            ValueKind::Dependencies => "none",
        }
    }

    proptest! {
        #[test]
        fn a_score_is_within_its_bounds_and_a_right_value_never_lowers_it(
            values in proptest::collection::btree_map(0..KEYS.len(), (0..WRONG.len(), any::<bool>(), ".{0,40}"), 0..14),
            added in 0..KEYS.len(),
        ) {
            let mut notes = Notes { name: "qotm".to_owned(), ..Notes::default() };
            for (index, (wrong, is_free, free)) in values {
                let value = if is_free { free } else { WRONG[wrong].to_owned() };
                notes.annotations.insert(KEYS[index].full(), value);
            }
            let before = Score::of(&notes);
            let missing: u32 = before.missing.iter().map(|missing| missing.points).sum();
            prop_assert!(before.points <= 100 && before.points + missing == 100);
            notes.annotations.insert(KEYS[added].full(), right(&KEYS[added]).to_owned());
            let after = Score::of(&notes);
            prop_assert!(after.points >= before.points && after.points >= KEYS[added].points);
        }
    }

    #[test]
    fn a_service_that_says_everything_has_a_hundred_points_and_one_that_says_nothing_none() {
        let mut notes = Notes::default();
        assert_eq!((Score::of(&notes).points, Score::of(&notes).missing.len()), (0, KEYS.len()));
        for key in &KEYS {
            notes.annotations.insert(key.full(), right(key).to_owned());
        }
        assert_eq!(Score::of(&notes), Score { points: 100, missing: Vec::new() });
    }

    #[test]
    fn a_namespace_has_the_mean_of_its_services() {
        assert_eq!((mean(&[]), mean(&[100, 0, 51]), mean(&[100])), (None, Some(50), Some(100)));
    }
}
