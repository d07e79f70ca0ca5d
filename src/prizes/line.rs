//! The line: which entries of a week win a voucher, and what of it is certain.

use serde::Serialize;

use crate::checkpoints::EntryState;

/// Where an entry stands in its week's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
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

/// The standing of every entry of a week, given their states in the order of arrival and the number of vouchers.
pub fn standings(states: &[EntryState], vouchers: i64) -> Vec<Standing> {
    let (mut valid, mut undecided) = (0, 0);
    states
        .iter()
        .map(|state| {
            let standing = match state {
                EntryState::Rejected | EntryState::Disqualified | EntryState::Withdrawn => Standing::Out,
                _ if valid >= vouchers => Standing::TooLate,
                EntryState::Valid if undecided == 0 => Standing::Won { place: valid + 1 },
                EntryState::Valid => Standing::Provisional { place: valid + 1, undecided_before: undecided },
                EntryState::Submitted | EntryState::InReview => Standing::Waiting { valid_before: valid },
            };
            match state {
                EntryState::Valid => valid += 1,
                EntryState::Submitted | EntryState::InReview => undecided += 1,
                EntryState::Rejected | EntryState::Disqualified | EntryState::Withdrawn => {}
            }
            standing
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_state() -> impl Strategy<Value = EntryState> {
        use EntryState::{Disqualified, InReview, Rejected, Submitted, Valid, Withdrawn};
        prop::sample::select(vec![Submitted, InReview, Valid, Valid, Rejected, Disqualified, Withdrawn])
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
            let standings = standings(&states, vouchers);
            for (entry, standing) in standings.iter().enumerate() {
                let places: Vec<Option<i64>> =
                    outcomes(&states).iter().map(|outcome| final_place(outcome, entry, vouchers)).collect();
                match standing {
                    Standing::Won { place } => prop_assert!(places.iter().all(|found| found == &Some(*place))),
                    Standing::TooLate | Standing::Out => prop_assert!(places.iter().all(Option::is_none)),
                    Standing::Provisional { place, .. } => prop_assert!(places.contains(&Some(*place))),
                    Standing::Waiting { valid_before } => prop_assert!(places.contains(&Some(valid_before + 1))),
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
            let won = standings(&decided, vouchers).iter().filter(|s| matches!(s, Standing::Won { .. })).count();
            prop_assert_eq!(i64::try_from(won).unwrap(), vouchers.min(i64::try_from(valid).unwrap()));
        }
    }
}
