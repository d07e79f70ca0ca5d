//! Who calls whom in a namespace, by the metrics of the mesh. No I/O.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::edge::{Edge, Measured, OUTSIDE};
use crate::labs::picture::{Arrow, Mark, Picture};

/// A rate that is no more than an error of rounding, in requests a second.
const MIN_RATE: f64 = 0.005;
/// How many edges are shown, the busiest of them.
const MAX_EDGES: usize = 24;

/// The queries, each by what it gives. The gateway limits each to callers, and to the called, of the namespace that asks; its
/// name takes the place of `NAMESPACE`, so that what is called elsewhere, such as where traces go, is left out.
pub(in crate::labs) const QUERIES: [(Measure, &str); 4] = [
    (
        Measure::OutRate,
        "sum by (deployment, dst_deployment, classification) \
         (rate(response_total{direction=\"outbound\",dst_deployment!=\"\",dst_namespace=\"NAMESPACE\"}[1m]))",
    ),
    (
        Measure::OutP95,
        "histogram_quantile(0.95, sum by (le, deployment, dst_deployment) \
         (rate(response_latency_ms_bucket{direction=\"outbound\",dst_deployment!=\"\",dst_namespace=\"NAMESPACE\"}[1m])))",
    ),
    (Measure::InRate, "sum by (deployment, classification) (rate(response_total{direction=\"inbound\"}[1m]))"),
    (
        Measure::InP95,
        "histogram_quantile(0.95, sum by (le, deployment) \
         (rate(response_latency_ms_bucket{direction=\"inbound\"}[1m])))",
    ),
];

/// What a query gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::labs) enum Measure {
    OutRate,
    OutP95,
    InRate,
    InP95,
}

/// The traffic of a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Who calls whom.
    pub edges: Vec<Edge>,
    /// How many more there are, all of them less busy.
    pub more: usize,
    /// The same as a picture.
    pub picture: Picture,
}

type Measurements = BTreeMap<(String, String), Measured>;

impl Traffic {
    /// The traffic by the results of [`QUERIES`].
    pub(in crate::labs) fn of(results: &BTreeMap<Measure, Value>) -> Self {
        let mut measured = read_outbound(results);
        add_inbound(&mut measured, results);
        let mut busiest: Vec<_> = measured.into_iter().filter(|(_, one)| one.rate >= MIN_RATE).collect();
        busiest.sort_by(|(_, one), (_, other)| other.rate.total_cmp(&one.rate));
        let more = busiest.len().saturating_sub(MAX_EDGES);
        busiest.truncate(MAX_EDGES);
        busiest.sort_by(|(one, _), (other, _)| one.cmp(other));
        let edges: Vec<Edge> = busiest.iter().map(|((from, to), one)| Edge::of(from, to, *one)).collect();
        Self { more, picture: draw(&edges), edges }
    }

    /// An example.
    pub fn sample() -> Self {
        let edges = vec![Edge::sample(OUTSIDE, "front"), Edge { is_failing: true, ..Edge::sample("front", "qotm") }];
        Self { picture: draw(&edges), edges, more: 2 }
    }
}

/// The picture, in which those who call from outside are set apart.
fn draw(edges: &[Edge]) -> Picture {
    let arrows: Vec<Arrow<'_>> = edges.iter().map(Edge::arrow).collect();
    Picture::draw(&arrows, &[], |name| Mark { is_dashed: name == OUTSIDE, note: None })
}

/// The samples of a result, each with a label of it and its value.
fn samples(results: &BTreeMap<Measure, Value>, measure: Measure) -> impl Iterator<Item = (&Value, f64)> {
    let samples = results.get(&measure).and_then(|result| result["samples"].as_array()).into_iter().flatten();
    samples.filter_map(|sample| Some((&sample["labels"], sample["value"].as_f64()?)))
}

fn label(labels: &Value, key: &str) -> Option<String> {
    labels[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn read_outbound(results: &BTreeMap<Measure, Value>) -> Measurements {
    let mut measured = Measurements::new();
    for measure in [Measure::OutRate, Measure::OutP95] {
        for (labels, value) in samples(results, measure) {
            let (Some(from), Some(to)) = (label(labels, "deployment"), label(labels, "dst_deployment")) else {
                continue;
            };
            measured.entry((from, to)).or_default().add(measure, labels, value);
        }
    }
    measured
}

/// Adds what comes in beyond what callers of the namespace account for.
fn add_inbound(measured: &mut Measurements, results: &BTreeMap<Measure, Value>) {
    let mut inbound: BTreeMap<String, Measured> = BTreeMap::new();
    for measure in [Measure::InRate, Measure::InP95] {
        for (labels, value) in samples(results, measure) {
            if let Some(to) = label(labels, "deployment") {
                inbound.entry(to).or_default().add(measure, labels, value);
            }
        }
    }
    for (to, all) in inbound {
        let known = measured.iter().filter(|((_, target), _)| *target == to);
        let (rate, failures) =
            known.fold((0.0, 0.0), |(rate, failures), (_, one)| (rate + one.rate, failures + one.failures));
        // Both ends count on their own, and not at the same moment.
        if all.rate - rate > (all.rate * 0.1).max(MIN_RATE) {
            let rest = Measured { rate: all.rate - rate, failures: (all.failures - failures).max(0.0), p95: all.p95 };
            measured.insert((OUTSIDE.to_owned(), to), rest);
        }
    }
}

impl Measured {
    fn add(&mut self, measure: Measure, labels: &Value, value: f64) {
        match measure {
            Measure::OutRate | Measure::InRate => {
                self.rate += value;
                if labels["classification"] == "failure" {
                    self.failures += value;
                }
            }
            Measure::OutP95 | Measure::InP95 => self.p95 = Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn results(rows: &[(Measure, &str, &str, &str, f64)]) -> BTreeMap<Measure, Value> {
        let mut results: BTreeMap<Measure, Value> = BTreeMap::new();
        for (measure, from, to, class, value) in rows {
            let result = results.entry(*measure).or_insert_with(|| json!({ "samples": [] }));
            let labels = json!({ "deployment": from, "dst_deployment": to, "classification": class });
            result["samples"].as_array_mut().unwrap().push(json!({ "labels": labels, "value": value }));
        }
        results
    }

    #[test]
    fn callers_are_told_with_rate_errors_and_duration() {
        let traffic = Traffic::of(&results(&[
            (Measure::OutRate, "front", "qotm", "success", 3.0),
            (Measure::OutRate, "front", "qotm", "failure", 1.0),
            (Measure::OutP95, "front", "qotm", "", 80.0),
            (Measure::InRate, "qotm", "", "success", 4.1),
            (Measure::InRate, "front", "", "success", 20.0),
            (Measure::OutRate, "front", "quiet", "success", 0.0),
        ]));
        let told: Vec<_> =
            traffic.edges.iter().map(|edge| (edge.from.as_str(), edge.to.as_str(), edge.labels().join(", "))).collect();
        let expected =
            [("front", "qotm", "4.0/s, 25 % errors, p95 80 ms".to_owned()), ("outside", "front", "20/s".to_owned())];
        assert_eq!(told, expected);
        assert_eq!((traffic.picture.nodes.len(), traffic.picture.lines.len()), (3, 2));
    }

    #[test]
    fn without_traffic_there_is_no_picture_and_much_of_it_is_bounded() {
        assert_eq!(Traffic::of(&BTreeMap::new()), Traffic::default());
        let names: Vec<String> = (0..30).map(|number| format!("s{number:02}")).collect();
        let many: Vec<_> = names.iter().map(|name| (Measure::InRate, name.as_str(), "", "success", 1.0)).collect();
        let traffic = Traffic::of(&results(&many));
        assert_eq!((traffic.edges.len(), traffic.more), (MAX_EDGES, 6));
    }
}
