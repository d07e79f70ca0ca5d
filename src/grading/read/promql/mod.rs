//! A query to the cluster's Prometheus.

mod function;
mod grammar;
mod kind;
mod token;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::quoted;
use kind::Kind;

/// How long a query may be.
const MAX_QUERY_CHARS: usize = 4000;

/// An instant query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PromqlProbe(#[schemars(length(min = 1, max = MAX_QUERY_CHARS))] pub String);

impl PromqlProbe {
    pub(super) fn check(self) -> Result<Self, String> {
        let query = self.0.as_str();
        if query.trim().is_empty() {
            return Err("there is no query; write one such as sum(up)".to_owned());
        }
        if query.chars().count() > MAX_QUERY_CHARS {
            return Err(format!("a query has {MAX_QUERY_CHARS} characters at the most; write a shorter one"));
        }
        let kind = grammar::read(query).map_err(|fault| {
            format!("{} is no query: {fault}; try it in the expression field of Prometheus", quoted(query))
        })?;
        match kind {
            Kind::Vector | Kind::Scalar => Ok(self),
            Kind::Range => Err(format!(
                "{} gives a range of samples, and a check needs one for each series; write a function such as rate around it",
                quoted(query)
            )),
            Kind::Text => Err(format!("{} is a text and no query; write one such as sum(up)", quoted(query))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str) -> Result<PromqlProbe, String> {
        PromqlProbe(query.to_owned()).check()
    }

    #[test]
    fn a_query_that_prometheus_refuses_is_told_in_words() {
        for (query, told) in [
            ("", "there is no query; write one such as sum(up)"),
            (" ", "there is no query"),
            ("sum(up", "\"sum(up\" is no query: its end stands where ) should"),
            ("up)", ") cannot stand there"),
            ("up{", "a selector needs labels"),
            ("up{pod}", "one of = != =~ !~"),
            ("up{pod=a}", "stands in quotes"),
            ("up{pod=\"a}", "\" is opened and not closed"),
            ("{}", "needs a metric or a label that is not empty"),
            ("{pod=\"\"}", "needs a metric or a label that is not empty"),
            ("rate(up)", "rate needs a range of series in its brackets, such as up[5m]"),
            ("sum(up[5m])", "sum needs series"),
            ("abs(up[5m])", "takes series"),
            ("nosuch(up)", "there is no function nosuch"),
            ("sum by job (up)", "job stands where ( should"),
            ("sum()", "sum needs series"),
            ("up +", "its end stands where an expression should"),
            ("up up", "up cannot stand there"),
            ("1 > 2", "needs the word bool"),
            ("up and 1", "stands between series"),
            ("up[5m] + 1", "cannot be computed with"),
            ("up[]", "a duration such as 5m is missing"),
            ("up[5m", "stands where ] should"),
            ("up offset", "a duration such as 5m is missing"),
            ("up @ now", "a time in seconds is missing behind @"),
            ("up $ 1", "$ stands for nothing"),
            ("up[5m]", "gives a range of samples"),
            ("\"up\"", "is a text and no query"),
            ("SELECT 1", "a number cannot stand there"),
        ] {
            let fault = check(query).expect_err(query);
            assert!(fault.contains(told), "{query}: {fault}");
        }
        assert!(check(&"a".repeat(4001)).unwrap_err().contains("4000 characters"));
        assert!(check(&"(".repeat(1999)).unwrap_err().contains("too many expressions"));
    }

    #[test]
    fn what_prometheus_takes_is_a_query() {
        for query in [
            "1",
            "-1 ^ 2 ^ 0x1F + 1e-3 * Inf % .5",
            "up",
            "job:up:sum5m",
            "up{}",
            "{__name__=\"up\", pod!=\"\",}",
            "{\"a metric\", pod=~`a.*`}",
            "up{pod='a\\'b'} # the one",
            "sum(up) by (pod, namespace,)",
            "SUM BY (pod) (up) OR vector(0)",
            "sum by (namespace) (rate(response_total{direction=\"inbound\",deployment=\"qotm\"}[5m]))",
            "count(kube_pod_info{namespace!=\"\"} or up{namespace=\"kube-system\"}) or vector(0)",
            "histogram_quantile(0.95, sum by (le) (rate(response_latency_ms_bucket[1m])))",
            "max_over_time(rate(up[1m])[10m:30s]) > bool 0.5 and on (pod) up offset -5m",
            "rate(up[1h30m] @ end()) / on (pod) group_left (version) info @ 1609746000",
            "avg_over_time(up[5m:]) unless ignoring () absent(down)",
            "topk(3, up) == bool 1",
            "quantile_over_time(0.9, up[300])",
            "scalar(sum(up)) / 2",
            "label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")",
            "time() - process_start_time_seconds",
            "count_values without (pod) (\"v\", up)",
            "sum (\n  up\n) / count(up)",
            "sum",
        ] {
            assert!(check(query).is_ok(), "{query}: {:?}", check(query));
        }
    }
}
