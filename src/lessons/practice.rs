//! When a question that was missed comes back.
//!
//! The rule is Leitner's (Sebastian Leitner, *So lernt man lernen*, Herder, 1972): a card that is missed goes into the
//! first box, one that is known goes on to the next, and each box is looked at less often than the one before. Ours are
//! looked at after [`BOX_DAYS`], and a card known in the last of them is learned. A day is a calendar day in the
//! programme's zone. A right answer before a card is due moves nothing, since it shows only what was read a moment ago;
//! a wrong one always leads back to the first box. Free text is nobody's to judge here, and does not take part.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::question::Judgement;

/// After how many days the cards of each box are due.
pub const BOX_DAYS: [i64; 4] = [1, 3, 7, 16];

/// A question that was missed at least once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The lesson that asks.
    pub lesson_path: String,
    /// The question.
    pub question_id: String,
    /// Where it is.
    pub stage: Stage,
}

/// How far a card has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// In a box.
    Boxed {
        /// Which one, from 0.
        place: usize,
        /// From when on it is due.
        due_at: Timestamp,
    },
    /// Known in the last box.
    Learned,
}

impl Card {
    /// From when on it is due, unless it is learned.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Boxed { due_at, .. } => Some(due_at),
            Stage::Learned => None,
        }
    }

    /// Whether it is due at `now`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at().is_some_and(|due_at| due_at <= now)
    }
}

/// Where a card goes after an attempt, if it goes anywhere.
pub(super) fn move_on(
    stage: Option<Stage>,
    (judgement, now): (Judgement, Timestamp),
    zone: &TimeZone,
) -> Result<Option<Stage>, jiff::Error> {
    let place = match (judgement, stage) {
        (Judgement::Wrong, _) => 0,
        (Judgement::Right, Some(Stage::Boxed { place, due_at })) if due_at <= now => place + 1,
        _ => return Ok(None),
    };
    let Some(days) = BOX_DAYS.get(place) else { return Ok(Some(Stage::Learned)) };
    let due_on = now.to_zoned(zone.clone()).date().checked_add(days.days())?;
    Ok(Some(Stage::Boxed { place, due_at: due_on.to_zoned(zone.clone())?.timestamp() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stage of one question in Auckland, where noon in London is one o'clock in the night.
    fn stage(attempts: &[(&str, Judgement)]) -> Option<Stage> {
        let zone = TimeZone::get("Pacific/Auckland").unwrap();
        attempts.iter().fold(None, |stage, (at, judgement)| {
            move_on(stage, (*judgement, at.parse().unwrap()), &zone).unwrap().or(stage)
        })
    }

    fn boxed(place: usize, due_at: &str) -> Stage {
        Stage::Boxed { place, due_at: due_at.parse().unwrap() }
    }

    const MISSED: (&str, Judgement) = ("2026-06-01T12:00:00Z", Judgement::Wrong);

    #[test]
    fn only_what_was_missed_comes_back() {
        assert_eq!(stage(&[]), None);
        assert_eq!(stage(&[("2026-06-01T12:00:00Z", Judgement::Right)]), None);
        assert_eq!(stage(&[("2026-06-01T12:00:00Z", Judgement::Open)]), None);
        // It was missed on 2 June at midnight by the zone's clock, and is due when the next day begins.
        assert_eq!(stage(&[MISSED]), Some(boxed(0, "2026-06-02T12:00:00Z")));
    }

    #[test]
    fn a_right_answer_counts_once_the_card_is_due() {
        assert_eq!(
            stage(&[MISSED, ("2026-06-01T12:01:00Z", Judgement::Right)]),
            Some(boxed(0, "2026-06-02T12:00:00Z"))
        );
        assert_eq!(
            stage(&[MISSED, ("2026-06-02T12:00:00Z", Judgement::Right)]),
            Some(boxed(1, "2026-06-05T12:00:00Z"))
        );
    }

    #[test]
    fn each_box_waits_longer_and_after_the_last_a_card_is_learned() {
        let right = |at| (at, Judgement::Right);
        let way = [
            MISSED,
            right("2026-06-02T13:00:00Z"),
            right("2026-06-05T13:00:00Z"),
            right("2026-06-12T13:00:00Z"),
            right("2026-06-28T13:00:00Z"),
        ];
        assert_eq!(stage(&way[..3]), Some(boxed(2, "2026-06-12T12:00:00Z")));
        assert_eq!(stage(&way[..4]), Some(boxed(3, "2026-06-28T12:00:00Z")));
        assert_eq!(stage(&way), Some(Stage::Learned));
        let again = [&way[..], &[("2026-07-01T12:00:00Z", Judgement::Wrong)]].concat();
        assert_eq!(stage(&again), Some(boxed(0, "2026-07-02T12:00:00Z")));
    }

    #[test]
    fn a_miss_leads_back_to_the_first_box_from_anywhere() {
        let way = [MISSED, ("2026-06-02T13:00:00Z", Judgement::Right), ("2026-06-03T13:00:00Z", Judgement::Wrong)];
        assert_eq!(stage(&way), Some(boxed(0, "2026-06-04T12:00:00Z")));
    }
}
