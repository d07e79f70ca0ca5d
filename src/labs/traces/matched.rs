//! A trace as a check sees it. No I/O.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::filter::CLOCK_TOLERANCE;
use super::model::{Nanos, Span, group_by_trace};
use super::timing::measure;
use super::tree::TraceTree;
use crate::cluster::{TraceId, TraceSearch};

/// How many traces are looked through, the newest.
const MAX_TRACES: usize = 20;
/// How many spans of a trace a check sees, the first to begin.
const MAX_SPANS: usize = 300;
/// How many attributes of a span.
const MAX_ATTRIBUTES: usize = 24;
/// How many characters of an attribute's value.
const MAX_VALUE_CHARS: usize = 200;

/// Which trace is looked for: one with a span that is all of this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceMatch {
    /// Its service.
    pub service: String,
    /// Its name; any without.
    pub operation: Option<String>,
    /// How long it takes at the least.
    pub min_duration: Duration,
    /// Attributes that it has, with these values.
    pub attributes: BTreeMap<String, String>,
    /// How long ago the trace began at the most.
    pub since: SignedDuration,
}

/// The newest trace that was looked for; one whose spans have all arrived comes before one of which some are missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MatchedTrace {
    /// How many were found.
    pub found: usize,
    /// Its id; empty when none was found.
    pub id: String,
    /// From its first start to its last end.
    pub milliseconds: f64,
    /// How many spans it has.
    pub span_count: usize,
    /// Whether a span is missing that another names as its parent.
    pub is_partial: bool,
    /// Its spans, by their start.
    pub spans: Vec<MatchedSpan>,
}

/// A span of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MatchedSpan {
    /// Its id.
    pub id: String,
    /// The id of the span that caused it; empty for the first.
    pub parent: String,
    /// Its service.
    pub service: String,
    /// Its name.
    pub name: String,
    /// How long it took.
    pub milliseconds: f64,
    /// For how long of that no span below it was at work.
    pub own_milliseconds: f64,
    /// Whether it ended with an error.
    pub error: bool,
    /// Whether it is one that was looked for.
    pub is_match: bool,
    /// What is known of it.
    pub attributes: BTreeMap<String, String>,
}

impl TraceMatch {
    /// What Jaeger is asked; it does not know of every condition.
    pub(in crate::labs) fn search(&self, now: Timestamp) -> TraceSearch {
        TraceSearch {
            service: Some(self.service.clone()),
            operation: self.operation.clone(),
            min_duration: Some(self.min_duration).filter(|length| !length.is_zero()),
            from: now.checked_sub(self.since).unwrap_or(now),
            to: now.checked_add(CLOCK_TOLERANCE).unwrap_or(now),
            limit: MAX_TRACES,
        }
    }

    fn fits(&self, span: &Span) -> bool {
        let has = |(key, value): (&String, &String)| {
            span.attributes.iter().any(|attribute| attribute.key == *key && attribute.value == *value)
        };
        span.service == self.service
            && self.operation.as_ref().is_none_or(|name| span.name == *name)
            && u128::from(span.duration()) >= self.min_duration.as_nanos()
            && self.attributes.iter().all(has)
    }

    /// The trace among these spans.
    pub(in crate::labs) fn find(&self, spans: Vec<(TraceId, Span)>) -> MatchedTrace {
        let mut traces = group_by_trace(spans);
        traces.retain(|_, spans| spans.iter().any(|span| self.fits(span)));
        let found = traces.len();
        let trees = traces.into_iter().map(|(id, spans)| (id, TraceTree::new(spans)));
        let rank = |(id, tree): &(TraceId, TraceTree)| (!is_partial(tree), tree.window().0, id.clone());
        let Some((id, tree)) = trees.max_by_key(rank) else { return MatchedTrace::default() };
        MatchedTrace { found, id: id.as_str().to_owned(), ..self.describe(&tree) }
    }

    fn describe(&self, tree: &TraceTree) -> MatchedTrace {
        let (start, end) = tree.window();
        let timings = measure(tree);
        let spans = tree.spans.iter().zip(&timings).take(MAX_SPANS).map(|(span, timing)| MatchedSpan {
            id: span.id.clone(),
            parent: span.parent.clone().unwrap_or_default(),
            service: span.service.clone(),
            name: span.name.clone(),
            milliseconds: milliseconds(span.duration()),
            own_milliseconds: milliseconds(timing.own_time()),
            error: span.is_error(),
            is_match: self.fits(span),
            attributes: span
                .attributes
                .iter()
                .take(MAX_ATTRIBUTES)
                .map(|one| (one.key.clone(), cut(&one.value)))
                .collect(),
        });
        MatchedTrace {
            milliseconds: milliseconds(end - start),
            span_count: tree.spans.len(),
            is_partial: is_partial(tree),
            spans: spans.collect(),
            ..MatchedTrace::default()
        }
    }
}

fn is_partial(tree: &TraceTree) -> bool {
    tree.lacks_parent.iter().any(|lacks| *lacks)
}

fn cut(value: &str) -> String {
    value.chars().take(MAX_VALUE_CHARS).collect()
}

/// In milliseconds, to the microsecond.
fn milliseconds(length: Nanos) -> f64 {
    Duration::from_micros(length / 1_000).as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::super::model::{Attribute, SpanStatus};
    use super::super::sample::span;
    use super::*;

    const MS: Nanos = 1_000_000;

    fn wanted() -> TraceMatch {
        TraceMatch {
            service: "front".to_owned(),
            operation: None,
            min_duration: Duration::ZERO,
            attributes: BTreeMap::new(),
            since: SignedDuration::from_mins(15),
        }
    }

    fn id(digit: &str) -> TraceId {
        TraceId::parse(&digit.repeat(32)).unwrap()
    }

    fn attribute(key: &str, value: &str) -> Attribute {
        Attribute { key: key.to_owned(), value: value.to_owned() }
    }

    fn spans() -> Vec<(TraceId, Span)> {
        let slow = Span { attributes: vec![attribute("code", "500")], ..span("a", None, 0, 400 * MS) };
        let below = Span {
            service: "store".to_owned(),
            status: SpanStatus::Error("no".to_owned()),
            ..span("b", Some("a"), 100 * MS, 350 * MS)
        };
        vec![(id("1"), slow), (id("1"), below), (id("2"), span("c", None, 500 * MS, 510 * MS))]
    }

    #[test]
    fn the_newest_trace_with_a_fitting_span_is_found() {
        assert_eq!((wanted().find(spans()).id, wanted().find(spans()).found), (id("2").to_string(), 2));
        for wanted in [
            TraceMatch { min_duration: Duration::from_millis(400), ..wanted() },
            TraceMatch { operation: Some("GET a".to_owned()), ..wanted() },
            TraceMatch { attributes: [("code".to_owned(), "500".to_owned())].into(), ..wanted() },
            TraceMatch { service: "store".to_owned(), ..wanted() },
        ] {
            assert_eq!((wanted.find(spans()).id, wanted.find(spans()).found), (id("1").to_string(), 1), "{wanted:?}");
        }
        for wanted in [
            TraceMatch { min_duration: Duration::from_millis(401), ..wanted() },
            TraceMatch { operation: Some("GET b".to_owned()), ..wanted() },
            TraceMatch { attributes: [("code".to_owned(), "200".to_owned())].into(), ..wanted() },
            TraceMatch { service: "authors".to_owned(), ..wanted() },
        ] {
            assert_eq!(wanted.find(spans()), MatchedTrace::default(), "{wanted:?}");
        }
    }

    #[test]
    fn spans_have_their_own_time_their_parent_and_whether_they_failed() {
        let found = TraceMatch { service: "store".to_owned(), ..wanted() }.find(spans());
        let told: Vec<_> = found
            .spans
            .iter()
            .map(|one| (one.service.as_str(), one.parent.as_str(), one.error, one.is_match))
            .collect();
        assert_eq!(told, [("front", "", false, false), ("store", "a", true, true)]);
        let times = found.spans.iter().map(|one| (one.milliseconds, one.own_milliseconds)).collect::<Vec<_>>();
        assert_eq!(times, [(400.0, 150.0), (250.0, 250.0)]);
        assert_eq!((found.milliseconds, found.span_count, found.is_partial), (400.0, 2, false));
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(json["spans"][0]["attributes"]["code"], "500");
        assert_eq!(json["spans"][1]["ownMilliseconds"], 250.0);
    }

    #[test]
    fn a_trace_of_which_spans_are_missing_stands_behind_a_whole_one() {
        let mut spans = spans();
        spans.push((id("3"), span("d", Some("gone"), 900 * MS, 910 * MS)));
        let found = wanted().find(spans);
        assert_eq!((found.id, found.found, found.is_partial), (id("2").to_string(), 3, false));
    }

    #[test]
    fn a_check_sees_a_bounded_part_of_a_trace() {
        let wide = |number: usize| Span {
            attributes: (0..100).map(|key| attribute(&key.to_string(), &"x".repeat(1000))).collect(),
            ..span(&format!("{number:05}"), None, 0, MS)
        };
        let found = wanted().find((0..1000).map(|number| (id("1"), wide(number))).collect());
        assert_eq!(
            (found.span_count, found.spans.len(), found.spans[0].attributes.len()),
            (1000, MAX_SPANS, MAX_ATTRIBUTES)
        );
        assert_eq!(found.spans[0].attributes["0"].len(), MAX_VALUE_CHARS);
    }
}
