//! One caller and whom it calls, with the numbers of that. No I/O.

use serde::Serialize;

use crate::labs::picture::Arrow;

/// Who calls from where the mesh of this namespace does not see: the ingress, and pods without a proxy.
pub(super) const OUTSIDE: &str = "outside";

/// One caller and whom it calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The caller.
    pub from: String,
    /// Whom it calls.
    pub to: String,
    /// Requests a second, as a number to read.
    pub rate: String,
    /// The share of failures in percent, as a number to read.
    pub errors: String,
    /// 95 of 100 answers are as fast as this, in milliseconds.
    pub p95: Option<String>,
    /// Whether one of a hundred requests or more fails.
    pub is_failing: bool,
}

/// What was measured of an edge.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measured {
    pub(super) rate: f64,
    pub(super) failures: f64,
    pub(super) p95: Option<f64>,
}

impl Edge {
    pub(super) fn of(from: &str, to: &str, measured: Measured) -> Self {
        let share = if measured.rate > 0.0 { measured.failures / measured.rate * 100.0 } else { 0.0 };
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            rate: format_number(measured.rate),
            errors: format_number(share),
            p95: measured.p95.map(format_number),
            is_failing: share >= 1.0,
        }
    }

    /// An example.
    pub(super) fn sample(from: &str, to: &str) -> Self {
        Self::of(from, to, Measured { rate: 12.3, failures: 0.0, p95: Some(41.0) })
    }

    /// Its line in the picture.
    pub(super) fn arrow(&self) -> Arrow<'_> {
        Arrow { from: &self.from, to: &self.to, labels: self.labels(), is_failing: self.is_failing }
    }

    /// What stands at its line.
    pub(super) fn labels(&self) -> Vec<String> {
        let errors = self.is_failing.then(|| format!("{} % errors", self.errors));
        let slow = self.p95.as_ref().map(|p95| format!("p95 {p95} ms"));
        [Some(format!("{}/s", self.rate)), errors, slow].into_iter().flatten().collect()
    }
}

/// Two digits that count.
fn format_number(value: f64) -> String {
    if value >= 10.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}
