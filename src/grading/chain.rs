//! The rules of a person's chain of records: how each link must follow from the one before, and how links are merged where
//! records were pruned.

use super::evidence::seal;
use super::model::{ChainEnd, ChainGap, ChainLink};

/// Verifies a chain from its beginning, link by link.
#[derive(Debug, Default)]
pub(super) struct ChainVerifier {
    end: ChainEnd,
}

impl ChainVerifier {
    /// Verifies the next link: whether it follows from the one before, and seals its record.
    pub(super) fn verify(&mut self, link: &ChainLink) -> bool {
        let follows = link.first_seq == self.end.length + 1 && link.previous_hash == self.end.hash;
        let is_sealed = match (&link.request, &link.record) {
            (Some(_), Some(record)) => {
                link.hash == seal(&link.previous_hash, record) && link.last_seq == link.first_seq
            }
            (Some(_), None) => false,
            // The seal of a pruned record cannot be recomputed; its neighbours refer to its hash.
            (None, _) => link.last_seq >= link.first_seq,
        };
        // The next link is compared with this one as it is stored, so that one break is reported once.
        self.end = ChainEnd { length: link.last_seq, hash: link.hash.clone() };
        follows && is_sealed
    }

    /// Whether the last verified link is the end of the chain.
    pub(super) fn has_reached(&self, end: &ChainEnd) -> bool {
        self.end == *end
    }

    /// The sequence number after the last one.
    pub(super) fn next_seq(&self) -> i64 {
        self.end.length + 1
    }
}

/// The gaps that neighbouring gaps are merged to; a gap without a neighbour is left out.
pub(super) fn merge_gaps(gaps: &[ChainGap]) -> Vec<ChainGap> {
    gaps.chunk_by(|one, next| one.last_seq + 1 == next.first_seq)
        .filter(|run| run.len() > 1)
        .filter_map(|run| Some(ChainGap { first_seq: run.first()?.first_seq, ..run.last()?.clone() }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of as many records, without those in `pruned`.
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

    /// The sequence numbers of breaks, and whether the end of the chain is reached.
    fn verify(links: &[ChainLink], end: &ChainEnd) -> (Vec<i64>, bool) {
        let mut verifier = ChainVerifier::default();
        let broken = links.iter().filter(|link| !verifier.verify(link)).map(|link| link.first_seq).collect();
        (broken, verifier.has_reached(end))
    }

    #[test]
    fn a_whole_chain_is_valid_and_so_is_one_with_pruned_records() {
        for pruned in [&[][..], &[1], &[1, 2], &[2, 3, 5], &[6], &[1, 2, 3, 4, 5, 6]] {
            let (links, end) = chain(6, pruned);
            assert_eq!(verify(&links, &end), (Vec::new(), true), "{pruned:?}");
            let merged = merge(links);
            assert!(merge_gaps(&list_gaps(&merged)).is_empty());
            assert_eq!(verify(&merged, &end), (Vec::new(), true), "{pruned:?}");
        }
        assert_eq!(merge(chain(6, &[2, 3, 4]).0).len(), 4);
    }

    #[test]
    fn a_link_that_was_changed_removed_or_cut_off_is_found() {
        let (links, end) = chain(5, &[]);
        let mut changed = links.clone();
        changed[2].record = Some("{\"n\":33}".to_owned());
        assert_eq!(verify(&changed, &end), (vec![3], true));
        let mut removed = links.clone();
        removed.remove(1);
        assert_eq!(verify(&removed, &end), (vec![3], true));
        let mut first = links.clone();
        first.remove(0);
        assert_eq!(verify(&first, &end), (vec![2], true));
        assert_eq!(verify(&links[..4], &end), (Vec::new(), false));
        let mut emptied = links;
        emptied[3].record = None;
        assert_eq!(verify(&emptied, &end), (vec![4], true));
    }
}
