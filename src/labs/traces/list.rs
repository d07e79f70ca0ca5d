//! The list of a session's traces as its page shows it. No I/O.

use jiff::Timestamp;
use serde::Serialize;

use super::filter::{MAX_TRACES, TraceFilter, TraceQuery};
use super::summary::TraceSummary;
use super::trouble::TracesTrouble;
use crate::cluster::TraceId;

/// The newest traces of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceList {
    /// What is looked for.
    pub filter: TraceFilter,
    /// Whether something but the range is chosen.
    pub is_narrow: bool,
    /// The services to choose from.
    pub services: Vec<String>,
    /// Those found, the newest first.
    pub traces: Vec<TraceSummary>,
    /// How many probes and requests that switch faults are left out.
    pub left_out: usize,
    /// How many were looked through, when there may be older ones.
    pub limit: Option<usize>,
    /// Why there are none.
    pub trouble: Option<TracesTrouble>,
    /// The session's namespace, which is its tenant of Jaeger.
    pub namespace: String,
    /// Where its services send their traces.
    pub endpoint: String,
    /// Changes whenever something in the list does.
    pub key: String,
}

impl TraceList {
    pub(in crate::labs) fn new(filter: TraceFilter, namespace: &str, endpoint: String) -> Self {
        let list = Self {
            is_narrow: filter.is_narrow(),
            filter,
            services: Vec::new(),
            traces: Vec::new(),
            left_out: 0,
            limit: None,
            trouble: None,
            namespace: namespace.to_owned(),
            endpoint,
            key: String::new(),
        };
        list.keyed()
    }

    /// With what was found among the newest `limit`.
    pub(in crate::labs) fn with(mut self, services: Vec<String>, traces: Vec<TraceSummary>, limit: usize) -> Self {
        self.limit = (traces.len() >= limit || limit < MAX_TRACES).then_some(limit);
        self.services = services;
        let chosen = &self.filter.service;
        if !chosen.is_empty() && !self.services.contains(chosen) {
            self.services.push(chosen.clone());
        }
        self.traces = traces;
        if self.filter.errors {
            self.traces.retain(|trace| trace.errors > 0);
        }
        if !self.filter.all {
            let before = self.traces.len();
            self.traces.retain(|trace| !trace.is_aside);
            self.left_out = before - self.traces.len();
        }
        if self.filter.is_by_duration() {
            self.traces.sort_by_key(|trace| std::cmp::Reverse(trace.length));
        }
        self.keyed()
    }

    /// Without any, for a reason.
    pub(in crate::labs) fn without(mut self, trouble: TracesTrouble) -> Self {
        self.trouble = Some(trouble);
        self.keyed()
    }

    fn keyed(mut self) -> Self {
        let shown = (&self.traces, &self.trouble, self.limit, &self.services, self.left_out);
        self.key = crate::id::content_key(&shown);
        self
    }

    /// Examples that between them reach every state.
    pub fn samples() -> Vec<Self> {
        let empty = || {
            let filter = TraceFilter::read(&TraceQuery::default());
            Self::new(filter, "a123456789abcdef", "http://jaeger.observability:4318".to_owned())
        };
        let narrow = Self { is_narrow: true, ..empty() };
        let full = empty().with(vec!["front".to_owned(), "store".to_owned()], sample_traces(), 2);
        let aside = sample_traces().into_iter().map(|trace| TraceSummary { is_aside: true, ..trace }).collect();
        let left_out = empty().with(Vec::new(), aside, MAX_TRACES);
        let mut wrong = empty();
        (wrong.filter.is_at_least_wrong, wrong.filter.at_least, wrong.filter.errors) = (true, "x".to_owned(), true);
        vec![empty(), narrow, full, left_out, wrong, empty().without(TracesTrouble::sample())]
    }
}

fn sample_traces() -> Vec<TraceSummary> {
    let summary = |digit: &str, errors, is_partial| TraceSummary {
        id: TraceId::parse(&digit.repeat(32)).expect("thirty-two digits are an id"),
        started_at: Timestamp::UNIX_EPOCH,
        name: "GET /".to_owned(),
        service: "front".to_owned(),
        duration: "404 ms".to_owned(),
        spans: 7,
        errors,
        services: vec!["front".to_owned(), "store".to_owned()],
        more_services: errors,
        is_partial,
        is_aside: false,
        length: 404_000_000,
    };
    vec![summary("1", 0, false), summary("2", 3, true)]
}
