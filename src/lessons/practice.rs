//! When a question that was missed is asked again.
//!
//! The rule is Leitner's (Sebastian Leitner, *So lernt man lernen*, Herder, 1972): a card that is missed goes into the
//! first box, one that is known goes on to the next, and each box is due less often than the one before. Here they are
//! due after [`BOX_DAYS`], and a card known in the last of them is learned. A day is a calendar day in the programme's
//! zone. A right answer before a card is due moves nothing, since it shows only what was read a moment ago; a wrong one
//! always moves it back to the first box. Free text is not judged by the program, so it makes no card.
//!
//! After one miss only what was chosen is explained. The answer shows after a second one, or when it is asked for, which
//! counts as a miss. Once the card is due, the question is asked anew.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Unit};

use super::question::{Answer, Judgement};

/// After how many days the cards of each box are due.
pub const BOX_DAYS: [i64; 4] = [1, 3, 7, 16];

/// Names a question among those of all lessons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionKey {
    /// The path of the lesson that asks.
    pub lesson_path: String,
    /// Its id in the module.
    pub question_id: String,
}

impl QuestionKey {
    /// The lesson's path and the question's id.
    pub fn parts(&self) -> (&str, &str) {
        (&self.lesson_path, &self.question_id)
    }
}

/// A question that was missed at least once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The question.
    pub key: QuestionKey,
    /// How far it has come.
    pub stage: Stage,
}

/// A card on its own page.
#[derive(Clone, Debug)]
pub struct CardView {
    /// The card.
    pub card: Card,
    /// Whether it is due.
    pub is_due: bool,
    /// Whether the answer was shown since it was last asked anew.
    pub is_shown: bool,
    /// In how many days it is due; none once it is learned.
    pub days_left: Option<i64>,
    /// The other questions that are due, those due longest first.
    pub others_due: Vec<QuestionKey>,
}

/// How far a card has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// In a box.
    Boxed {
        /// Which one, from 0.
        number: usize,
        /// From when on it is due.
        due_at: Timestamp,
    },
    /// Known in the last box.
    Learned,
}

impl Stage {
    /// From when on it is due, unless it is learned.
    pub fn due_at(self) -> Option<Timestamp> {
        match self {
            Self::Boxed { due_at, .. } => Some(due_at),
            Self::Learned => None,
        }
    }

    /// Whether it is due at `now`.
    pub fn is_due(self, now: Timestamp) -> bool {
        self.due_at().is_some_and(|due_at| due_at <= now)
    }

    /// In how many days it is due, by the calendar of `zone`; none once it is learned.
    pub fn days_left(self, now: Timestamp, zone: &TimeZone) -> Option<i64> {
        let date = |at: Timestamp| at.to_zoned(zone.clone()).date();
        let days = date(self.due_at()?).since((Unit::Day, date(now))).ok()?.get_days();
        Some(i64::from(days))
    }
}

/// Whether the right answer to a question shows after an answer, which it did before if `is_shown`. Sending the same wrong
/// answer twice is one miss.
pub(super) fn shows_after(
    (stage, is_shown): (Option<Stage>, bool),
    (previous, answer): (Option<&Answer>, &Answer),
    judge: impl Fn(&Answer) -> Judgement,
    now: Timestamp,
) -> bool {
    let is_asked_anew = stage.is_some_and(|stage| stage.is_due(now));
    let is_second_miss =
        previous.is_some_and(|previous| previous != answer && [previous, answer].map(&judge) == [Judgement::Wrong; 2]);
    !is_asked_anew && (is_shown || is_second_miss)
}

/// The stage of a card after an answer; none when the answer does not move it.
pub(super) fn next_stage(
    stage: Option<Stage>,
    (judgement, now): (Judgement, Timestamp),
    zone: &TimeZone,
) -> Result<Option<Stage>, jiff::Error> {
    let number = match (judgement, stage) {
        (Judgement::Wrong, _) => 0,
        (Judgement::Right, Some(Stage::Boxed { number, due_at })) if due_at <= now => number + 1,
        _ => return Ok(None),
    };
    let Some(days) = BOX_DAYS.get(number) else { return Ok(Some(Stage::Learned)) };
    let due_on = now.to_zoned(zone.clone()).date().checked_add(days.days())?;
    Ok(Some(Stage::Boxed { number, due_at: due_on.to_zoned(zone.clone())?.timestamp() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stage of one question in Auckland, where noon in London is one o'clock in the night.
    fn stage(answers: &[(&str, Judgement)]) -> Option<Stage> {
        let zone = TimeZone::get("Pacific/Auckland").unwrap();
        answers.iter().fold(None, |stage, (at, judgement)| {
            next_stage(stage, (*judgement, at.parse().unwrap()), &zone).unwrap().or(stage)
        })
    }

    fn boxed(number: usize, due_at: &str) -> Stage {
        Stage::Boxed { number, due_at: due_at.parse().unwrap() }
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
        let history = [
            MISSED,
            right("2026-06-02T13:00:00Z"),
            right("2026-06-05T13:00:00Z"),
            right("2026-06-12T13:00:00Z"),
            right("2026-06-28T13:00:00Z"),
        ];
        assert_eq!(stage(&history[..3]), Some(boxed(2, "2026-06-12T12:00:00Z")));
        assert_eq!(stage(&history[..4]), Some(boxed(3, "2026-06-28T12:00:00Z")));
        assert_eq!(stage(&history), Some(Stage::Learned));
        let again = [&history[..], &[("2026-07-01T12:00:00Z", Judgement::Wrong)]].concat();
        assert_eq!(stage(&again), Some(boxed(0, "2026-07-02T12:00:00Z")));
    }

    #[test]
    fn the_days_that_are_left_are_those_of_the_calendar() {
        let zone = TimeZone::get("Pacific/Auckland").unwrap();
        // One minute before midnight there, and one after.
        for (now, days) in [("2026-06-01T11:59:00Z", 2), ("2026-06-01T12:01:00Z", 1)] {
            let left = boxed(0, "2026-06-02T12:00:00Z").days_left(now.parse().unwrap(), &zone);
            assert_eq!(left, Some(days));
        }
        assert_eq!(Stage::Learned.days_left(Timestamp::UNIX_EPOCH, &zone), None);
    }

    #[test]
    fn the_answer_shows_after_a_second_miss_and_is_hidden_when_the_question_is_asked_anew() {
        let answer = |choice: usize| Answer { selected: vec![choice], text: String::new() };
        let judge = |answer: &Answer| if answer.selected == [0] { Judgement::Right } else { Judgement::Wrong };
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let waits = Some(boxed(0, "2026-06-02T12:00:00Z"));
        let shows = |stage, is_shown, previous: Option<usize>, given: usize| {
            shows_after((stage, is_shown), (previous.map(answer).as_ref(), &answer(given)), judge, now)
        };
        assert!(!shows(None, false, None, 1), "a first miss");
        assert!(!shows(waits, false, Some(1), 1), "the same once more");
        assert!(shows(waits, false, Some(1), 2));
        assert!(!shows(waits, false, Some(1), 0) && !shows(waits, false, Some(0), 1));
        assert!(shows(waits, true, Some(0), 1), "it was shown before");
        assert!(!shows(Some(boxed(0, "2026-06-01T12:00:00Z")), true, Some(1), 2), "it was due");
    }

    #[test]
    fn a_miss_leads_back_to_the_first_box_from_anywhere() {
        let history = [MISSED, ("2026-06-02T13:00:00Z", Judgement::Right), ("2026-06-03T13:00:00Z", Judgement::Wrong)];
        assert_eq!(stage(&history), Some(boxed(0, "2026-06-04T12:00:00Z")));
    }
}
