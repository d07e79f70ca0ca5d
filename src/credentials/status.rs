//! The list of revoked credentials: a bit for each, packed (Bitstring Status List 1.0).

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// How many credentials one list covers: the specification's minimum, so that a request does not show which one is checked.
pub const LIST_LENGTH: i64 = 131_072;
const BYTES: usize = 16_384;

/// Packs a list in which the bits of `revoked`, counted from 0, are set.
pub(super) fn pack(revoked: &[i64]) -> std::io::Result<String> {
    let mut bits = vec![0_u8; BYTES];
    for index in revoked.iter().filter_map(|index| usize::try_from(*index).ok()) {
        if let Some(byte) = bits.get_mut(index / 8) {
            // The first bit is the leftmost.
            *byte |= 0x80 >> (index % 8);
        }
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&bits)?;
    Ok(format!("u{}", URL_SAFE_NO_PAD.encode(encoder.finish()?)))
}

/// Whether the bit of `index` is set in a packed list; none when it is no list or has no such bit.
pub fn is_set(packed: &str, index: usize) -> Option<bool> {
    let bytes = URL_SAFE_NO_PAD.decode(packed.strip_prefix('u')?).ok()?;
    let mut bits = Vec::new();
    GzDecoder::new(bytes.as_slice()).take(1 << 20).read_to_end(&mut bits).ok()?;
    bits.get(index / 8).map(|byte| byte & (0x80 >> (index % 8)) != 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_empty_list_is_read() {
        // From the specification's examples.
        let empty = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA";
        assert_eq!(is_set(empty, 94_567), Some(false));
        assert_eq!(is_set("u%", 0), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_bits_set_are_those_of_the_revoked(revoked in prop::collection::btree_set(0..LIST_LENGTH, 0..20)) {
            let packed = pack(&revoked.iter().copied().collect::<Vec<_>>()).unwrap();
            for index in revoked.iter().flat_map(|index| [*index, index + 1, index - 1]) {
                let place = usize::try_from(index).unwrap_or(0);
                if (0..LIST_LENGTH).contains(&index) {
                    prop_assert_eq!(is_set(&packed, place), Some(revoked.contains(&index)));
                }
            }
        }
    }
}
