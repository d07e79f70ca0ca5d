//! A trace with what was found of its times. No I/O.

use std::collections::BTreeMap;

use super::scale::Scale;
use super::timing::{SpanTiming, measure};
use super::tree::TraceTree;

/// How many colours there are for services.
const COLOURS: usize = 8;

/// A trace, the timing of its spans, the colours of its services, and its time axis.
pub(super) struct Measured {
    pub(super) tree: TraceTree,
    pub(super) timings: Vec<SpanTiming>,
    pub(super) colours: BTreeMap<String, usize>,
    pub(super) scale: Scale,
}

impl Measured {
    pub(super) fn new(tree: TraceTree) -> Self {
        let (start, end) = tree.window();
        Self { colours: choose_colours(&tree), scale: Scale::new(start, end), timings: measure(&tree), tree }
    }
}

/// A colour for each service, in the order in which they were met.
fn choose_colours(tree: &TraceTree) -> BTreeMap<String, usize> {
    let mut colours = BTreeMap::new();
    for span in &tree.spans {
        let next = colours.len() % COLOURS;
        colours.entry(span.service.clone()).or_insert(next);
    }
    colours
}
