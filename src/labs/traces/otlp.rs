//! OTLP as JSON, read into spans.
//!
//! Read leniently, since senders and the versions of Jaeger differ: a number may be text, an id hexadecimal or base64, an
//! enumeration a number or a name, the answer one document or several. What learners' services send is of any size, so that
//! every text and list has a bound here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::model::{Attribute, Nanos, Span, SpanEvent, SpanKind, SpanStatus};
use crate::cluster::TraceId;

/// How many attributes of a span, and how many of its events, are read.
const MAX_ITEMS: usize = 64;
/// How much of a name is read, in characters.
const MAX_NAME_CHARS: usize = 200;
/// How much of a value is read, in characters.
const MAX_VALUE_CHARS: usize = 1_000;
/// The attribute in which Jaeger tells what it changed.
const WARNINGS_KEY: &str = "@jaeger@warnings";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document {
    result: Option<TracesData>,
    #[serde(deserialize_with = "or_default")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TracesData {
    #[serde(deserialize_with = "or_default")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceSpans {
    #[serde(deserialize_with = "or_default")]
    resource: Resource,
    #[serde(deserialize_with = "or_default")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource {
    #[serde(deserialize_with = "or_default")]
    attributes: Vec<KeyValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScopeSpans {
    #[serde(deserialize_with = "or_default")]
    spans: Vec<RawSpan>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawSpan {
    trace_id: String,
    span_id: String,
    #[serde(deserialize_with = "or_default")]
    parent_span_id: String,
    #[serde(deserialize_with = "or_default")]
    name: String,
    kind: Value,
    start_time_unix_nano: Value,
    end_time_unix_nano: Value,
    #[serde(deserialize_with = "or_default")]
    attributes: Vec<KeyValue>,
    #[serde(deserialize_with = "or_default")]
    events: Vec<RawEvent>,
    #[serde(deserialize_with = "or_default")]
    status: RawStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawEvent {
    time_unix_nano: Value,
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    attributes: Vec<KeyValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawStatus {
    code: Value,
    #[serde(deserialize_with = "or_default")]
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeyValue {
    #[serde(deserialize_with = "or_default")]
    key: String,
    value: Value,
}

/// What stands as null is as if it were left out.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(source: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(source).map(Option::unwrap_or_default)
}

/// Every span of Jaeger's answer, with its trace. One without an id or a trace is left out.
pub(in crate::labs) fn read_spans(answer: &[u8]) -> Result<Vec<(TraceId, Span)>, serde_json::Error> {
    let mut spans = Vec::new();
    for document in serde_json::Deserializer::from_slice(answer).into_iter::<Document>() {
        let document = document?;
        let wrapped = document.result.map(|result| result.resource_spans).unwrap_or_default();
        for from in document.resource_spans.into_iter().chain(wrapped) {
            let service = service_of(&from.resource);
            let raw = from.scope_spans.into_iter().flat_map(|scope| scope.spans);
            spans.extend(raw.filter_map(|raw| read_span(raw, &service)));
        }
    }
    Ok(spans)
}

/// The names in an answer about services, in order.
pub(in crate::labs) fn read_services(answer: &[u8]) -> Vec<String> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let names = answer["services"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut names: Vec<String> =
        names.filter(|name| name.chars().count() <= MAX_NAME_CHARS).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

fn service_of(resource: &Resource) -> String {
    let named = resource.attributes.iter().find(|attribute| attribute.key == "service.name");
    let name = named.map(|attribute| shorten(&format_value(&attribute.value), MAX_NAME_CHARS)).unwrap_or_default();
    if name.is_empty() { "unnamed service".to_owned() } else { name }
}

fn read_span(raw: RawSpan, service: &str) -> Option<(TraceId, Span)> {
    let trace = TraceId::parse(&read_id(&raw.trace_id, 16)?)?;
    let start = read_number(&raw.start_time_unix_nano);
    let mut attributes = read_attributes(raw.attributes);
    let warnings: Vec<Attribute> = attributes.extract_if(.., |attribute| attribute.key == WARNINGS_KEY).collect();
    let span = Span {
        id: read_id(&raw.span_id, 8)?,
        parent: read_id(&raw.parent_span_id, 8),
        service: service.to_owned(),
        name: match shorten(&raw.name, MAX_NAME_CHARS) {
            name if name.is_empty() => "unnamed".to_owned(),
            name => name,
        },
        kind: read_kind(&raw.kind),
        start,
        end: read_number(&raw.end_time_unix_nano).max(start),
        status: read_status(&raw.status),
        attributes,
        events: raw.events.into_iter().take(MAX_ITEMS).map(read_event).collect(),
        warnings: warnings.into_iter().map(|warning| warning.value).collect(),
    };
    Some((trace, span))
}

fn read_event(raw: RawEvent) -> SpanEvent {
    SpanEvent {
        at: read_number(&raw.time_unix_nano),
        name: shorten(&raw.name, MAX_NAME_CHARS),
        attributes: read_attributes(raw.attributes),
    }
}

/// An id of so many bytes in hexadecimal digits; `None` for none and for one of zeros.
fn read_id(text: &str, bytes: usize) -> Option<String> {
    let is_hex = !text.is_empty() && text.len() <= 2 * bytes && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = if is_hex {
        format!("{:0>width$}", text.to_ascii_lowercase(), width = 2 * bytes)
    } else {
        hex::encode(STANDARD.decode(text).ok().filter(|decoded| decoded.len() == bytes)?)
    };
    id.bytes().any(|digit| digit != b'0').then_some(id)
}

fn read_number(value: &Value) -> Nanos {
    match value {
        Value::String(text) => text.parse().unwrap_or(0),
        value => value.as_u64().unwrap_or(0),
    }
}

fn read_kind(value: &Value) -> SpanKind {
    match (value.as_u64(), value.as_str()) {
        (Some(2), _) | (_, Some("SPAN_KIND_SERVER")) => SpanKind::Server,
        (Some(3), _) | (_, Some("SPAN_KIND_CLIENT")) => SpanKind::Client,
        (Some(4), _) | (_, Some("SPAN_KIND_PRODUCER")) => SpanKind::Producer,
        (Some(5), _) | (_, Some("SPAN_KIND_CONSUMER")) => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn read_status(raw: &RawStatus) -> SpanStatus {
    match (raw.code.as_u64(), raw.code.as_str()) {
        (Some(1), _) | (_, Some("STATUS_CODE_OK")) => SpanStatus::Ok,
        (Some(2), _) | (_, Some("STATUS_CODE_ERROR")) => SpanStatus::Error(shorten(&raw.message, MAX_VALUE_CHARS)),
        _ => SpanStatus::Unset,
    }
}

fn read_attributes(raw: Vec<KeyValue>) -> Vec<Attribute> {
    let read = raw.into_iter().take(MAX_ITEMS).map(|pair| Attribute {
        key: shorten(&pair.key, MAX_NAME_CHARS),
        value: shorten(&format_value(&pair.value), MAX_VALUE_CHARS),
    });
    let mut attributes: Vec<Attribute> = read.collect();
    attributes.sort_by(|one, other| one.key.cmp(&other.key));
    attributes
}

/// A value of any kind as text.
fn format_value(value: &Value) -> String {
    let Some((kind, value)) = value.as_object().and_then(|object| object.iter().next()) else { return String::new() };
    match (kind.as_str(), value) {
        ("arrayValue", value) => join(value["values"].as_array().into_iter().flatten().map(format_value)),
        ("kvlistValue", value) => {
            let pairs = value["values"].as_array().into_iter().flatten();
            join(
                pairs.map(|pair| {
                    format!("{}={}", pair["key"].as_str().unwrap_or_default(), format_value(&pair["value"]))
                }),
            )
        }
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

fn join(values: impl Iterator<Item = String>) -> String {
    values.take(MAX_ITEMS).collect::<Vec<_>>().join(", ")
}

/// At most so many characters, without any that would disturb the text around it.
fn shorten(text: &str, max: usize) -> String {
    let disturbs =
        |letter: char| letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut letters = text.chars().map(|letter| if disturbs(letter) { ' ' } else { letter });
    let mut short: String = letters.by_ref().take(max).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(span: &Value) -> Vec<(TraceId, Span)> {
        let resource = json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": "front" } }] });
        let from = json!({ "resource": resource, "scopeSpans": [{ "spans": [span] }] });
        read_spans(json!({ "result": { "resourceSpans": [from] } }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_span_is_read_with_what_its_sender_says() {
        let read = read(&json!({
            "traceId": "f8546896fe4799fa2c48e37a4e8f2e1b", "spanId": "916aa65942a60125", "parentSpanId": "5d1b533d38c1c741",
            "flags": 769, "name": "GET /", "kind": 2, "startTimeUnixNano": "1795684331499197915",
            "endTimeUnixNano": "1795684331499801658", "status": { "code": 2, "message": "no store" },
            "attributes": [
                { "key": "http.response.status_code", "value": { "intValue": "502" } },
                { "key": "@jaeger@warnings", "value": { "arrayValue": { "values": [{ "stringValue": "clock skew" }] } } },
                { "key": "b", "value": { "boolValue": true } },
                { "key": "c", "value": { "kvlistValue": { "values": [{ "key": "d", "value": { "doubleValue": 0.5 } }] } } },
                { "key": "none" },
            ],
            "events": [{ "timeUnixNano": "1795684331499200000", "name": "retry\u{202e}", "attributes": null }],
        }));
        let [(trace, span)] = &read[..] else { panic!("{read:?}") };
        assert_eq!(trace.as_str(), "f8546896fe4799fa2c48e37a4e8f2e1b");
        assert_eq!((span.service.as_str(), span.name.as_str(), span.kind), ("front", "GET /", SpanKind::Server));
        assert_eq!((span.parent.as_deref(), span.duration()), (Some("5d1b533d38c1c741"), 603_743));
        assert_eq!(span.status, SpanStatus::Error("no store".to_owned()));
        let attributes: Vec<String> = span.attributes.iter().map(|one| format!("{}={}", one.key, one.value)).collect();
        assert_eq!(attributes, ["b=true", "c=d=0.5", "http.response.status_code=502", "none="]);
        assert_eq!(span.warnings, ["clock skew"]);
        assert_eq!((span.events[0].name.as_str(), span.events[0].at), ("retry ", 1_795_684_331_499_200_000));
    }

    #[test]
    fn other_versions_write_ids_kinds_and_numbers_in_another_way() {
        let read = read(&json!({
            "traceId": "+FRolv5HmfosSON6To8uGw==", "spanId": "kWqmWUKmASU=", "parentSpanId": "AAAAAAAAAAA=", "kind": "SPAN_KIND_CLIENT",
            "startTimeUnixNano": 20, "endTimeUnixNano": 10, "status": { "code": "STATUS_CODE_OK" }, "name": null,
        }));
        let [(trace, span)] = &read[..] else { panic!("{read:?}") };
        assert_eq!(trace.as_str(), "f8546896fe4799fa2c48e37a4e8f2e1b");
        assert_eq!((span.id.as_str(), span.parent.as_deref()), ("916aa65942a60125", None));
        assert_eq!(
            (span.kind, span.start, span.duration()),
            (SpanKind::Client, 20, 0),
            "no span ends before it starts"
        );
        assert_eq!((&span.status, span.name.as_str()), (&SpanStatus::Ok, "unnamed"));
    }

    #[test]
    fn several_documents_are_one_answer_and_what_has_no_id_is_left_out() {
        let span = |id: &str| json!({ "traceId": "f8546896fe4799fa2c48e37a4e8f2e1b", "spanId": id });
        let document = |id: &str| json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span(id)] }] }] });
        let text = format!("{}\n{}", json!({ "result": document("01") }), document(""));
        let read = read_spans(text.as_bytes()).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].1.id.as_str(), read[0].1.service.as_str()), ("0000000000000001", "unnamed service"));
        assert!(read_spans(b"<html>").is_err());
        assert!(read_spans(b"").unwrap().is_empty());
    }

    #[test]
    fn no_text_is_longer_than_its_bound() {
        let read = read(&json!({
            "traceId": "f8546896fe4799fa2c48e37a4e8f2e1b", "spanId": "01", "name": "é".repeat(5_000),
            "attributes": vec![json!({ "key": "k", "value": { "stringValue": "x".repeat(5_000) } }); 500],
        }));
        assert_eq!(read[0].1.name.chars().count(), MAX_NAME_CHARS + 1);
        assert_eq!(read[0].1.attributes.len(), MAX_ITEMS);
        assert_eq!(read[0].1.attributes[0].value.chars().count(), MAX_VALUE_CHARS + 1);
    }

    #[test]
    fn services_are_listed_once_and_in_order() {
        assert_eq!(read_services(br#"{"services":["store","front","store"]}"#), ["front", "store"]);
        assert!(read_services(b"{}").is_empty());
    }
}
