//! The ranking of a week: which entries win a voucher, and what of it is certain.

use serde::Serialize;

use crate::checkpoints::{EntryId, EntryState, Week, WeekEntry};
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
    /// Its author is or was on the programme's staff.
    Staff,
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
    /// Whether its author is or was on the programme's staff, unless it was accepted before.
    pub is_by_staff: bool,
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

/// The rank of every entry of a week, given their states in the order of arrival, each with whether it is by staff, and the
/// rules of the week. One by staff takes no place, and keeps nobody waiting.
pub fn rank(entries: &[(EntryState, bool)], rules: &Rules) -> Vec<Rank> {
    let (mut valid, mut undecided) = (0, 0);
    entries
        .iter()
        .map(|(state, is_by_staff)| {
            let rank = match state {
                EntryState::Rejected | EntryState::Disqualified | EntryState::Withdrawn => return Rank::Out,
                _ if *is_by_staff => return Rank::Staff,
                _ if valid >= rules.vouchers_per_week => Rank::TooLate,
                EntryState::Valid if undecided == 0 => Rank::Won { place: valid + 1 },
                EntryState::Valid => Rank::Provisional { place: valid + 1, undecided_before: undecided },
                EntryState::Submitted | EntryState::InReview => Rank::Waiting { valid_before: valid },
            };
            if *state == EntryState::Valid {
                valid += 1;
            } else {
                undecided += 1;
            }
            rank
        })
        .collect()
}

/// The entries of a week with their ranks.
pub(super) fn rank_entries(entries: Vec<WeekEntry>, rules: &Rules) -> Vec<RankedEntry> {
    let states: Vec<(EntryState, bool)> = entries.iter().map(|entry| (entry.state, entry.is_by_staff)).collect();
    let ranked = entries.into_iter().zip(rank(&states, rules));
    let ranked = ranked.map(|(entry, rank)| {
        let WeekEntry { id, week_seq, is_by_staff, .. } = entry;
        RankedEntry { id, week_seq, rank, is_by_staff }
    });
    ranked.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A state, and whether the entry is by staff.
    fn any_state() -> impl Strategy<Value = (EntryState, bool)> {
        use EntryState::{Disqualified, InReview, Rejected, Submitted, Valid, Withdrawn};
        let state = prop::sample::select(vec![Submitted, InReview, Valid, Valid, Rejected, Disqualified, Withdrawn]);
        (state, prop::bool::weighted(0.2))
    }

    fn rules(vouchers_per_week: i64) -> Rules {
        Rules { vouchers_per_week, ..Rules::sample() }
    }

    /// Every way in which the undecided entries may yet be decided; their authors may join the staff before that.
    fn outcomes(states: &[(EntryState, bool)]) -> Vec<Vec<(EntryState, bool)>> {
        let mut all = vec![Vec::new()];
        for (state, is_by_staff) in states {
            let choices = match (state.is_decided(), is_by_staff) {
                (true, _) => vec![(*state, *is_by_staff)],
                (false, true) => vec![(EntryState::Valid, true), (EntryState::Rejected, true)],
                (false, false) => {
                    vec![(EntryState::Valid, false), (EntryState::Valid, true), (EntryState::Rejected, false)]
                }
            };
            all = all
                .into_iter()
                .flat_map(|begun: Vec<(EntryState, bool)>| {
                    choices.iter().map(move |choice| [begun.as_slice(), &[*choice]].concat()).collect::<Vec<_>>()
                })
                .collect();
        }
        all
    }

    /// The place of an entry when all is decided, if it wins.
    fn final_place(states: &[(EntryState, bool)], entry: usize, vouchers: i64) -> Option<i64> {
        let counts = |state: &(EntryState, bool)| *state == (EntryState::Valid, false);
        let place = i64::try_from(states[..=entry].iter().filter(|state| counts(state)).count()).unwrap();
        (counts(&states[entry]) && place <= vouchers).then_some(place)
    }

    proptest! {
        #[test]
        fn what_is_called_certain_holds_in_every_outcome(
            states in prop::collection::vec(any_state(), 0..7),
            vouchers in 0_i64..5,
        ) {
            let ranks = rank(&states, &rules(vouchers));
            for (entry, rank) in ranks.iter().enumerate() {
                let places: Vec<Option<i64>> =
                    outcomes(&states).iter().map(|outcome| final_place(outcome, entry, vouchers)).collect();
                match rank {
                    Rank::Won { place } => prop_assert!(places.iter().all(|found| found == &Some(*place))),
                    Rank::TooLate | Rank::Staff | Rank::Out => prop_assert!(places.iter().all(Option::is_none)),
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
            let decided: Vec<(EntryState, bool)> = states.into_iter().filter(|(state, _)| state.is_decided()).collect();
            let valid = decided.iter().filter(|state| **state == (EntryState::Valid, false)).count();
            let won = rank(&decided, &rules(vouchers)).iter().filter(|s| matches!(s, Rank::Won { .. })).count();
            prop_assert_eq!(i64::try_from(won).unwrap(), vouchers.min(i64::try_from(valid).unwrap()));
        }

        #[test]
        fn an_entry_by_staff_changes_the_rank_of_no_other(
            mut states in prop::collection::vec(any_state(), 1..40),
            place in any::<prop::sample::Index>(),
            vouchers in 0_i64..20,
        ) {
            let place = place.index(states.len());
            states[place].1 = true;
            let mut with = rank(&states, &rules(vouchers));
            let removed = states.remove(place);
            prop_assert_eq!(with.remove(place) == Rank::Staff, !matches!(
                removed.0, EntryState::Rejected | EntryState::Disqualified | EntryState::Withdrawn
            ));
            prop_assert_eq!(with, rank(&states, &rules(vouchers)));
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
