//! The units in which learners report numbers, and how such a number is read from what they type.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::fold;

/// The largest number that can be reported.
const MAX_NUMBER: f64 = 1e12;

/// What a reported number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Hundredths: 98.5 of 98.5 %.
    Percent,
    /// Events in a second.
    PerSecond,
    /// Thousandths of a second.
    Milliseconds,
    /// A count of something.
    Number,
}

impl Unit {
    /// How it is written behind a number; empty for a count.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Percent => "%",
            Self::PerSecond => "per second",
            Self::Milliseconds => "ms",
            Self::Number => "",
        }
    }

    /// What can stand behind a number, folded and without blanks, with what the number is multiplied by.
    fn suffixes(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Percent => &[("", 1.0), ("%", 1.0), ("percent", 1.0)],
            Self::PerSecond => &[
                ("", 1.0),
                ("/s", 1.0),
                ("/sec", 1.0),
                ("/second", 1.0),
                ("persecond", 1.0),
                ("rps", 1.0),
                ("qps", 1.0),
                ("req/s", 1.0),
                ("requests/s", 1.0),
                ("requestspersecond", 1.0),
                ("/min", 1.0 / 60.0),
                ("/minute", 1.0 / 60.0),
                ("perminute", 1.0 / 60.0),
                ("rpm", 1.0 / 60.0),
                ("req/min", 1.0 / 60.0),
            ],
            Self::Milliseconds => &[
                ("", 1.0),
                ("ms", 1.0),
                ("milliseconds", 1.0),
                ("s", 1000.0),
                ("sec", 1000.0),
                ("seconds", 1000.0),
                ("us", 0.001),
                ("μs", 0.001),
            ],
            Self::Number => &[("", 1.0)],
        }
    }

    /// An example of what can be typed.
    fn example(self) -> &'static str {
        match self {
            Self::Percent => "98.5 or 98.5 %",
            Self::PerSecond => "4.2 or 4.2 /s",
            Self::Milliseconds => "120, 120 ms or 0.12 s",
            Self::Number => "12 or 12.5",
        }
    }

    /// The number that `text` says, in this unit; the error tells how to write it.
    pub fn read(self, text: &str) -> Result<f64, String> {
        let folded: String = fold(text).split_whitespace().collect();
        let end = folded.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | ',' | '-' | '+'));
        let (number, suffix) = folded.split_at(end.unwrap_or(folded.len()));
        let known = self.suffixes().iter().find(|(written, _)| *written == suffix);
        let Some((_, factor)) = known.filter(|_| !number.is_empty()) else {
            return Err(format!("Write a number, such as {}.", self.example()));
        };
        let number = read_number(number)?;
        let value = number * factor;
        if !(0.0..=MAX_NUMBER).contains(&value) {
            return Err(format!("Write a number from 0 to 1,000,000,000,000, such as {}.", self.example()));
        }
        Ok(value)
    }
}

/// A number with a point or a comma before its fraction.
fn read_number(text: &str) -> Result<f64, String> {
    let is_ambiguous = text.matches([',', '.']).count() > 1
        || text
            .split_once(',')
            .is_some_and(|(whole, rest)| rest.len() == 3 && !whole.trim_start_matches('0').is_empty());
    if is_ambiguous {
        return Err("Write it without a mark between the thousands, and with a point before the fraction.".to_owned());
    }
    text.replace(',', ".").parse().map_err(|_fault| "Write digits, with a point before the fraction.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_its_unit_however_it_is_typed() {
        for (unit, text, expected) in [
            (Unit::Percent, "98.5", 98.5),
            (Unit::Percent, " 98,5 % ", 98.5),
            (Unit::Percent, "100%", 100.0),
            (Unit::Percent, "９８", 98.0),
            (Unit::Percent, "0,985", 0.985),
            (Unit::PerSecond, "4.2", 4.2),
            (Unit::PerSecond, "4.2 RPS", 4.2),
            (Unit::PerSecond, "4.2 req/s", 4.2),
            (Unit::PerSecond, "30 per minute", 0.5),
            (Unit::Milliseconds, "120", 120.0),
            (Unit::Milliseconds, "120 ms", 120.0),
            (Unit::Milliseconds, "0.12s", 120.0),
            (Unit::Milliseconds, "250 µs", 0.25),
            (Unit::Number, "12", 12.0),
            (Unit::Number, "+3", 3.0),
            (Unit::Number, ".5", 0.5),
            (Unit::Number, "-0", 0.0),
        ] {
            let read = unit.read(text).unwrap();
            assert!((read - expected).abs() < 1e-9, "{text}: {read}");
        }
    }

    #[test]
    fn what_is_no_number_of_the_unit_is_told_how_to_write_it() {
        for (unit, text, told) in [
            (Unit::Percent, "", "such as 98.5 or 98.5 %"),
            (Unit::Percent, "all", "such as 98.5"),
            (Unit::Percent, "98.5 ms", "such as 98.5"),
            (Unit::Percent, "%", "such as 98.5"),
            (Unit::Milliseconds, "1,234", "without a mark between the thousands"),
            (Unit::Milliseconds, "1.234,5", "without a mark between the thousands"),
            (Unit::Number, "1e3", "such as 12"),
            (Unit::Number, "-5", "from 0"),
            (Unit::Number, "1-2", "Write digits"),
            (Unit::Number, "9999999999999", "from 0 to"),
            (Unit::Number, "NaN", "such as 12"),
            (Unit::Number, ".", "Write digits"),
        ] {
            let fault = unit.read(text).unwrap_err();
            assert!(fault.contains(told), "{text}: {fault}");
        }
    }
}
