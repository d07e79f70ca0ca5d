//! How the questions of each kind are spread over the sections of a module.

use std::collections::{BTreeMap, VecDeque};

/// A section's index and the name of a kind.
pub(super) type Cell = (usize, &'static str);

/// So many questions of each section and kind.
#[derive(Debug)]
struct Spread<'a> {
    /// How many there are.
    available: &'a BTreeMap<Cell, usize>,
    /// The sections; of two that are even, the first takes the next question.
    sections: &'a [usize],
    taken: BTreeMap<Cell, usize>,
}

/// As many questions of each kind as `numbers` say, or as are available, as evenly over the sections as that allows.
pub(super) fn spread(
    available: &BTreeMap<Cell, usize>,
    sections: &[usize],
    numbers: impl IntoIterator<Item = (&'static str, usize)>,
) -> BTreeMap<Cell, usize> {
    let mut spread = Spread { available, sections, taken: BTreeMap::new() };
    for (kind, number) in numbers {
        for _ in 0..number {
            let open = sections.iter().copied().filter(|section| spread.has_left((*section, kind)));
            let Some(section) = open.min_by_key(|section| spread.total(*section)) else { break };
            *spread.taken.entry((section, kind)).or_default() += 1;
        }
    }
    while let Some(moves) = spread.find_moves() {
        for (from, to) in moves {
            *spread.taken.entry(from).or_default() -= 1;
            *spread.taken.entry(to).or_default() += 1;
        }
    }
    spread.taken
}

impl Spread<'_> {
    fn taken(&self, cell: Cell) -> usize {
        self.taken.get(&cell).copied().unwrap_or(0)
    }

    fn has_left(&self, cell: Cell) -> bool {
        self.taken(cell) < self.available.get(&cell).copied().unwrap_or(0)
    }

    fn total(&self, section: usize) -> usize {
        self.taken.iter().filter(|((of, _), _)| *of == section).map(|(_, number)| number).sum()
    }

    /// Moves from section to section, each within a kind, that take one question from a section and give one to another that
    /// has at least two fewer.
    fn find_moves(&self) -> Option<Vec<(Cell, Cell)>> {
        self.sections.iter().find_map(|start| self.find_moves_from(*start))
    }

    fn find_moves_from(&self, start: usize) -> Option<Vec<(Cell, Cell)>> {
        let mut came_by: BTreeMap<usize, (Cell, Cell)> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(section) = queue.pop_front() {
            if self.total(section) + 2 <= self.total(start) {
                return Some(trace(&came_by, start, section));
            }
            for to in self.sections.iter().copied().filter(|to| *to != start) {
                let kind = self
                    .taken
                    .keys()
                    .find(|(of, kind)| *of == section && self.taken((section, kind)) > 0 && self.has_left((to, kind)));
                if let (Some((_, kind)), false) = (kind, came_by.contains_key(&to)) {
                    came_by.insert(to, ((section, *kind), (to, *kind)));
                    queue.push_back(to);
                }
            }
        }
        None
    }
}

/// The moves that lead from `start` to `end`.
fn trace(came_by: &BTreeMap<usize, (Cell, Cell)>, start: usize, end: usize) -> Vec<(Cell, Cell)> {
    let (mut moves, mut section) = (Vec::new(), end);
    while let Some((from, to)) = came_by.get(&section).filter(|_move| section != start) {
        moves.push((*from, *to));
        section = from.0;
    }
    moves
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn totals(taken: &BTreeMap<Cell, usize>, sections: usize) -> Vec<usize> {
        let of = |section| taken.iter().filter(|((of, _), _)| *of == section).map(|(_, number)| number).sum();
        (0..sections).map(of).collect()
    }

    #[test]
    fn sections_stay_even_where_a_kind_stands_in_few_of_them() {
        // Only the first section has free text, and only the second has choices left for it.
        let available = BTreeMap::from([((0, "text"), 2), ((0, "single"), 2), ((1, "single"), 2), ((2, "short"), 2)]);
        for sections in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let taken = spread(&available, &sections, [("single", 2), ("text", 2), ("short", 2)]);
            assert_eq!(totals(&taken, 3), [2, 2, 2]);
        }
    }

    /// The smallest sum of squares that any choice with these numbers of two kinds has.
    fn best(available: &BTreeMap<Cell, usize>, numbers: [(&'static str, usize); 2]) -> usize {
        let of = |section, kind| available.get(&(section, kind)).copied().unwrap_or(0);
        let choices = |kind: &'static str, number: usize| {
            let mut all = Vec::new();
            for first in 0..=of(0, kind) {
                for second in 0..=of(1, kind) {
                    for third in 0..=of(2, kind) {
                        if first + second + third == number {
                            all.push([first, second, third]);
                        }
                    }
                }
            }
            all
        };
        let [one, other] = numbers.map(|(kind, number)| choices(kind, number));
        let pairs = one.iter().flat_map(|one| other.iter().map(move |other| (one, other)));
        pairs.map(|(one, other)| (0..3).map(|at| (one[at] + other[at]).pow(2)).sum()).min().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn the_numbers_of_each_kind_are_kept_and_no_choice_is_more_even(
            counts in prop::array::uniform6(0_usize..4), wanted in prop::array::uniform2(0_usize..7), turn in 0_usize..3,
        ) {
            let cells = (0..3).flat_map(|section| [(section, "single"), (section, "text")]);
            let available: BTreeMap<Cell, usize> = cells.zip(counts).collect();
            let there = |kind: &str| available.iter().filter(|((_, of), _)| *of == kind).map(|(_, number)| number).sum();
            let numbers = [("single", wanted[0].min(there("single"))), ("text", wanted[1].min(there("text")))];
            let mut sections = [0, 1, 2];
            sections.rotate_left(turn);
            let taken = spread(&available, &sections, numbers);
            for (kind, number) in numbers {
                prop_assert_eq!(taken.iter().filter(|((_, of), _)| *of == kind).map(|(_, taken)| taken).sum::<usize>(), number);
            }
            prop_assert!(taken.iter().all(|(cell, number)| *number <= available[cell]));
            let squares: usize = totals(&taken, 3).iter().map(|total| total.pow(2)).sum();
            prop_assert_eq!(squares, best(&available, numbers));
        }
    }
}
