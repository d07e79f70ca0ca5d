//! The rows of a trace's page: a span each, in the order of the tree. No I/O.

use serde::Serialize;

use super::measured::Measured;
use super::model::{Attribute, Nanos, SpanEvent, SpanStatus, format_duration};
use super::scale::Stretch;
use super::timing::Interval;

/// How many spans stand on a page.
pub(super) const MAX_ROWS: usize = 300;
/// How deep lists stand in each other on the page; what is deeper stands in the deepest.
const MAX_NESTING: usize = 60;
/// How many steps a row is indented at the most.
const MAX_INDENT: usize = 12;
/// How many stretches of a bar are drawn.
const MAX_STRETCHES: usize = 24;

/// A span as a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpanRow {
    /// Its id.
    pub id: String,
    /// What it does.
    pub name: String,
    /// Its service.
    pub service: String,
    /// The number of the service's colour.
    pub colour: usize,
    /// What it stands for.
    pub kind: &'static str,
    /// How many spans it is below, and one more.
    pub level: usize,
    /// By how many steps it is indented.
    pub indent: usize,
    /// How many spans are below it, all levels together.
    pub below: usize,
    /// Whether the rows below it stand in a list of its own, which begins after it.
    pub opens: bool,
    /// How many of these lists end after it.
    pub closes: usize,
    /// The bar, the whole of it.
    pub bar: Stretch,
    /// Where nothing below it was at work.
    pub own_bars: Vec<Stretch>,
    /// Where the trace waited for it.
    pub critical_bars: Vec<Stretch>,
    /// How long after the trace's start it began, formatted.
    pub offset: String,
    /// How long it took, formatted.
    pub duration: String,
    /// How long nothing below it was at work, formatted.
    pub own: String,
    /// How long the trace waited for it, formatted; none when it did not.
    pub critical: Option<String>,
    /// How it ended, in words.
    pub status: &'static str,
    /// What is said of its error, where it ended with one.
    pub error: Option<String>,
    /// By how much its clock differs from that of its parent, formatted.
    pub skew: Option<String>,
    /// Whether the span that caused it is not there.
    pub lacks_parent: bool,
    /// What Jaeger changed about it.
    pub warnings: Vec<String>,
    /// What is known of it; none where that is not on the page.
    pub details: Option<SpanDetails>,
}

/// What is known of a span beside its times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpanDetails {
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// What happened during it.
    pub events: Vec<EventRow>,
}

/// An event of a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// What happened.
    pub name: String,
    /// How long after the span's start, formatted.
    pub offset: String,
    /// What is known of it.
    pub attributes: Vec<Attribute>,
}

/// The rows of one page.
pub(super) struct RowsPage {
    /// How many spans come before them.
    pub(super) first: usize,
    pub(super) rows: Vec<SpanRow>,
}

/// The rows from about the `from`th on or, where one is `open`, those among which it is; with what is known of each, or of
/// that one alone.
pub(super) fn list_rows(measured: &Measured, has_details: bool, open: Option<&str>, from: usize) -> RowsPage {
    let order = measured.tree.in_order();
    let below = count_below(measured, &order);
    let is_open = |place: usize| open == Some(measured.tree.spans[place].id.as_str());
    let from = order.iter().position(|(place, _)| is_open(*place)).unwrap_or(from);
    let first = from.min(order.len().saturating_sub(1)) / MAX_ROWS * MAX_ROWS;
    let shown = &order[first..order.len().min(first + MAX_ROWS)];
    let nestings = find_nestings(shown);
    let row = |(number, (place, depth)): (usize, &(usize, usize))| {
        let (nesting, next) = (nestings[number], nestings.get(number + 1).copied().unwrap_or(0));
        let span = &measured.tree.spans[*place];
        SpanRow {
            level: depth + 1,
            indent: (*depth).min(MAX_INDENT),
            below: below[*place],
            opens: next > nesting,
            closes: nesting.saturating_sub(next),
            details: (has_details || is_open(*place)).then(|| details(&span.attributes, &span.events, span.start)),
            ..row(measured, *place)
        }
    };
    RowsPage { first, rows: shown.iter().enumerate().map(row).collect() }
}

/// In how many lists each row stands: one for each span above it that is on the same page.
fn find_nestings(shown: &[(usize, usize)]) -> Vec<usize> {
    let mut above: Vec<usize> = Vec::new();
    let nesting = |(_, depth): &(usize, usize)| {
        while above.last().is_some_and(|last| last >= depth) {
            above.pop();
        }
        above.push(*depth);
        (above.len() - 1).min(MAX_NESTING)
    };
    shown.iter().map(nesting).collect()
}

fn count_below(measured: &Measured, order: &[(usize, usize)]) -> Vec<usize> {
    let mut below = vec![0; order.len()];
    for (place, _) in order.iter().rev() {
        if let Some(parent) = measured.tree.parents[*place] {
            below[parent] += below[*place] + 1;
        }
    }
    below
}

fn row(measured: &Measured, place: usize) -> SpanRow {
    let (tree, scale) = (&measured.tree, &measured.scale);
    let (span, timing) = (&tree.spans[place], &measured.timings[place]);
    let critical = timing.critical_time();
    let stretches = |all: &[Interval]| all.iter().take(MAX_STRETCHES).map(|one| scale.stretch(*one)).collect();
    SpanRow {
        id: span.id.clone(),
        name: span.name.clone(),
        service: span.service.clone(),
        colour: measured.colours.get(&span.service).copied().unwrap_or(0),
        kind: span.kind.as_str(),
        level: 1,
        indent: 0,
        below: 0,
        opens: false,
        closes: 0,
        bar: scale.stretch((span.start, span.end)),
        own_bars: stretches(&timing.own),
        critical_bars: stretches(&timing.critical),
        offset: format_duration(scale.offset(span.start)),
        duration: format_duration(span.duration()),
        own: format_duration(timing.own_time()),
        critical: (critical > 0).then(|| format_duration(critical)),
        status: format_status(&span.status),
        error: match &span.status {
            SpanStatus::Error(message) => Some(message.clone()),
            _ => None,
        },
        skew: timing.skew.map(format_duration),
        lacks_parent: tree.lacks_parent[place],
        warnings: span.warnings.clone(),
        details: None,
    }
}

fn details(attributes: &[Attribute], events: &[SpanEvent], start: Nanos) -> SpanDetails {
    let event = |event: &SpanEvent| EventRow {
        name: event.name.clone(),
        offset: format_duration(event.at.saturating_sub(start)),
        attributes: event.attributes.clone(),
    };
    SpanDetails { attributes: attributes.to_vec(), events: events.iter().map(event).collect() }
}

/// What the page says of how a span ended.
fn format_status(status: &SpanStatus) -> &'static str {
    match status {
        SpanStatus::Unset => "No error was reported",
        SpanStatus::Ok => "It went well, says the service",
        SpanStatus::Error(_) => "It ended with an error",
    }
}
