//! How Rust values stand in columns, and back.

use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Result};

/// A time as stored: microseconds since the epoch.
pub fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

/// An optional time as stored.
pub fn optional_micros(instant: Option<Timestamp>) -> Option<i64> {
    instant.map(micros)
}

/// A stored time; `column` names where it stands, for the error.
pub fn timestamp(stored: i64, column: &'static str) -> Result<Timestamp> {
    Timestamp::from_microsecond(stored).map_err(|_range| Error::Inconsistent { column, value: stored.to_string() })
}

/// An optional stored time.
pub fn optional_timestamp(stored: Option<i64>, column: &'static str) -> Result<Option<Timestamp>> {
    stored.map(|micros| timestamp(micros, column)).transpose()
}

/// An enum from its stored text.
pub fn enum_text<T: FromStr>(stored: &str, column: &'static str) -> Result<T> {
    stored.parse().map_err(|_unknown| Error::Inconsistent { column, value: stored.to_owned() })
}

/// A value as the JSON that is stored; `column` names where it stands, for the error.
pub fn json_text<T: Serialize>(value: &T, column: &'static str) -> Result<String> {
    serde_json::to_string(value).map_err(|fault| Error::Inconsistent { column, value: fault.to_string() })
}

/// A value from its stored JSON; the error says what is wrong with it, and not what people wrote in it.
pub fn read_json<T: DeserializeOwned>(stored: &str, column: &'static str) -> Result<T> {
    serde_json::from_str(stored).map_err(|fault| Error::Inconsistent { column, value: fault.to_string() })
}
