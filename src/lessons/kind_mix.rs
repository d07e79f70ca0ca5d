//! How many questions of each kind a checkpoint asks.

use std::collections::BTreeMap;

use super::question::Question;

/// How many questions of each kind every entry of a module is asked, by the name of the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindMix(BTreeMap<&'static str, usize>);

impl KindMix {
    /// The mix with these numbers; kinds with none are left out.
    pub fn new(numbers: impl IntoIterator<Item = (&'static str, usize)>) -> Self {
        Self(numbers.into_iter().filter(|(_, number)| *number > 0).collect())
    }

    /// The mix of `count` of these questions that keeps their proportions, by largest remainders. Each kind that there is
    /// is asked at least once, if `count` allows one of each.
    pub fn scale_to(&self, count: usize) -> Self {
        let (total, kinds) = (self.sum(), self.0.len());
        let count = count.min(total);
        let mut mix = self.clone();
        for number in mix.0.values_mut() {
            *number = usize::from(count >= kinds);
        }
        // What a kind lacks, times the number of all.
        let lack = |mix: &Self, kind: &str| {
            let signed = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            signed(count * self.of(kind)) - signed(mix.of(kind) * total)
        };
        for _ in mix.sum()..count {
            // `max_by_key` takes the last of equals, so the first by name stands at the end.
            let Some(kind) = self.0.keys().rev().copied().max_by_key(|kind| lack(&mix, kind)) else { break };
            *mix.0.entry(kind).or_default() += 1;
        }
        Self::new(mix.0)
    }

    /// How many of these questions are of each kind.
    pub fn count<'q>(questions: impl IntoIterator<Item = &'q Question>) -> Self {
        let mut numbers = BTreeMap::new();
        for question in questions {
            *numbers.entry(question.kind_name()).or_default() += 1;
        }
        Self(numbers)
    }

    /// How many questions of a kind.
    pub fn of(&self, kind: &str) -> usize {
        self.0.get(kind).copied().unwrap_or(0)
    }

    /// How many questions of all kinds.
    pub fn sum(&self) -> usize {
        self.0.values().sum()
    }

    /// The kinds with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.0.iter().map(|(kind, number)| (*kind, *number))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// So many questions of three kinds.
    fn available([single, short, text]: [usize; 3]) -> KindMix {
        KindMix::new([("single", single), ("short", short), ("text", text)])
    }

    #[test]
    fn a_mix_follows_the_pool_by_largest_remainders_and_leaves_no_kind_out() {
        let mix = |numbers, count| {
            let mix = available(numbers).scale_to(count);
            ["single", "short", "text"].map(|kind| mix.of(kind))
        };
        assert_eq!(mix([10, 10, 10], 6), [2, 2, 2]);
        // 3.6, 1.6 and 0.8 of six.
        assert_eq!(mix([18, 8, 4], 6), [3, 2, 1]);
        // 3.8, 0.1 and 0.1 of four: one of each, and the rest to the many.
        assert_eq!(mix([38, 1, 1], 4), [2, 1, 1]);
        assert_eq!(mix([38, 1, 1], 2), [2, 0, 0]);
        assert_eq!(mix([2, 1, 0], 8), [2, 1, 0]);
        assert_eq!(mix([0, 0, 0], 8), [0, 0, 0]);
    }

    proptest! {
        #[test]
        fn a_mix_has_as_many_questions_as_are_asked_and_none_that_the_pool_lacks(
            numbers in prop::array::uniform3(0_usize..12), count in 0_usize..20,
        ) {
            let available = available(numbers);
            let mix = available.scale_to(count);
            prop_assert_eq!(mix.sum(), count.min(available.sum()));
            for (kind, number) in available.iter() {
                prop_assert!(mix.of(kind) <= number);
                prop_assert!(mix.of(kind) >= usize::from(count >= 3));
            }
        }
    }
}
