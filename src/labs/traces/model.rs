//! A span, as far as pages show it. No I/O.

use std::collections::HashMap;

use serde::Serialize;

use crate::cluster::TraceId;

/// A moment or a length, in nanoseconds; a moment since 1970.
pub(super) type Nanos = u64;

/// What a span stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SpanKind {
    /// Work within a service, or nothing that the sender says.
    #[default]
    Internal,
    /// A request that the service answers.
    Server,
    /// A request that the service sends.
    Client,
    /// A message that it sends.
    Producer,
    /// A message that it takes.
    Consumer,
}

impl SpanKind {
    /// In a word or two.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal work",
            Self::Server => "answers a request",
            Self::Client => "sends a request",
            Self::Producer => "sends a message",
            Self::Consumer => "takes a message",
        }
    }
}

/// How the work of a span ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum SpanStatus {
    /// The sender does not say; by convention that is no error.
    #[default]
    Unset,
    /// Well.
    Ok,
    /// Not well, with what the sender says of it.
    Error(String),
}

/// Something that is known of a span or an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attribute {
    /// Its name.
    pub key: String,
    /// Its value as text.
    pub value: String,
}

/// Something that happened during a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpanEvent {
    pub(super) at: Nanos,
    pub(super) name: String,
    pub(super) attributes: Vec<Attribute>,
}

/// A piece of work in one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::labs) struct Span {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) service: String,
    pub(super) name: String,
    pub(super) kind: SpanKind,
    pub(super) start: Nanos,
    /// Never before the start.
    pub(super) end: Nanos,
    pub(super) status: SpanStatus,
    pub(super) attributes: Vec<Attribute>,
    pub(super) events: Vec<SpanEvent>,
    /// What Jaeger had to change about it.
    pub(super) warnings: Vec<String>,
}

impl Span {
    pub(super) fn duration(&self) -> Nanos {
        self.end - self.start
    }

    pub(super) fn is_error(&self) -> bool {
        matches!(self.status, SpanStatus::Error(_))
    }
}

/// A length in words, in the unit that fits it.
pub(super) fn format_duration(length: Nanos) -> String {
    const UNITS: [(u64, &str); 4] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"), (1, "ns")];
    if length >= 60 * UNITS[0].0 {
        let seconds = length / UNITS[0].0;
        return format!("{} min {} s", seconds / 60, seconds % 60);
    }
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| length >= *unit) else { return "0".to_owned() };
    let hundredths = length % unit * 100 / unit;
    match length / unit {
        whole @ 0..10 if hundredths > 0 => format!("{whole}.{hundredths:02} {name}"),
        whole @ 10..100 if hundredths >= 10 => format!("{whole}.{} {name}", hundredths / 10),
        whole => format!("{whole} {name}"),
    }
}

/// The spans of each trace.
pub(super) fn group_by_trace(spans: Vec<(TraceId, Span)>) -> HashMap<TraceId, Vec<Span>> {
    let mut traces: HashMap<TraceId, Vec<Span>> = HashMap::new();
    for (id, span) in spans {
        traces.entry(id).or_default().push(span);
    }
    traces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_the_unit_that_fits() {
        let formatted = [0, 640, 12_300, 603_743, 1_140_440, 12_345_678, 400_851_214, 2_310_000_000, 83_000_000_000];
        let formatted = formatted.map(format_duration);
        let expected = ["0", "640 ns", "12.3 µs", "603 µs", "1.14 ms", "12.3 ms", "400 ms", "2.31 s", "1 min 23 s"];
        assert_eq!(formatted, expected);
    }
}
