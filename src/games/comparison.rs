//! What was measured of a game, in words and beside others' games with the same fault; nobody is named.

use serde::Serialize;

use super::model::{self, Figures};

/// A figure beside those of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What it is called.
    pub title: &'static str,
    /// The figure in words.
    pub own: String,
    /// Where it stands among those of others, in a sentence; none where there are too few.
    pub others: Option<String>,
}

/// What was measured of a game.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FiguresView {
    /// How much of the game requests succeeded.
    pub availability: String,
    /// How many requests there were.
    pub requests: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Until the first request failed.
    pub failed_after: String,
    /// Time to detect and time to mitigate.
    pub compared: Vec<Comparison>,
    /// How many games of others had the same fault.
    pub others: usize,
}

impl FiguresView {
    pub(super) fn new(figures: &Figures, others: &[Figures]) -> Self {
        let compare = |title, none: &str, of: fn(&Figures) -> Option<i64>| {
            let values: Vec<i64> = others.iter().filter_map(of).collect();
            Comparison {
                title,
                own: of(figures).map_or_else(|| none.to_owned(), format_length),
                others: model::quartiles(values).map(|quartiles| describe_quartiles(of(figures), quartiles)),
            }
        };
        Self {
            availability: format_availability(figures),
            requests: figures.requests,
            failed: figures.requests - figures.succeeded,
            failed_after: figures.failed_after_ms.map_or_else(|| "none failed".to_owned(), format_length),
            compared: vec![
                compare("Time to detect", "not declared", |one| one.detected_after_ms),
                compare("Time to mitigate", "not mitigated", |one| one.mitigated_after_ms),
            ],
            others: others.len(),
        }
    }
}

/// Where a figure stands among those of others.
fn describe_quartiles(own: Option<i64>, [lower, median, upper]: [i64; 3]) -> String {
    let place = match own {
        Some(own) if own <= lower => "Yours is among the shortest quarter. ",
        Some(own) if own <= median => "Yours is shorter than that of most. ",
        Some(own) if own <= upper => "Yours is longer than that of most. ",
        Some(_) => "Yours is among the longest quarter. ",
        None => "",
    };
    format!(
        "{place}Half of the others took {} or less; the middle half took from {} to {}.",
        format_length(median),
        format_length(lower),
        format_length(upper)
    )
}

/// A length of time in words, from milliseconds.
pub(super) fn format_length(milliseconds: i64) -> String {
    let seconds = (milliseconds + 500) / 1_000;
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// The availability in percent with two decimals, rounded down.
pub(super) fn format_availability(figures: &Figures) -> String {
    figures.availability().map_or_else(
        || "not measured".to_owned(),
        |hundredths| format!("{}.{:02} %", hundredths / 100, hundredths % 100),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_those_of_five_others_and_no_fewer() {
        let game = |seconds: i64| Figures {
            detected_after_ms: Some(seconds * 1_000),
            requests: 1_000,
            succeeded: 987,
            ..Figures::default()
        };
        let others: Vec<Figures> = (1..=5).map(|one| game(one * 20)).collect();
        let view = FiguresView::new(&game(45), &others);
        assert_eq!(view.availability, "98.70 %");
        assert_eq!(
            view.compared[0].others.as_deref(),
            Some(
                "Yours is shorter than that of most. Half of the others took 1 min or less; the middle half took from \
                 40 s to 1 min 20 s."
            )
        );
        assert_eq!(
            view.compared[1],
            Comparison { title: "Time to mitigate", own: "not mitigated".to_owned(), others: None }
        );
        assert_eq!(FiguresView::new(&game(45), &others[1..]).compared[0].others, None);
    }
}
