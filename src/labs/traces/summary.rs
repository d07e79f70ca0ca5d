//! Traces as a list shows them. No I/O.

use jiff::Timestamp;
use serde::Serialize;

use super::model::{Nanos, Span, format_duration, group_by_trace};
use super::tree::TraceTree;
use crate::cluster::TraceId;

/// How many services of a trace are named.
const MAX_SERVICES: usize = 8;

/// The paths of probes and scrapes, and that at which the demo services take faults.
const ASIDE: [&str; 5] = ["/fault", "/healthz", "/livez", "/metrics", "/readyz"];

/// A trace in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceSummary {
    /// Its id.
    pub id: TraceId,
    /// When its first span began.
    pub started_at: Timestamp,
    /// What its first span does.
    pub name: String,
    /// The service of that span.
    pub service: String,
    /// From the first start to the last end, formatted.
    pub duration: String,
    /// How many spans have arrived.
    pub spans: usize,
    /// How many of them ended with an error.
    pub errors: usize,
    /// The services that have a span in it.
    pub services: Vec<String>,
    /// How many more there are.
    pub more_services: usize,
    /// Whether spans are missing whose ids others name as their parents.
    pub is_partial: bool,
    /// Whether it is a probe, a scrape or a request that switches a fault, which tells nothing of people's requests.
    #[serde(skip)]
    pub(super) is_aside: bool,
    /// From the first start to the last end.
    #[serde(skip)]
    pub(super) length: Nanos,
}

/// The traces of these spans, the newest first.
pub(in crate::labs) fn summarise(spans: Vec<(TraceId, Span)>) -> Vec<TraceSummary> {
    let mut summaries: Vec<TraceSummary> = group_by_trace(spans)
        .into_iter()
        .filter_map(|(id, spans)| TraceSummary::new(id, &TraceTree::new(spans)))
        .collect();
    summaries.sort_by(|one, other| (other.started_at, &other.id).cmp(&(one.started_at, &one.id)));
    summaries
}

impl TraceSummary {
    fn new(id: TraceId, tree: &TraceTree) -> Option<Self> {
        let root = &tree.spans[tree.main_root()?];
        let (start, end) = tree.window();
        let mut services: Vec<String> = tree.spans.iter().map(|span| span.service.clone()).collect();
        services.sort();
        services.dedup();
        Some(Self {
            id,
            started_at: timestamp(start),
            name: root.name.clone(),
            service: root.service.clone(),
            duration: format_duration(end - start),
            spans: tree.spans.len(),
            errors: tree.spans.iter().filter(|span| span.is_error()).count(),
            more_services: services.len().saturating_sub(MAX_SERVICES),
            services: services.into_iter().take(MAX_SERVICES).collect(),
            is_partial: tree.lacks_parent.iter().any(|lacks| *lacks),
            is_aside: is_aside(&root.name),
            length: end - start,
        })
    }
}

/// Whether a span of this name, a method and a path, answers what no person asks for.
fn is_aside(name: &str) -> bool {
    name.rsplit(' ').next().is_some_and(|path| ASIDE.contains(&path))
}

/// A moment as pages tell it; one that is beyond all calendars is the first.
pub(super) fn timestamp(at: Nanos) -> Timestamp {
    Timestamp::from_nanosecond(at.into()).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::super::model::SpanStatus;
    use super::super::sample::span;
    use super::*;

    #[test]
    fn probes_and_faults_stand_aside() {
        assert!(["POST /fault", "GET /healthz", "GET /readyz", "/metrics"].into_iter().all(is_aside));
        assert!(!["GET /", "GET /faults", "POST /quotes", "", "fault"].into_iter().any(is_aside));
    }

    #[test]
    fn traces_are_listed_by_their_start_with_what_they_are() {
        let id = |digit: &str| TraceId::parse(&digit.repeat(32)).unwrap();
        let failed = Span {
            service: "store".to_owned(),
            status: SpanStatus::Error("no".to_owned()),
            ..span("b", Some("a"), 2_000, 3_000)
        };
        let listed = summarise(vec![
            (id("1"), failed),
            (id("1"), span("a", None, 1_000, 5_000)),
            (id("2"), span("c", Some("gone"), 9_000, 9_500)),
        ]);
        let told: Vec<_> =
            listed.iter().map(|one| (one.name.as_str(), one.spans, one.errors, one.is_partial)).collect();
        assert_eq!(told, [("GET c", 1, 0, true), ("GET a", 2, 1, false)]);
        assert_eq!(
            (listed[1].duration.as_str(), &listed[1].services[..]),
            ("4 µs", &["front", "store"].map(String::from)[..])
        );
    }
}
