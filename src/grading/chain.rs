//! A person's chain of records: what it must look like, and how it closes where records were pruned.

use super::evidence::seal;
use super::model::{ChainEnd, ChainGap, ChainLink};

/// Follows a chain from its beginning, link by link.
#[derive(Debug, Default)]
pub(super) struct Walk {
    end: ChainEnd,
}

impl Walk {
    /// Takes the next link; answers whether it follows from the one before, and seals the record that it is about.
    pub(super) fn take(&mut self, link: &ChainLink) -> bool {
        let follows = link.first_seq == self.end.length + 1 && link.previous_hash == self.end.hash;
        let is_sealed = match (&link.request, &link.record) {
            (Some(_), Some(record)) => {
                link.hash == seal(&link.previous_hash, record) && link.last_seq == link.first_seq
            }
            (Some(_), None) => false,
            // What was pruned cannot be sealed anew; that its neighbours name its hashes holds it in its place.
            (None, _) => link.last_seq >= link.first_seq,
        };
        // What follows is held against the link as it is, so that one break is told once.
        self.end = ChainEnd { length: link.last_seq, hash: link.hash.clone() };
        follows && is_sealed
    }

    /// Whether it has come to the end that is known of the chain.
    pub(super) fn is_at(&self, end: &ChainEnd) -> bool {
        self.end == *end
    }

    /// The place after the last one.
    pub(super) fn next_seq(&self) -> i64 {
        self.end.length + 1
    }
}

/// What neighbouring gaps come to as one; a gap without a neighbour is left out.
pub(super) fn merge_gaps(gaps: &[ChainGap]) -> Vec<ChainGap> {
    gaps.chunk_by(|one, next| one.last_seq + 1 == next.first_seq)
        .filter(|run| run.len() > 1)
        .filter_map(|run| Some(ChainGap { first_seq: run.first()?.first_seq, ..run.last()?.clone() }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of as many records, of which those in `pruned` are gone.
    fn chain(length: i64, pruned: &[i64]) -> (Vec<ChainLink>, ChainEnd) {
        let mut end = ChainEnd::default();
        let mut links = Vec::new();
        for seq in 1..=length {
            let record = format!("{{\"n\":{seq}}}");
            let hash = seal(&end.hash, &record);
            let is_kept = !pruned.contains(&seq);
            links.push(ChainLink {
                first_seq: seq,
                last_seq: seq,
                previous_hash: std::mem::replace(&mut end.hash, hash.clone()),
                hash,
                request: is_kept.then(|| format!("r{seq}").into()),
                record: is_kept.then_some(record),
            });
        }
        end.length = length;
        (links, end)
    }

    fn list_gaps(links: &[ChainLink]) -> Vec<ChainGap> {
        let gap =
            |link: &ChainLink| ChainGap { first_seq: link.first_seq, last_seq: link.last_seq, hash: link.hash.clone() };
        links.iter().filter(|link| link.request.is_none()).map(gap).collect()
    }

    fn merge(mut links: Vec<ChainLink>) -> Vec<ChainLink> {
        for gap in merge_gaps(&list_gaps(&links)) {
            links.retain(|link| link.first_seq <= gap.first_seq || link.last_seq > gap.last_seq);
            let kept = links.iter_mut().find(|link| link.first_seq == gap.first_seq).unwrap();
            (kept.last_seq, kept.hash) = (gap.last_seq, gap.hash);
        }
        links
    }

    /// The places of breaks, and whether the walk ends where it should.
    fn walk(links: &[ChainLink], end: &ChainEnd) -> (Vec<i64>, bool) {
        let mut walk = Walk::default();
        let broken = links.iter().filter(|link| !walk.take(link)).map(|link| link.first_seq).collect();
        (broken, walk.is_at(end))
    }

    #[test]
    fn a_whole_chain_holds_and_so_does_one_with_pruned_records() {
        for pruned in [&[][..], &[1], &[1, 2], &[2, 3, 5], &[6], &[1, 2, 3, 4, 5, 6]] {
            let (links, end) = chain(6, pruned);
            assert_eq!(walk(&links, &end), (Vec::new(), true), "{pruned:?}");
            let merged = merge(links);
            assert!(merge_gaps(&list_gaps(&merged)).is_empty());
            assert_eq!(walk(&merged, &end), (Vec::new(), true), "{pruned:?}");
        }
        assert_eq!(merge(chain(6, &[2, 3, 4]).0).len(), 4);
    }

    #[test]
    fn what_was_changed_taken_out_or_cut_off_is_found() {
        let (links, end) = chain(5, &[]);
        let mut changed = links.clone();
        changed[2].record = Some("{\"n\":33}".to_owned());
        assert_eq!(walk(&changed, &end), (vec![3], true));
        let mut taken = links.clone();
        taken.remove(1);
        assert_eq!(walk(&taken, &end), (vec![3], true));
        let mut first = links.clone();
        first.remove(0);
        assert_eq!(walk(&first, &end), (vec![2], true));
        assert_eq!(walk(&links[..4], &end), (Vec::new(), false));
        let mut emptied = links;
        emptied[3].record = None;
        assert_eq!(walk(&emptied, &end), (vec![4], true));
    }
}
