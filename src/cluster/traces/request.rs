//! What is asked of Jaeger's query API, and its path there.

use std::fmt::{Display, Formatter};
use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// How many hexadecimal digits the id of a trace has.
const TRACE_ID_DIGITS: usize = 32;

/// The id of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct TraceId(String);

impl TraceId {
    /// An id of 32 hexadecimal digits, or of 16, as older senders write it; none is of zeros alone.
    pub fn parse(text: &str) -> Option<Self> {
        let is_whole = matches!(text.len(), 16 | TRACE_ID_DIGITS) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_valid = is_whole && text.bytes().any(|byte| byte != b'0');
        is_valid.then(|| Self(format!("{:0>TRACE_ID_DIGITS$}", text.to_ascii_lowercase())))
    }

    /// The 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for TraceId {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Which traces are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSearch {
    /// The service that has a span in them; any without.
    pub service: Option<String>,
    /// The name of a span that the service has in them; any without.
    pub operation: Option<String>,
    /// How long a span of them takes at the least.
    pub min_duration: Option<Duration>,
    /// When they began, at the earliest.
    pub from: Timestamp,
    /// When they began, at the latest.
    pub to: Timestamp,
    /// How many are answered, the newest.
    pub limit: usize,
}

/// A question about the traces of a namespace.
#[derive(Clone, Debug)]
pub enum TracesRequest<'a> {
    /// The names of the services that sent some.
    Services,
    /// The spans of one.
    Trace(&'a TraceId),
    /// The spans of the newest that are looked for.
    Search(&'a TraceSearch),
}

impl TracesRequest<'_> {
    /// The path below `/api/v3/`.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Services => "services".to_owned(),
            Self::Trace(id) => format!("traces/{id}"),
            Self::Search(search) => search.path(),
        }
    }
}

impl TraceSearch {
    fn path(&self) -> String {
        let mut pairs = vec![
            ("start_time_min", self.from.to_string()),
            ("start_time_max", self.to.to_string()),
            ("num_traces", self.limit.to_string()),
        ];
        if let Some(service) = &self.service {
            pairs.push(("service_name", service.clone()));
        }
        if let Some(operation) = &self.operation {
            pairs.push(("operation_name", operation.clone()));
        }
        if let Some(shortest) = self.min_duration {
            pairs.push(("duration_min", format!("{}us", shortest.as_micros())));
        }
        let encoded =
            |(key, value): (&str, String)| format!("query.{key}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC));
        let query: Vec<String> = pairs.into_iter().map(encoded).collect();
        format!("traces?{}", query.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_of_hexadecimal_digits() {
        let id = "4BF92F3577B34DA6A3CE929D0E0E4736";
        assert_eq!(TraceId::parse(id).unwrap().as_str(), id.to_lowercase());
        assert_eq!(TraceId::parse("a3ce929d0e0e4736").unwrap().as_str(), "0000000000000000a3ce929d0e0e4736");
        for text in ["", "none", "..", "4bf9", &"0".repeat(32), &"a".repeat(33), &"g".repeat(32), &"é".repeat(16)] {
            assert_eq!(TraceId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_a_person_types_stays_within_its_parameter() {
        let search = TraceSearch {
            service: Some("a&query.num_traces=9#/../x".to_owned()),
            operation: Some("GET /a&b".to_owned()),
            min_duration: Some(Duration::from_millis(250)),
            from: Timestamp::UNIX_EPOCH,
            to: Timestamp::UNIX_EPOCH,
            limit: 20,
        };
        let path = TracesRequest::Search(&search).path();
        assert!(path.contains("query.service_name=a%26query%2Enum%5Ftraces%3D9%23%2F%2E%2E%2Fx&"), "{path}");
        assert!(path.contains("&query.operation_name=GET%20%2Fa%26b&"), "{path}");
        assert!(path.ends_with("query.duration_min=250000us"), "{path}");
        assert!(path.starts_with("traces?query.start_time_min=1970%2D01%2D01T00%3A00%3A00Z&"), "{path}");
    }
}
