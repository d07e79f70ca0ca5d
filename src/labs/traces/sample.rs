//! Spans for tests, and a trace for samples of its page.

use jiff::Timestamp;

use super::model::{Attribute, Nanos, Span, SpanEvent, SpanKind, SpanStatus};
use super::view::{SpanQuery, TraceView};
use crate::cluster::TraceId;

/// A span of the service `front`.
pub(super) fn span(id: &str, parent: Option<&str>, start: Nanos, end: Nanos) -> Span {
    Span {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        service: "front".to_owned(),
        name: format!("GET {id}"),
        start,
        end,
        ..Span::default()
    }
}

impl TraceView {
    /// Examples that between them reach every state.
    pub fn samples() -> Vec<Self> {
        let id = TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736").expect("it is an id");
        let view = |spans: Vec<Span>| {
            Self::new(id.clone(), spans, &SpanQuery::default(), Timestamp::UNIX_EPOCH).expect("there are spans")
        };
        let mut ask = Span { kind: SpanKind::Client, ..span("b", Some("a"), 1_000_000, 390_000_000) };
        ask.attributes = vec![Attribute { key: "http.request.method".to_owned(), value: "GET".to_owned() }];
        ask.events = vec![SpanEvent { at: 2_000_000, name: "retry".to_owned(), attributes: ask.attributes.clone() }];
        let answer = Span {
            service: "store".to_owned(),
            kind: SpanKind::Server,
            status: SpanStatus::Error("no store".to_owned()),
            warnings: vec!["clock skew".to_owned()],
            ..span("c", Some("b"), 900_000, 380_000_000)
        };
        let full = vec![
            span("a", None, 0, 404_000_000),
            ask,
            answer,
            Span { status: SpanStatus::Ok, ..span("late", Some("gone"), 5_000_000, 6_000_000) },
            span("late", Some("gone"), 5_000_000, 6_000_000),
        ];
        let many = (0..400).map(|number| span(&format!("{number:016}"), None, number, number + 9)).collect();
        let mut cut = view(many);
        cut.rows.truncate(20);
        (cut.shown, cut.before) = (cut.rows.len(), Some(0));
        vec![view(full), view(vec![span("a", None, 0, 0)]), cut]
    }
}
