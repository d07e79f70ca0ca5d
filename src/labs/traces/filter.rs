//! Which traces a person looks for, as they typed it. No I/O.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::cluster::TraceSearch;

/// How many traces are looked through.
pub(super) const MAX_TRACES: usize = 100;
/// How long the name of a service may be, in characters.
const MAX_SERVICE_CHARS: usize = 200;
/// How far ahead of this machine's clock those of the pods may be.
pub(super) const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

/// How far back is looked: the value in addresses, the words, the length.
const RANGES: [(&str, &str, SignedDuration); 4] = [
    ("15m", "15 minutes", SignedDuration::from_mins(15)),
    ("1h", "hour", SignedDuration::from_hours(1)),
    ("3h", "3 hours", SignedDuration::from_hours(3)),
    ("24h", "24 hours", SignedDuration::from_hours(24)),
];
/// The orders of the list: the value in addresses, and the words; the first without a choice.
const ORDERS: [(&str, &str); 2] = [("newest", "Newest first"), ("slowest", "Slowest first")];
/// The range without a choice: an hour.
const DEFAULT_RANGE: usize = 1;

/// The query of the page, as it comes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TraceQuery {
    service: String,
    at_least: String,
    errors: String,
    since: String,
    all: String,
    sort: String,
}

/// Which traces are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceFilter {
    /// The service that has a span in them; empty for any.
    pub service: String,
    /// How long a span of them takes at the least, in milliseconds, as it was typed.
    pub at_least: String,
    /// Whether that is no number of milliseconds, so that it is left out.
    pub is_at_least_wrong: bool,
    /// Whether only those with an error are shown.
    pub errors: bool,
    /// Whether probes are shown too, and requests that switch faults.
    pub all: bool,
    /// The order of the list.
    pub sort: &'static str,
    /// The choices for that, as value and words.
    pub orders: Vec<(&'static str, &'static str)>,
    /// How far back is looked.
    pub since: &'static str,
    /// The choices for that, as value and words.
    pub ranges: Vec<(&'static str, &'static str)>,
    /// The same as a query, with its question mark; empty where nothing is chosen.
    pub query: String,
    #[serde(skip)]
    min_duration: Option<Duration>,
    #[serde(skip)]
    range: SignedDuration,
}

impl TraceFilter {
    /// What is chosen; what makes no sense is left out.
    pub fn read(query: &TraceQuery) -> Self {
        let known = RANGES.iter().find(|(value, ..)| *value == query.since);
        let (since, _, range) = known.unwrap_or(&RANGES[DEFAULT_RANGE]);
        let service: String = query.service.trim().chars().take(MAX_SERVICE_CHARS).collect();
        let at_least: String = query.at_least.trim().chars().take(12).collect();
        let millis = at_least.parse::<u32>().ok();
        let mut filter = Self {
            is_at_least_wrong: millis.is_none() && !at_least.is_empty(),
            min_duration: millis.filter(|millis| *millis > 0).map(|millis| Duration::from_millis(millis.into())),
            service,
            at_least,
            errors: !query.errors.is_empty(),
            all: !query.all.is_empty(),
            sort: ORDERS.iter().find(|(value, _)| *value == query.sort).unwrap_or(&ORDERS[0]).0,
            orders: ORDERS.to_vec(),
            since,
            ranges: RANGES.iter().map(|(value, words, _)| (*value, *words)).collect(),
            query: String::new(),
            range: *range,
        };
        filter.query = filter.to_query();
        filter
    }

    /// Whether something but the range is chosen.
    pub(super) fn is_narrow(&self) -> bool {
        !self.service.is_empty() || self.min_duration.is_some() || self.errors
    }

    /// Whether the slowest come first.
    pub(super) fn is_by_duration(&self) -> bool {
        self.sort == ORDERS[1].0
    }

    pub(in crate::labs) fn search(&self, now: Timestamp) -> TraceSearch {
        TraceSearch {
            service: Some(self.service.clone()).filter(|service| !service.is_empty()),
            operation: None,
            min_duration: self.min_duration,
            from: now.checked_sub(self.range).unwrap_or(now),
            to: now.checked_add(CLOCK_TOLERANCE).unwrap_or(now),
            limit: MAX_TRACES,
        }
    }

    fn to_query(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let since = if self.since == RANGES[DEFAULT_RANGE].0 { "" } else { self.since };
        let mark = |is_chosen| if is_chosen { "1" } else { "" };
        let sort = if self.sort == ORDERS[0].0 { "" } else { self.sort };
        let at_least = if self.min_duration.is_some() { self.at_least.as_str() } else { "" };
        let all = [
            ("service", self.service.as_str()),
            ("at_least", at_least),
            ("errors", mark(self.errors)),
            ("since", since),
            ("all", mark(self.all)),
            ("sort", sort),
        ];
        let chosen = all.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> = chosen.map(|(key, value)| format!("{key}={}", encode(value))).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(service: &str, at_least: &str, since: &str) -> TraceFilter {
        let [service, at_least, since] = [service, at_least, since].map(str::to_owned);
        TraceFilter::read(&TraceQuery { service, at_least, since, ..TraceQuery::default() })
    }

    #[test]
    fn what_is_chosen_is_looked_for() {
        let now: Timestamp = "2026-11-26T09:00:00Z".parse().unwrap();
        let filter = read(" a&b ", "250", "15m");
        assert_eq!(filter.query, "?service=a%26b&at%5Fleast=250&since=15m".replace("at%5Fleast", "at_least"));
        let search = filter.search(now);
        assert_eq!((search.service.as_deref(), search.min_duration), (Some("a&b"), Some(Duration::from_millis(250))));
        assert_eq!(search.from.to_string(), "2026-11-26T08:45:00Z");
    }

    #[test]
    fn the_order_and_what_is_left_out_are_part_of_the_address() {
        let query = TraceQuery { all: "1".to_owned(), sort: "slowest".to_owned(), ..TraceQuery::default() };
        let filter = TraceFilter::read(&query);
        assert_eq!(
            (filter.query.as_str(), filter.is_by_duration(), filter.is_narrow()),
            ("?all=1&sort=slowest", true, false)
        );
        let odd = TraceFilter::read(&TraceQuery { sort: "odd".to_owned(), ..TraceQuery::default() });
        assert_eq!((odd.sort, odd.query.as_str()), ("newest", ""));
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        for at_least in ["x", "-1", "99999999999999", "1.5"] {
            let filter = read("", at_least, "99y");
            assert!(filter.is_at_least_wrong, "{at_least}");
            assert_eq!((filter.since, filter.query.as_str(), filter.is_narrow()), ("1h", "", false));
        }
        assert!(!read("", "", "").is_at_least_wrong);
    }
}
