//! The time axis: where a moment lies between the trace's start and its end, in percent. No I/O.

use serde::Serialize;

use super::model::{Nanos, format_duration};
use super::timing::Interval;

/// How many marks the axis has at the most, beside its start.
const MAX_TICKS: u64 = 5;

/// The time axis of a trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    start: Nanos,
    end: Nanos,
}

/// A mark of the axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tick {
    /// Where it is, in percent.
    pub x: String,
    /// Which end of its words stands there, so that they do not leave the page.
    pub anchor: &'static str,
    /// The time since the start.
    pub label: String,
    /// Whether its words would run into the next ones where there is little room.
    pub is_tight: bool,
}

/// A stretch of a bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// Where it begins, in percent.
    pub x: String,
    /// How wide it is, in percent.
    pub width: String,
}

impl Scale {
    pub(super) fn new(start: Nanos, end: Nanos) -> Self {
        Self { start, end }
    }

    pub(super) fn length(&self) -> Nanos {
        self.end - self.start
    }

    /// How long after the start a moment is.
    pub(super) fn offset(&self, at: Nanos) -> Nanos {
        at.saturating_sub(self.start)
    }

    pub(super) fn stretch(&self, (from, to): Interval) -> Stretch {
        let (from, to) = (self.offset(from), self.offset(to));
        if self.length() == 0 {
            return Stretch { x: self.percent(0), width: "100%".to_owned() };
        }
        Stretch { x: self.percent(from), width: self.percent(to - from) }
    }

    /// Hundredths of a percent are a fifth of a pixel on a wide screen.
    fn percent(&self, part: Nanos) -> String {
        let hundredths = u128::from(part) * 10_000 / u128::from(self.length().max(1));
        match hundredths % 100 {
            0 => format!("{}%", hundredths / 100),
            rest => format!("{}.{rest:02}%", hundredths / 100),
        }
    }

    /// Marks at round times, the start among them.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let step = round_step(self.length());
        let count = self.length().checked_div(step).unwrap_or(0);
        let is_late = |number: u64| number * step > self.length() / 10 * 9;
        let tick = |number: u64| Tick {
            x: self.percent(number * step),
            anchor: if is_late(number) { "end" } else { "start" },
            label: format_duration(number * step),
            // The words of the last stand before it, and so beside those of this one.
            is_tight: number > 0 && number + 1 == count && is_late(count),
        };
        (0..=count).map(tick).collect()
    }
}

/// The smallest of 1, 2 and 5 times a power of ten of which at most `MAX_TICKS` fit.
fn round_step(length: Nanos) -> Nanos {
    if length == 0 {
        return 0;
    }
    let mut power: Nanos = 1;
    loop {
        for step in [1, 2, 5].map(|factor: Nanos| power.saturating_mul(factor)) {
            if length / step <= MAX_TICKS {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(length: Nanos) -> Vec<String> {
        Scale::new(1_000, 1_000 + length).ticks().into_iter().map(|tick| format!("{} {}", tick.x, tick.label)).collect()
    }

    #[test]
    fn marks_stand_at_round_times() {
        assert_eq!(labels(404_000_000), ["0% 0", "24.75% 100 ms", "49.50% 200 ms", "74.25% 300 ms", "99% 400 ms"]);
        assert_eq!(labels(1_140_440)[..3], ["0% 0", "17.53% 200 µs", "35.07% 400 µs"]);
        assert_eq!(labels(3), ["0% 0", "33.33% 1 ns", "66.66% 2 ns", "100% 3 ns"]);
        assert_eq!(labels(0), ["0% 0"]);
        assert!(labels(u64::MAX - 1_000).len() <= 6);
    }

    #[test]
    fn the_mark_beside_one_whose_words_stand_before_it_is_tight() {
        let tight = |length| {
            let ticks = Scale::new(0, length).ticks();
            ticks.into_iter().filter(|tick| tick.is_tight).map(|tick| tick.label).collect::<Vec<_>>()
        };
        assert_eq!(tight(404_000_000), ["300 ms"]);
        assert_eq!(tight(450_000_000), Vec::<String>::new(), "the last has room after it");
        assert_eq!(tight(3), ["2 ns"]);
    }

    #[test]
    fn a_stretch_lies_where_its_time_was() {
        let scale = Scale::new(1_000, 2_000);
        assert_eq!(scale.stretch((1_250, 1_500)), Stretch { x: "25%".to_owned(), width: "25%".to_owned() });
        assert_eq!(Scale::new(5, 5).stretch((5, 5)), Stretch { x: "0%".to_owned(), width: "100%".to_owned() });
    }
}
