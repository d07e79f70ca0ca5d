//! Where the time of a trace went: each span's own time, the critical path, and clocks that differ. No I/O.

use super::model::{Nanos, SpanKind};
use super::tree::TraceTree;

/// A stretch of time, from a moment to another.
pub(super) type Interval = (Nanos, Nanos);

/// What was found of one span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SpanTiming {
    /// When nothing below it was at work.
    pub(super) own: Vec<Interval>,
    /// When the whole trace waited for it, and for nothing below it.
    pub(super) critical: Vec<Interval>,
    /// By how much its clock and that of its parent differ at the least.
    pub(super) skew: Option<Nanos>,
}

impl SpanTiming {
    pub(super) fn own_time(&self) -> Nanos {
        total(&self.own)
    }

    pub(super) fn critical_time(&self) -> Nanos {
        total(&self.critical)
    }
}

fn total(intervals: &[Interval]) -> Nanos {
    intervals.iter().map(|(from, to)| to - from).sum()
}

/// The timing of every span of the tree.
pub(super) fn measure(tree: &TraceTree) -> Vec<SpanTiming> {
    let own =
        |place: usize| SpanTiming { own: find_own(tree, place), critical: Vec::new(), skew: find_skew(tree, place) };
    let mut timings: Vec<SpanTiming> = (0..tree.spans.len()).map(own).collect();
    mark_critical(tree, &mut timings);
    timings
}

/// The parts of an interval that both have.
fn clip((from, to): Interval, (start, end): Interval) -> Option<Interval> {
    let (from, to) = (from.max(start), to.min(end));
    (from < to).then_some((from, to))
}

fn interval(tree: &TraceTree, place: usize) -> Interval {
    (tree.spans[place].start, tree.spans[place].end)
}

fn find_own(tree: &TraceTree, place: usize) -> Vec<Interval> {
    let (mut from, end) = interval(tree, place);
    let mut own = Vec::new();
    // They stand by their start.
    let below = tree.children[place].iter().filter_map(|child| clip(interval(tree, *child), (from, end)));
    for (child_from, child_to) in below.collect::<Vec<_>>() {
        if child_from > from {
            own.push((from, child_from));
        }
        from = from.max(child_to);
    }
    if end > from {
        own.push((from, end));
    }
    own
}

/// A span begins after the one that caused it, and a request is answered while it is being sent.
fn find_skew(tree: &TraceTree, place: usize) -> Option<Nanos> {
    let (span, parent) = (&tree.spans[place], &tree.spans[tree.parents[place]?]);
    if span.start < parent.start {
        return Some(parent.start - span.start);
    }
    let is_answer = parent.kind == SpanKind::Client && span.kind == SpanKind::Server;
    (is_answer && span.start > parent.end).then(|| span.start - parent.end)
}

/// Goes back from the end of the trace's first span: what ended last before that moment is what was waited for, and within
/// it again what ended last.
fn mark_critical(tree: &TraceTree, timings: &mut [SpanTiming]) {
    let Some(root) = tree.main_root() else { return };
    let mut stack = vec![(root, interval(tree, root))];
    while let Some((place, (from, to))) = stack.pop() {
        let below = tree.children[place].iter();
        let mut below: Vec<(usize, Interval)> =
            below.filter_map(|child| Some((*child, clip(interval(tree, *child), (from, to))?))).collect();
        below.sort_by_key(|(_, (start, end))| (std::cmp::Reverse(*end), *start));
        let mut until = to;
        let mut critical = Vec::new();
        for (child, (start, end)) in below {
            if end > until {
                continue;
            }
            if end < until {
                critical.push((end, until));
            }
            stack.push((child, (start, end)));
            until = start;
        }
        if from < until {
            critical.push((from, until));
        }
        critical.reverse();
        timings[place].critical = critical;
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Span;
    use super::super::sample::span;
    use super::*;

    fn measured(spans: Vec<Span>) -> (TraceTree, Vec<SpanTiming>) {
        let tree = TraceTree::new(spans);
        let timings = measure(&tree);
        (tree, timings)
    }

    #[test]
    fn own_time_is_what_no_span_below_was_at_work() {
        let (_, timings) = measured(vec![
            span("a", None, 0, 100),
            span("b", Some("a"), 10, 30),
            span("c", Some("a"), 20, 50),
            span("d", Some("a"), 80, 120),
        ]);
        assert_eq!(timings[0].own, [(0, 10), (50, 80)], "those that overlap count once, and what is late is cut");
        assert_eq!(timings[0].own_time(), 40);
        assert_eq!([1, 2, 3].map(|place| timings[place].own_time()), [20, 30, 40]);
    }

    #[test]
    fn the_critical_path_is_what_was_waited_for() {
        // Two requests at the same time: the whole waits for the longer one, then for a third.
        let (_, timings) = measured(vec![
            span("a", None, 0, 100),
            span("short", Some("a"), 10, 30),
            span("long", Some("a"), 12, 60),
            span("last", Some("a"), 65, 95),
            span("within", Some("last"), 70, 90),
        ]);
        assert_eq!(timings[0].critical, [(0, 12), (60, 65), (95, 100)]);
        assert_eq!(timings[1].critical, [], "nobody waited for it");
        assert_eq!(timings[2].critical, [(12, 60)]);
        assert_eq!(timings[3].critical, [(65, 70), (90, 95)]);
        assert_eq!(timings[4].critical, [(70, 90)]);
        let all: Nanos = timings.iter().map(SpanTiming::critical_time).sum();
        assert_eq!(all, 100, "the path fills the whole time");
    }

    #[test]
    fn what_goes_on_after_the_answer_is_not_on_the_critical_path() {
        let (_, timings) =
            measured(vec![span("a", None, 0, 50), span("job", Some("a"), 40, 90), span("later", Some("a"), 60, 70)]);
        assert_eq!(timings[0].critical, [(0, 40)]);
        assert_eq!(timings[1].critical, [(40, 50)], "as far as the request waited");
        assert_eq!(timings[2].critical, []);
    }

    #[test]
    fn a_span_of_no_length_takes_no_time() {
        let (_, timings) = measured(vec![span("a", None, 5, 5), span("b", Some("a"), 5, 5)]);
        assert_eq!((timings[0].own_time(), timings[0].critical_time(), timings[1].own_time()), (0, 0, 0));
    }

    #[test]
    fn a_clock_that_is_behind_or_ahead_is_told() {
        let kind = |kind, span: Span| Span { kind, ..span };
        let (_, timings) = measured(vec![
            span("a", None, 100, 200),
            span("early", Some("a"), 90, 150),
            kind(SpanKind::Client, span("ask", Some("a"), 110, 120)),
            kind(SpanKind::Server, span("answer", Some("ask"), 135, 140)),
            kind(SpanKind::Consumer, span("message", Some("ask"), 150, 160)),
        ]);
        let skews: Vec<Option<Nanos>> = timings.iter().map(|timing| timing.skew).collect();
        // By their start: early, a, ask, answer, message.
        assert_eq!(skews, [Some(10), None, None, Some(15), None]);
    }
}
