//! The functions of PromQL (prometheus.io/docs/prometheus/latest/querying/functions), by what they take and give.

use super::kind::Kind;

/// What a function takes and gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// A number, of numbers or series.
    Number,
    /// Series, of numbers or series.
    Series,
    /// Series, of a range of them.
    OfRange,
}

const AGGREGATIONS: [&str; 14] = [
    "avg",
    "bottomk",
    "count",
    "count_values",
    "group",
    "limit_ratio",
    "limitk",
    "max",
    "min",
    "quantile",
    "stddev",
    "stdvar",
    "sum",
    "topk",
];
const NUMBERS: [&str; 3] = ["pi", "scalar", "time"];
const OF_RANGES: [&str; 11] = [
    "changes",
    "delta",
    "deriv",
    "double_exponential_smoothing",
    "holt_winters",
    "idelta",
    "increase",
    "irate",
    "predict_linear",
    "rate",
    "resets",
];
/// What the functions are called beside [`OF_RANGES`] that take a range.
const OF_RANGES_SUFFIX: &str = "_over_time";
const SERIES: [&str; 53] = [
    "abs",
    "absent",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "cos",
    "cosh",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "deg",
    "exp",
    "floor",
    "histogram_avg",
    "histogram_count",
    "histogram_fraction",
    "histogram_quantile",
    "histogram_quantiles",
    "histogram_stddev",
    "histogram_stdvar",
    "histogram_sum",
    "hour",
    "info",
    "label_join",
    "label_replace",
    "ln",
    "log10",
    "log2",
    "minute",
    "month",
    "rad",
    "round",
    "sgn",
    "sin",
    "sinh",
    "sort",
    "sort_by_label",
    "sort_by_label_desc",
    "sort_desc",
    "sqrt",
    "tan",
    "tanh",
    "timestamp",
    "vector",
    "year",
];

/// Whether it is an aggregation, which is written as a function and may have groups.
pub(super) fn is_aggregation(name: &str) -> bool {
    AGGREGATIONS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

impl Function {
    pub(super) fn find(name: &str) -> Option<Self> {
        if NUMBERS.contains(&name) {
            return Some(Self::Number);
        }
        if OF_RANGES.contains(&name) || name.ends_with(OF_RANGES_SUFFIX) {
            return Some(Self::OfRange);
        }
        SERIES.contains(&name).then_some(Self::Series)
    }

    /// What it gives of such arguments.
    pub(super) fn apply(self, name: &str, arguments: &[Kind]) -> Result<Kind, String> {
        let ranges = arguments.iter().filter(|kind| **kind == Kind::Range).count();
        match self {
            Self::OfRange if ranges != 1 => {
                Err(format!("{name} needs a range of series in its brackets, such as up[5m]"))
            }
            Self::Number | Self::Series if ranges > 0 => Err(format!("{name} takes series, and no range of them")),
            Self::Number => Ok(Kind::Scalar),
            Self::Series | Self::OfRange => Ok(Kind::Vector),
        }
    }
}
