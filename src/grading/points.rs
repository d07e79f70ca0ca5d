//! The points of a task, and what hints cost of them. Points tell learners how far they are; no prize depends on them.

use serde::Serialize;

/// How many points a task may have.
pub(super) const MAX_POINTS: u32 = 100;
/// How many it has unless its author says otherwise.
pub(super) const DEFAULT_POINTS: u32 = 10;
/// What each hint after the first costs unless its author says otherwise, in hundredths of the points.
const HINT_COST_PERCENT: u32 = 20;

/// The points of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Points {
    /// What it brings without hints, or with the one that is free.
    pub possible: u32,
    /// What each further hint costs.
    pub hint_cost: u32,
}

impl Points {
    /// Those of a task whose author wrote `possible` and perhaps `hint_cost`.
    pub(super) fn of(possible: u32, hint_cost: Option<u32>) -> Result<Self, String> {
        if !(1..=MAX_POINTS).contains(&possible) {
            return Err(format!("points is {possible}; write a number from 1 to {MAX_POINTS}"));
        }
        let default_cost = (possible * HINT_COST_PERCENT).div_ceil(100);
        let hint_cost = hint_cost.unwrap_or(default_cost);
        if hint_cost > possible {
            return Err(format!(
                "hint_cost is {hint_cost}, and the task has {possible} points; write so many at the most"
            ));
        }
        Ok(Self { possible, hint_cost })
    }

    /// What the task brings with so many hints.
    pub fn after(self, hints: u32) -> u32 {
        self.possible.saturating_sub(self.hint_cost.saturating_mul(hints.saturating_sub(1)))
    }

    /// What the next hint costs after so many.
    pub fn cost_of_next(self, hints: u32) -> u32 {
        self.after(hints) - self.after(hints + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hint_is_free_and_each_further_one_costs_a_fifth_rounded_up() {
        let ten = Points::of(DEFAULT_POINTS, None).unwrap();
        assert_eq!([0, 1, 2, 3, 6, 7, 99].map(|hints| ten.after(hints)), [10, 10, 8, 6, 0, 0, 0]);
        assert_eq!([0, 1, 5, 6].map(|hints| ten.cost_of_next(hints)), [0, 2, 2, 0]);
        assert_eq!(Points::of(11, None).unwrap().hint_cost, 3);
        assert_eq!(Points::of(1, None).unwrap().after(2), 0);
        assert_eq!(Points::of(10, Some(0)).unwrap().after(9), 10);
        assert_eq!([7, 8].map(|hints| Points::of(10, Some(9)).unwrap().after(hints)), [0, 0]);
    }

    #[test]
    fn points_out_of_their_bounds_are_told_in_words() {
        for (possible, cost, told) in
            [(0, None, "from 1 to 100"), (101, None, "from 1 to 100"), (5, Some(6), "the task has 5 points")]
        {
            assert!(Points::of(possible, cost).unwrap_err().contains(told));
        }
    }
}
