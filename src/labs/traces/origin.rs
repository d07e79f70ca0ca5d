//! Where the error of a trace began. No I/O.

use serde::Serialize;

use super::model::{Span, SpanStatus};
use super::rows::SpanRow;
use super::tree::TraceTree;

/// The attributes that say what went wrong, by the conventions of OpenTelemetry, the plainest first.
const CAUSES: [&str; 4] = ["http.response.status_code", "http.status_code", "rpc.grpc.status_code", "error.type"];

/// The span in which the error of a trace began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorOrigin {
    /// Its id.
    pub span: String,
    /// Its service.
    pub service: String,
    /// What it does.
    pub name: String,
    /// What went wrong, where it says so: a status, a message or both.
    pub what: Option<String>,
    /// How many others failed without one below them.
    pub others: usize,
    /// Whether its row is shown.
    pub is_shown: bool,
}

/// Of the spans that failed while none below them did, the one that ended first: those above it pass the error on.
pub(super) fn find_origin(tree: &TraceTree, rows: &[SpanRow]) -> Option<ErrorOrigin> {
    let mut has_error_below = vec![false; tree.spans.len()];
    for (place, _) in tree.in_order().into_iter().rev() {
        if let Some(parent) = tree.parents[place] {
            has_error_below[parent] |= has_error_below[place] || tree.spans[place].is_error();
        }
    }
    let origins = || tree.spans.iter().zip(&has_error_below).filter(|(span, below)| span.is_error() && !**below);
    let (span, _) = origins().min_by_key(|(span, _)| span.end)?;
    Some(ErrorOrigin {
        span: span.id.clone(),
        service: span.service.clone(),
        name: span.name.clone(),
        what: find_cause(span),
        others: origins().count() - 1,
        is_shown: rows.iter().any(|row| row.id == span.id),
    })
}

fn find_cause(span: &Span) -> Option<String> {
    let attribute = |key: &&str| span.attributes.iter().find(|one| one.key == *key).map(|one| one.value.as_str());
    let message = match &span.status {
        SpanStatus::Error(message) => Some(message.as_str()),
        _ => None,
    };
    let said: Vec<&str> = [CAUSES.iter().find_map(attribute), message]
        .into_iter()
        .flatten()
        .filter(|text| !text.trim().is_empty())
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::model::Attribute;
    use super::super::sample::span;
    use super::*;

    fn failed(id: &str, parent: Option<&str>, end: u64, message: &str) -> Span {
        Span { status: SpanStatus::Error(message.to_owned()), ..span(id, parent, 0, end) }
    }

    fn find(spans: Vec<Span>) -> Option<ErrorOrigin> {
        find_origin(&TraceTree::new(spans), &[])
    }

    #[test]
    fn an_error_began_where_no_span_below_failed() {
        let status = Attribute { key: "http.response.status_code".to_owned(), value: "500".to_owned() };
        let store = Span { attributes: vec![status], ..failed("c", Some("b"), 7, "") };
        let found = find(vec![failed("a", None, 9, "502"), failed("b", Some("a"), 8, ""), store]).unwrap();
        assert_eq!((found.name.as_str(), found.what.as_deref(), found.others), ("GET c", Some("500"), 0));
    }

    #[test]
    fn of_several_the_first_to_end_is_named_and_the_others_are_counted() {
        let spans = vec![
            span("a", None, 0, 9),
            failed("b", Some("a"), 6, "late"),
            failed("c", Some("a"), 3, "timeout"),
            span("d", Some("c"), 0, 8),
        ];
        let found = find(spans).unwrap();
        assert_eq!((found.span.as_str(), found.what.as_deref(), found.others), ("c", Some("timeout"), 1));
    }

    #[test]
    fn a_trace_without_an_error_has_none_that_began() {
        assert_eq!(find(vec![span("a", None, 0, 9)]), None);
        assert_eq!(find(vec![failed("a", None, 9, " ")]).unwrap().what, None);
    }
}
