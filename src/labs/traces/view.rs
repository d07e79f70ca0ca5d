//! One trace as its page shows it. No I/O.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::measured::Measured;
use super::model::{Nanos, Span, format_duration};
use super::origin::{ErrorOrigin, find_origin};
use super::rows::{MAX_ROWS, SpanRow, list_rows};
use super::scale::Tick;
use super::summary::timestamp;
use super::tree::TraceTree;
use crate::cluster::TraceId;

/// For how long spans may still arrive after the last one ended, in seconds.
const SETTLED_AFTER_SECONDS: i64 = 30;
/// How many pairs of services are named whose clocks differ.
const MAX_SKEWS: usize = 3;

/// Which of the spans are asked for, as it comes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SpanQuery {
    /// The id of the one whose attributes are shown.
    span: Option<String>,
    /// How many come before those on the page.
    from: Option<String>,
}

/// One trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceView {
    /// Its id.
    pub id: TraceId,
    /// What its first span does.
    pub name: String,
    /// The service of that span.
    pub service: String,
    /// When its first span began.
    pub started_at: Timestamp,
    /// From the first start to the last end, formatted.
    pub duration: String,
    /// How many spans there are.
    pub spans: usize,
    /// How many of them come before those on the page.
    pub first: usize,
    /// How many are on the page.
    pub shown: usize,
    /// From which on those before them are shown, where there are any.
    pub before: Option<usize>,
    /// From which on those after them are, where there are any.
    pub after: Option<usize>,
    /// How many ended with an error.
    pub errors: usize,
    /// The span in which its error began.
    pub origin: Option<ErrorOrigin>,
    /// The span for which the whole trace waited the longest.
    pub longest: Option<LongestHop>,
    /// Where the time went, by service.
    pub services: Vec<ServiceTime>,
    /// Which services' clocks differ.
    pub skews: Vec<Skew>,
    /// How many spans name a parent that is not there.
    pub missing_parents: usize,
    /// How many spans came again.
    pub duplicates: usize,
    /// Whether every row has its span's attributes, or only the one that was asked for.
    pub has_details: bool,
    /// The marks of the time axis.
    pub ticks: Vec<Tick>,
    /// The spans, each after the one that it is below.
    pub rows: Vec<SpanRow>,
    /// For how many minutes back logs have to be searched.
    pub logs_since_minutes: i64,
    /// Whether more spans may arrive, so that the page is polled.
    pub is_changing: bool,
    /// Changes whenever something on the page does.
    pub key: String,
}

/// The span that made the trace take so long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LongestHop {
    /// Its id.
    pub span: String,
    /// Its service.
    pub service: String,
    /// What it does.
    pub name: String,
    /// How long the trace waited for it and nothing below it, formatted.
    pub time: String,
    /// How much of the whole that is, formatted.
    pub share: String,
    /// Whether its row is shown.
    pub is_shown: bool,
}

/// The time that a service took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceTime {
    /// Its name.
    pub name: String,
    /// The number of its colour.
    pub colour: usize,
    /// How many spans it has.
    pub spans: usize,
    /// How many of them ended with an error.
    pub errors: usize,
    /// The time that its spans took themselves, formatted.
    pub own: String,
    /// The time that the trace waited for it, formatted.
    pub critical: String,
    /// How much of the whole that is, formatted.
    pub share: String,
}

/// Two services whose clocks differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skew {
    /// The one that asked.
    pub from: String,
    /// The one that was asked.
    pub to: String,
    /// By how much at the least, formatted.
    pub by: String,
}

impl TraceView {
    /// The trace of these spans.
    pub(in crate::labs) fn new(id: TraceId, spans: Vec<Span>, asked: &SpanQuery, now: Timestamp) -> Option<Self> {
        let tree = TraceTree::new(spans);
        let root = tree.main_root()?;
        let (start, end) = tree.window();
        let measured = Measured::new(tree);
        let tree = &measured.tree;
        let has_details = tree.spans.len() <= MAX_ROWS;
        let from = asked.from.as_ref().and_then(|from| from.parse().ok()).unwrap_or(0);
        let page = list_rows(&measured, has_details, asked.span.as_deref(), from);
        let (first, rows) = (page.first, page.rows);
        let after = first + rows.len();
        let missing_parents = tree.lacks_parent.iter().filter(|lacks| **lacks).count();
        let since_end = now.duration_since(timestamp(end)).as_secs();
        let mut view = Self {
            name: tree.spans[root].name.clone(),
            service: tree.spans[root].service.clone(),
            started_at: timestamp(start),
            duration: format_duration(end - start),
            spans: tree.spans.len(),
            first,
            shown: rows.len(),
            before: (first > 0).then(|| first - MAX_ROWS),
            after: (after < tree.spans.len()).then_some(after),
            errors: tree.spans.iter().filter(|span| span.is_error()).count(),
            origin: find_origin(tree, &rows),
            longest: find_longest(&measured, &rows),
            services: list_services(&measured),
            skews: list_skews(&measured),
            missing_parents,
            duplicates: tree.duplicates,
            ticks: measured.scale.ticks(),
            logs_since_minutes: (now.duration_since(timestamp(start)).as_secs() / 60 + 2).max(15),
            is_changing: has_details && since_end < SETTLED_AFTER_SECONDS,
            key: String::new(),
            has_details,
            rows,
            id,
        };
        let shown: Vec<_> = view.rows.iter().map(|row| (&row.id, &row.duration, &row.error)).collect();
        view.key = crate::id::content_key(&(shown, view.is_changing));
        Some(view)
    }
}

/// How much of the whole a part is; something is never nothing.
fn format_share(part: Nanos, whole: Nanos) -> String {
    match u128::from(part) * 100 / u128::from(whole.max(1)) {
        0 if part > 0 => "under 1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

fn find_longest(measured: &Measured, rows: &[SpanRow]) -> Option<LongestHop> {
    let Measured { tree, timings, scale, .. } = measured;
    // Of several that are as long, the first.
    let place = (0..tree.spans.len()).rev().max_by_key(|place| timings[*place].critical_time())?;
    let (span, time) = (&tree.spans[place], timings[place].critical_time());
    (time > 0 && tree.spans.len() > 1).then(|| LongestHop {
        span: span.id.clone(),
        service: span.service.clone(),
        name: span.name.clone(),
        time: format_duration(time),
        share: format_share(time, scale.length()),
        is_shown: rows.iter().any(|row| row.id == span.id),
    })
}

fn list_services(measured: &Measured) -> Vec<ServiceTime> {
    let Measured { tree, timings, colours, scale } = measured;
    let mut sums: BTreeMap<&str, (usize, usize, Nanos, Nanos)> = BTreeMap::new();
    for (span, timing) in tree.spans.iter().zip(timings) {
        let (spans, errors, own, critical) = sums.entry(&span.service).or_default();
        *spans += 1;
        *errors += usize::from(span.is_error());
        *own = own.saturating_add(timing.own_time());
        *critical = critical.saturating_add(timing.critical_time());
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (_, _, own, critical))| std::cmp::Reverse((*critical, *own)));
    let row = |(name, (spans, errors, own, critical)): (&str, (usize, usize, Nanos, Nanos))| ServiceTime {
        name: name.to_owned(),
        colour: colours.get(name).copied().unwrap_or(0),
        spans,
        errors,
        own: format_duration(own),
        critical: format_duration(critical),
        share: format_share(critical, scale.length()),
    };
    sums.into_iter().map(row).collect()
}

fn list_skews(measured: &Measured) -> Vec<Skew> {
    let Measured { tree, timings, .. } = measured;
    let mut worst: BTreeMap<(&str, &str), Nanos> = BTreeMap::new();
    for (place, timing) in timings.iter().enumerate() {
        if let (Some(by), Some(parent)) = (timing.skew, tree.parents[place]) {
            let pair = (tree.spans[parent].service.as_str(), tree.spans[place].service.as_str());
            let most = worst.entry(pair).or_default();
            *most = by.max(*most);
        }
    }
    let mut worst: Vec<_> = worst.into_iter().collect();
    worst.sort_by_key(|(_, by)| std::cmp::Reverse(*by));
    let told = worst.into_iter().take(MAX_SKEWS).map(|((from, to), by)| Skew {
        from: from.to_owned(),
        to: to.to_owned(),
        by: format_duration(by),
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::span;
    use super::*;

    fn view(spans: Vec<Span>, open: Option<&str>) -> TraceView {
        let id = TraceId::parse(&"1".repeat(32)).unwrap();
        let asked = SpanQuery { span: open.map(str::to_owned), from: None };
        TraceView::new(id, spans, &asked, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn of(service: &str, span: Span) -> Span {
        Span { service: service.to_owned(), ..span }
    }

    /// A page that asks one service, which asks two others, of which the last is slow; times in nanoseconds.
    fn request() -> Vec<Span> {
        vec![
            of("front", span("a", None, 0, 1_000)),
            of("qotm", span("b", Some("a"), 50, 950)),
            of("store", span("c", Some("b"), 100, 200)),
            of("authors", span("d", Some("b"), 250, 900)),
        ]
    }

    #[test]
    fn the_hop_that_the_request_waited_for_is_named() {
        let view = view(request(), None);
        let longest = view.longest.unwrap();
        assert_eq!(
            (longest.service.as_str(), longest.time.as_str(), longest.share.as_str()),
            ("authors", "650 ns", "65 %")
        );
        assert!(longest.is_shown);
        let times: Vec<_> =
            view.services.iter().map(|one| (one.name.as_str(), one.own.as_str(), one.share.as_str())).collect();
        assert_eq!(
            times,
            [
                ("authors", "650 ns", "65 %"),
                ("qotm", "150 ns", "15 %"),
                ("front", "100 ns", "10 %"),
                ("store", "100 ns", "10 %")
            ]
        );
        assert_eq!(
            [(0, 9), (1, 900), (9, 900), (9, 0)].map(|(part, whole)| format_share(part, whole)),
            ["0 %", "under 1 %", "1 %", "900 %"]
        );
    }

    #[test]
    fn rows_open_and_close_the_lists_that_they_stand_in() {
        let view = view(request(), None);
        let rows: Vec<_> = view.rows.iter().map(|row| (row.id.as_str(), row.level, row.opens, row.closes)).collect();
        assert_eq!(rows, [("a", 1, true, 0), ("b", 2, true, 0), ("c", 3, false, 0), ("d", 3, false, 2)]);
        assert_eq!(view.rows.iter().map(|row| row.below).collect::<Vec<_>>(), [3, 2, 0, 0]);
        let bar = |row: usize| (view.rows[row].bar.x.as_str(), view.rows[row].bar.width.as_str());
        assert_eq!([bar(0), bar(3)], [("0%", "100%"), ("25%", "65%")]);
        assert_eq!(view.rows[1].own_bars.len(), 3, "before, between and after what is below");
    }

    #[test]
    fn as_many_lists_end_as_begin_however_deep_and_wide_a_trace_is() {
        let chain = |number: u64| {
            let parent = if number.is_multiple_of(7) { number / 2 } else { number - 1 };
            let parent = (number > 0).then(|| format!("{parent:05}"));
            span(&format!("{number:05}"), parent.as_deref(), number, 10_000)
        };
        for count in [1, 2, 200, 6_000] {
            let spans: Vec<Span> = (0..count).map(chain).collect();
            let mut after = Some(0);
            while let Some(from) = after {
                let view = page(spans.clone(), from);
                let opened = view.rows.iter().filter(|row| row.opens).count();
                assert_eq!(opened, view.rows.iter().map(|row| row.closes).sum::<usize>(), "{count} from {from}");
                after = view.after;
            }
        }
    }

    fn page(spans: Vec<Span>, from: usize) -> TraceView {
        let id = TraceId::parse(&"1".repeat(32)).unwrap();
        let asked = SpanQuery { span: None, from: Some(from.to_string()) };
        TraceView::new(id, spans, &asked, Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_large_trace_is_shown_a_page_at_a_time_and_measured_whole() {
        let mut spans: Vec<Span> = (0..6_000)
            .map(|number| span(&format!("{number:05}"), (number > 0).then_some("00000"), number, number + 1))
            .collect();
        spans[0].end = 100_000;
        spans[5_999].end = 90_000;
        let first = page(spans.clone(), 0);
        assert_eq!((first.spans, first.rows.len(), first.before, first.after), (6_000, 300, None, Some(300)));
        let longest = first.longest.unwrap();
        assert_eq!(
            (longest.span.as_str(), longest.is_shown),
            ("05999", false),
            "what is not shown is measured all the same"
        );
        let second = page(spans.clone(), 300);
        assert_eq!((second.rows[0].id.as_str(), second.before, second.after), ("00300", Some(0), Some(600)));
        let last = page(spans.clone(), 1_000_000);
        assert_eq!((last.first, last.rows.len(), last.after), (5_700, 300, None));
        let view = view(spans, Some("04007"));
        assert_eq!((view.first, view.shown), (3_900, 300), "the page on which it is");
        let known: Vec<&str> =
            view.rows.iter().filter(|row| row.details.is_some()).map(|row| row.id.as_str()).collect();
        assert_eq!(known, ["04007"], "only what is asked for stands on so large a page");
        assert!(!view.is_changing);
    }

    #[test]
    fn clocks_and_missing_parents_are_told() {
        let view = view(
            vec![
                of("front", span("a", None, 100, 900)),
                of("store", span("b", Some("a"), 60, 500)),
                of("store", span("c", Some("a"), 80, 500)),
                of("authors", span("d", Some("gone"), 300, 400)),
            ],
            None,
        );
        let expected = Skew { from: "front".to_owned(), to: "store".to_owned(), by: "40 ns".to_owned() };
        assert_eq!((view.skews, view.missing_parents), (vec![expected], 1));
        assert_eq!(view.name, "GET a", "a trace is called after the span that has no parent");
    }

    #[test]
    fn the_key_changes_when_a_span_arrives() {
        let before = view(request()[..3].to_vec(), None);
        assert_ne!(before.key, view(request(), None).key);
        assert_eq!(before.key, view(request()[..3].to_vec(), None).key);
    }
}
