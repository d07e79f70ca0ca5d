//! The spans of a trace as a tree. No I/O.

use std::collections::{HashMap, HashSet};

use super::model::{Nanos, Span};

/// The spans of a trace, each below the one that caused it.
#[derive(Debug, Default)]
pub(super) struct TraceTree {
    /// By their start.
    pub(super) spans: Vec<Span>,
    /// The span that each is below.
    pub(super) parents: Vec<Option<usize>>,
    /// The spans below each, by their start.
    pub(super) children: Vec<Vec<usize>>,
    /// Those that are below none: the trace's first span, and those whose parent is not there.
    pub(super) roots: Vec<usize>,
    /// Whether each was caused by a span that is not there.
    pub(super) lacks_parent: Vec<bool>,
    /// How many times a span came again with the id of another.
    pub(super) duplicates: usize,
}

impl TraceTree {
    pub(super) fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_by(|one, other| (one.start, &one.id).cmp(&(other.start, &other.id)));
        let mut seen = HashSet::new();
        let before = spans.len();
        spans.retain(|span| seen.insert(span.id.clone()));
        let places: HashMap<&str, usize> =
            spans.iter().enumerate().map(|(place, span)| (span.id.as_str(), place)).collect();
        let parent_of = |span: &Span| places.get(span.parent.as_deref()?).copied();
        let mut parents: Vec<Option<usize>> = spans.iter().map(parent_of).collect();
        let lacks_parent = |(span, parent): (&Span, &Option<usize>)| span.parent.is_some() && parent.is_none();
        let lacks_parent: Vec<bool> = spans.iter().zip(&parents).map(lacks_parent).collect();
        cut_circles(&mut parents);
        let mut children = vec![Vec::new(); spans.len()];
        let mut roots = Vec::new();
        for (place, parent) in parents.iter().enumerate() {
            match parent {
                Some(parent) => children[*parent].push(place),
                None => roots.push(place),
            }
        }
        Self { duplicates: before - spans.len(), spans, parents, children, roots, lacks_parent }
    }

    /// Every span after the one that it is below, with how many it is below.
    pub(super) fn in_order(&self) -> Vec<(usize, usize)> {
        let mut order = Vec::with_capacity(self.spans.len());
        let mut stack: Vec<(usize, usize)> = self.roots.iter().rev().map(|root| (*root, 0)).collect();
        while let Some((place, depth)) = stack.pop() {
            order.push((place, depth));
            stack.extend(self.children[place].iter().rev().map(|child| (*child, depth + 1)));
        }
        order
    }

    /// The span that the trace began with: the longest of those without a parent, or of all that are below none.
    pub(super) fn main_root(&self) -> Option<usize> {
        let rank = |place: &&usize| {
            let span = &self.spans[**place];
            (span.parent.is_none(), span.duration(), std::cmp::Reverse(**place))
        };
        self.roots.iter().max_by_key(rank).copied()
    }

    /// From the first start to the last end.
    pub(super) fn window(&self) -> (Nanos, Nanos) {
        let start = self.spans.first().map_or(0, |span| span.start);
        (start, self.spans.iter().map(|span| span.end).max().unwrap_or(start))
    }
}

/// Lets no span be below itself: one of each circle is below none.
fn cut_circles(parents: &mut [Option<usize>]) {
    // The walk in which each was met first.
    let mut met = vec![usize::MAX; parents.len()];
    for walk in 0..parents.len() {
        let mut place = walk;
        loop {
            if met[place] == walk {
                parents[place] = None;
            }
            if met[place] != usize::MAX {
                break;
            }
            met[place] = walk;
            match parents[place] {
                Some(parent) => place = parent,
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::span;
    use super::*;

    fn names(tree: &TraceTree) -> Vec<(String, usize)> {
        tree.in_order().into_iter().map(|(place, depth)| (tree.spans[place].id.clone(), depth)).collect()
    }

    fn expect(tree: &TraceTree, expected: &[(&str, usize)]) {
        let expected: Vec<(String, usize)> = expected.iter().map(|(id, depth)| ((*id).to_owned(), *depth)).collect();
        assert_eq!(names(tree), expected);
    }

    #[test]
    fn spans_stand_below_what_caused_them_by_their_start() {
        let tree = TraceTree::new(vec![
            span("c", Some("b"), 3, 4),
            span("d", Some("a"), 1, 2),
            span("b", Some("a"), 2, 5),
            span("a", None, 0, 9),
        ]);
        expect(&tree, &[("a", 0), ("d", 1), ("b", 1), ("c", 2)]);
        assert_eq!((tree.main_root(), tree.window()), (Some(0), (0, 9)));
    }

    #[test]
    fn a_span_whose_parent_is_not_there_stands_alone_and_says_so() {
        let tree = TraceTree::new(vec![span("late", Some("gone"), 5, 50), span("a", None, 0, 9)]);
        expect(&tree, &[("a", 0), ("late", 0)]);
        assert_eq!(tree.lacks_parent, [false, true]);
        assert_eq!(tree.main_root(), Some(0), "what has no parent comes before what lacks its own");
    }

    #[test]
    fn a_span_that_came_twice_counts_once() {
        let tree = TraceTree::new(vec![span("a", None, 0, 9), span("b", Some("a"), 1, 2), span("b", Some("a"), 1, 2)]);
        expect(&tree, &[("a", 0), ("b", 1)]);
        assert_eq!(tree.duplicates, 1);
    }

    #[test]
    fn spans_that_cause_each_other_are_all_shown() {
        let circle = vec![
            span("a", Some("c"), 0, 9),
            span("b", Some("a"), 1, 8),
            span("c", Some("b"), 2, 7),
            span("self", Some("self"), 3, 4),
            span("below", Some("c"), 4, 5),
        ];
        let tree = TraceTree::new(circle);
        assert_eq!(tree.in_order().len(), 5);
        expect(&tree, &[("a", 0), ("b", 1), ("c", 2), ("below", 3), ("self", 0)]);
    }

    #[test]
    fn a_chain_of_thousands_needs_no_deep_stack() {
        let name = |number: u64| format!("{number:05}");
        let chain: Vec<Span> = (0..50_000)
            .map(|number| {
                let parent = (number > 0).then(|| name(number - 1));
                span(&name(number), parent.as_deref(), number, 100_000 - number)
            })
            .collect();
        let order = TraceTree::new(chain).in_order();
        assert_eq!(order.last(), Some(&(49_999, 49_999)));
    }

    #[test]
    fn no_spans_are_an_empty_tree() {
        let tree = TraceTree::new(Vec::new());
        assert_eq!((tree.main_root(), tree.window(), tree.in_order().len()), (None, (0, 0), 0));
    }
}
