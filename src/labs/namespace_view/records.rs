//! Events and quota as rows of tables. No I/O.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::fields::{pairs, text, time};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// When it happened last.
    pub at: Option<Timestamp>,
    /// What it happened to, such as `Pod/qotm`.
    pub object: String,
    /// The reason, in one word.
    pub reason: String,
    /// What happened.
    pub message: String,
    /// How often.
    pub count: i64,
    /// Whether it is a warning.
    pub is_warning: bool,
}

/// One limit of the quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuotaRow {
    /// What is limited.
    pub name: String,
    /// How much of it is used.
    pub used: String,
    /// The limit.
    pub limit: String,
}

impl EventRow {
    fn of(event: &Value) -> Self {
        let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
        let count = ["/series/count", "/count"].into_iter().find_map(|pointer| event.pointer(pointer)?.as_i64());
        Self {
            at: times.into_iter().find_map(|pointer| time(event, pointer)),
            object: format!("{}/{}", text(event, "/involvedObject/kind"), text(event, "/involvedObject/name")),
            reason: text(event, "/reason").to_owned(),
            message: text(event, "/message").trim().to_owned(),
            count: count.unwrap_or(1),
            is_warning: text(event, "/type") == "Warning",
        }
    }

    /// All events, the newest first.
    pub(super) fn newest(events: &[Value]) -> Vec<Self> {
        let mut rows: Vec<Self> = events.iter().map(Self::of).collect();
        rows.sort_by(|one, other| other.at.cmp(&one.at).then_with(|| one.object.cmp(&other.object)));
        rows
    }
}

impl QuotaRow {
    /// The limits of which something is used.
    pub(super) fn list(quotas: &[Value]) -> Vec<Self> {
        let mut rows = Vec::new();
        for quota in quotas {
            let used = pairs(quota, "/status/used");
            for (name, limit) in pairs(quota, "/status/hard") {
                let used = used.iter().find(|(key, _)| *key == name).map_or("0", |(_, value)| value).to_owned();
                if used != "0" {
                    rows.push(Self { name: name.trim_start_matches("count/").to_owned(), used, limit });
                }
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_events_come_first_and_of_the_quota_what_is_used() {
        let event = |at: &str, kind: &str| {
            json!({
                "type": kind, "reason": "BackOff", "message": "Back-off ", "count": 3, "lastTimestamp": at,
                "involvedObject": { "kind": "Pod", "name": "a" },
            })
        };
        let rows =
            EventRow::newest(&[event("2026-03-04T12:00:00Z", "Normal"), event("2026-03-04T12:00:09Z", "Warning")]);
        assert_eq!((rows[0].is_warning, rows[0].count, rows[0].message.as_str()), (true, 3, "Back-off"));
        assert_eq!(rows[0].object, "Pod/a");
        let quota = json!({ "status": {
            "hard": { "pods": "10", "count/jobs.batch": "20", "secrets": "5" },
            "used": { "pods": "2", "count/jobs.batch": "1", "secrets": "0" },
        } });
        let rows = QuotaRow::list(&[quota]);
        let told: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.used.as_str(), row.limit.as_str())).collect();
        assert_eq!(told, [("jobs.batch", "1", "20"), ("pods", "2", "10")]);
    }
}
