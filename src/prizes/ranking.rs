//! The ranking of a week: which entries win a voucher, and what of it is certain.

use serde::Serialize;

use crate::checkpoints::{EntryId, EntryState, Week};
use crate::lessons::Rules;

/// What an entry's place in its week's ranking is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Rank {
    /// It has won, whatever becomes of the others.
    Won {
        /// Its place among the valid entries, from 1.
        place: i64,
    },
    /// It is valid, and wins unless more entries before it turn out valid than there are vouchers.
    Provisional {
        /// Its place if every undecided entry before it turns out invalid.
        place: i64,
        /// How many entries before it are undecided.
        undecided_before: i64,
    },
    /// It waits for its own review, with a voucher still within reach.
    Waiting {
        /// How many valid entries stand before it.
        valid_before: i64,
    },
    /// Every voucher has gone to an entry before it.
    TooLate,
    /// It was rejected, disqualified or withdrawn.
    Out,
}

/// An entry in the ranking of its week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedEntry {
    /// Which one.
    pub id: EntryId,
    /// Its number in the order of arrival.
    pub week_seq: i64,
    /// Its rank.
    pub rank: Rank,
}

/// A week's entries in the order of arrival, ranked by the week's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// The week.
    pub week: Week,
    /// Its rules.
    pub rules: Rules,
    /// Its entries.
    pub entries: Vec<RankedEntry>,
}

impl Ranking {
    /// How many vouchers are won for certain.
    pub fn count_won(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.rank, Rank::Won { .. })).count()
    }
}

/// The rank of every entry of a week, given their states in the order of arrival and the rules of the week.
pub fn rank(states: &[EntryState], rules: &Rules) -> Vec<Rank> {
    let (mut valid, mut undecided) = (0, 0);
    states
        .iter()
        .map(|state| {
            let rank = match state {
                EntryState::Rejected | EntryState::Disqualified | EntryState::Withdrawn => Rank::Out,
                _ if valid >= rules.vouchers_per_week => Rank::TooLate,
                EntryState::Valid if undecided == 0 => Rank::Won { place: valid + 1 },
                EntryState::Valid => Rank::Provisional { place: valid + 1, undecided_before: undecided },
                EntryState::Submitted | EntryState::InReview => Rank::Waiting { valid_before: valid },
            };
            match state {
                EntryState::Valid => valid += 1,
                EntryState::Submitted | EntryState::InReview => undecided += 1,
                EntryState::Rejected | EntryState::Disqualified | EntryState::Withdrawn => {}
            }
            rank
        })
        .collect()
}

/// The entries of a week, each by its id, number and state, with their ranks.
pub(super) fn rank_entries(entries: Vec<(EntryId, i64, EntryState)>, rules: &Rules) -> Vec<RankedEntry> {
    let states: Vec<EntryState> = entries.iter().map(|(_, _, state)| *state).collect();
    let ranked = entries.into_iter().zip(rank(&states, rules));
    ranked.map(|((id, week_seq, _), rank)| RankedEntry { id, week_seq, rank }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_state() -> impl Strategy<Value = EntryState> {
        use EntryState::{Disqualified, InReview, Rejected, Submitted, Valid, Withdrawn};
        prop::sample::select(vec![Submitted, InReview, Valid, Valid, Rejected, Disqualified, Withdrawn])
    }

    fn rules(vouchers_per_week: i64) -> Rules {
        Rules { vouchers_per_week, ..Rules::sample() }
    }

    /// Every way in which the undecided entries may yet be decided.
    fn outcomes(states: &[EntryState]) -> Vec<Vec<EntryState>> {
        let mut all = vec![Vec::new()];
        for state in states {
            let choices = if state.is_decided() { vec![*state] } else { vec![EntryState::Valid, EntryState::Rejected] };
            all = all
                .into_iter()
                .flat_map(|begun: Vec<EntryState>| {
                    choices.iter().map(move |choice| [begun.as_slice(), &[*choice]].concat()).collect::<Vec<_>>()
                })
                .collect();
        }
        all
    }

    /// The place of an entry when all is decided, if it wins.
    fn final_place(states: &[EntryState], entry: usize, vouchers: i64) -> Option<i64> {
        let place = states[..=entry].iter().filter(|state| **state == EntryState::Valid).count();
        let place = i64::try_from(place).unwrap();
        (states[entry] == EntryState::Valid && place <= vouchers).then_some(place)
    }

    proptest! {
        #[test]
        fn what_is_called_certain_holds_in_every_outcome(
            states in prop::collection::vec(any_state(), 0..9),
            vouchers in 0_i64..5,
        ) {
            let ranks = rank(&states, &rules(vouchers));
            for (entry, rank) in ranks.iter().enumerate() {
                let places: Vec<Option<i64>> =
                    outcomes(&states).iter().map(|outcome| final_place(outcome, entry, vouchers)).collect();
                match rank {
                    Rank::Won { place } => prop_assert!(places.iter().all(|found| found == &Some(*place))),
                    Rank::TooLate | Rank::Out => prop_assert!(places.iter().all(Option::is_none)),
                    Rank::Provisional { place, .. } => prop_assert!(places.contains(&Some(*place))),
                    Rank::Waiting { valid_before } => prop_assert!(places.contains(&Some(valid_before + 1))),
                }
            }
        }

        #[test]
        fn a_decided_week_has_as_many_winners_as_vouchers_or_valid_entries(
            states in prop::collection::vec(any_state(), 0..40),
            vouchers in 0_i64..20,
        ) {
            let decided: Vec<EntryState> = states.into_iter().filter(|state| state.is_decided()).collect();
            let valid = decided.iter().filter(|state| **state == EntryState::Valid).count();
            let won = rank(&decided, &rules(vouchers)).iter().filter(|s| matches!(s, Rank::Won { .. })).count();
            prop_assert_eq!(i64::try_from(won).unwrap(), vouchers.min(i64::try_from(valid).unwrap()));
        }

        #[test]
        fn the_ranking_asks_nothing_of_the_rules_but_their_number_of_vouchers(
            states in prop::collection::vec(any_state(), 0..40),
            vouchers in 1_i64..20,
            version in 1_i64..9,
            entries in 1_i64..9,
        ) {
            let other = Rules {
                version,
                entries_per_developer: entries,
                voucher_value: "a lantern".to_owned(),
                prizes: Vec::new(),
                ..rules(vouchers)
            };
            prop_assert_eq!(rank(&states, &other), rank(&states, &rules(vouchers)));
        }

        #[test]
        fn rules_with_more_vouchers_keep_every_winner_at_their_place(
            states in prop::collection::vec(any_state(), 0..40),
            vouchers in 1_i64..20,
            more in 1_i64..20,
        ) {
            let (fewer, many) = (rank(&states, &rules(vouchers)), rank(&states, &rules(vouchers + more)));
            for (before, after) in fewer.iter().zip(&many) {
                if *before != Rank::TooLate {
                    prop_assert_eq!(before, after);
                }
            }
        }
    }
}
