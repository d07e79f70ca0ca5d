//! Ids, tokens and secrets, all drawn from one source that tests can seed.

mod seal;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use rand::rand_core::UnwrapErr;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, SeedableRng as _, TryRng as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use seal::Sealer;

/// The one source of randomness. The program takes each draw from the system and keeps no generator of its own: one that
/// was copied with the memory of a virtual machine would give the same tokens to both copies.
#[derive(Clone)]
pub struct Random {
    generator: Generator,
    /// Millisecond and tail of the id made last.
    last_id: Arc<Mutex<(u64, u128)>>,
}

#[derive(Clone)]
enum Generator {
    /// The operating system's.
    System,
    /// The same numbers every time, for tests.
    Seeded(Arc<Mutex<StdRng>>),
}

impl Random {
    /// The operating system's; fails where it has no entropy to give.
    pub fn system() -> anyhow::Result<Self> {
        SysRng.try_next_u64().map_err(|fault| anyhow::anyhow!("no randomness from the system: {fault}"))?;
        Ok(Self { generator: Generator::System, last_id: Arc::default() })
    }

    /// The same numbers every time, for tests.
    pub fn seeded(seed: u64) -> Self {
        let generator = Generator::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))));
        Self { generator, last_id: Arc::default() }
    }

    /// `N` random bytes. A system that gave some at the start and then gives none ends the task that asked: there is
    /// nothing safe to go on with.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.generator {
            Generator::System => UnwrapErr(SysRng).fill_bytes(&mut bytes),
            Generator::Seeded(generator) => {
                generator.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
            }
        }
        bytes
    }

    /// A fresh UUIDv7 for something made at `now` (RFC 9562, section 5.7).
    pub fn uuid(&self, now: Timestamp) -> String {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let tail = self.draw_id_tail(millis);
        let mut bytes = [0; 10];
        // Version and variant stand before and between the two parts.
        let (above, below) = bytes.split_at_mut(2);
        above.copy_from_slice(&(tail >> 62).to_be_bytes()[14..]);
        below.copy_from_slice(&(tail & ((1 << 62) - 1)).to_be_bytes()[8..]);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().to_string()
    }

    /// The 74 bits behind the millisecond: drawn anew in each, and counted up by chance within one (RFC 9562, section 6.2,
    /// method 2), so that ids sort in the order in which they were made.
    fn draw_id_tail(&self, millis: u64) -> u128 {
        let drawn = u128::from_le_bytes(self.bytes());
        let mut last = self.last_id.lock().unwrap_or_else(PoisonError::into_inner);
        let tail = if last.0 == millis {
            last.1.wrapping_add(1 + (drawn >> (128 - 32)))
        } else {
            // The uppermost bit stays free for counting.
            drawn >> (128 - 73)
        };
        *last = (millis, tail);
        tail
    }

    /// A bearer token of 256 bits in URL-safe base64.
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// `2 * N` hexadecimal digits.
    pub fn hex<const N: usize>(&self) -> String {
        hex::encode(self.bytes::<N>())
    }

    /// `2 * N` hexadecimal digits of which the first is a letter: digits alone, or with one `e` among them, are a number
    /// to YAML 1.2 (section 10.3.2) wherever somebody writes them without quotes, and a Service's name must begin with a
    /// letter (RFC 1035, section 2.3.1).
    pub fn name<const N: usize>(&self) -> String {
        let mut bytes = self.bytes::<N>();
        if let Some(first) = bytes.first_mut() {
            *first = (0xa + (*first >> 4) % 6) << 4 | *first & 0xf;
        }
        hex::encode(bytes)
    }

    /// A number from 0 up to, not including, `bound`; 0 for a bound of 0.
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { u64::from_le_bytes(self.bytes::<8>()) % bound }
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Random")
    }
}

/// The hexadecimal SHA-256 of `token`, which is what the database keeps of it.
pub fn hash_token(token: &str) -> String {
    hash_bytes(token.as_bytes())
}

/// A short hash of what a part of a page shows, by which its script knows whether there is something new.
pub fn content_key(shown: &impl Serialize) -> String {
    hash_token(&serde_json::to_string(shown).unwrap_or_default())[..16].to_owned()
}

/// SHA-256 of a file's bytes in hexadecimal.
pub fn hash_bytes(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The installation's master secret, from which each use derives a key of its own.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Takes 32 bytes written as 64 hexadecimal digits.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes)
            .map_err(|fault| anyhow::anyhow!("a secret is 64 hexadecimal digits: {fault}"))?;
        Ok(Self(bytes))
    }

    /// The key for one `purpose`: HMAC-SHA256 of its name under the master secret.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        keyed_hash(&self.0, purpose.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// HMAC-SHA256 (RFC 2104) of `message` under `key`.
pub fn keyed_hash(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length, so this cannot fail.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mac| mac.chain_update(message).finalize().into_bytes().into())
}

/// Declares id types: UUIDv7 text that cannot be mistaken for the id of something else.
#[macro_export]
macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A fresh id for something made at `now`.
            pub fn generate(random: &$crate::id::Random, now: jiff::Timestamp) -> Self {
                Self(random.uuid(now))
            }

            /// The id as stored.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(Random::seeded(7).uuid(now), Random::seeded(7).uuid(now));
        let random = Random::seeded(7);
        assert_ne!(random.uuid(now), random.uuid(now));
    }

    #[test]
    fn the_program_keeps_no_generator_that_a_snapshot_could_copy() {
        let random = Random::system().unwrap();
        assert!(matches!(random.generator, Generator::System), "each draw is the system's own");
        assert_ne!(random.bytes::<16>(), random.clone().bytes::<16>());
    }

    #[test]
    fn names_are_text_wherever_they_stand_without_quotes() {
        let (random, mut firsts) = (Random::seeded(7), std::collections::BTreeSet::new());
        for _ in 0..2000 {
            // Of two digits drawn freely 100 in 256 are a number; of sixteen too few to be met here.
            let names = [random.name::<1>(), random.name::<8>()];
            assert_eq!(names.each_ref().map(String::len), [2, 16]);
            for name in names {
                let read: serde_json::Value = serde_saphyr::from_str(&name).unwrap();
                assert_eq!(read.as_str(), Some(name.as_str()));
                firsts.insert(name.chars().next().unwrap());
            }
        }
        assert_eq!(firsts, ('a'..='f').collect(), "and every letter comes");
    }

    #[test]
    fn ids_sort_in_the_order_in_which_they_were_made() {
        let (random, mut ids) = (Random::seeded(7), Vec::new());
        for millis in [1_772_625_600_000, 1_772_625_600_000, 1_772_625_600_001] {
            let now = Timestamp::from_millisecond(millis).unwrap();
            ids.extend((0..500).map(|_| random.uuid(now)));
        }
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        let version = |id: &String| id.as_bytes()[14] == b'7' && b"89ab".contains(&id.as_bytes()[19]);
        assert!(ids.iter().all(version), "{ids:?}");
    }

    #[test]
    fn keyed_hash_agrees_with_rfc_4231_case_2() {
        assert_eq!(
            hex::encode(keyed_hash(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let secret = Secret::parse(&"ab".repeat(32)).unwrap();
        assert_ne!(secret.derive("csrf"), secret.derive("vouchers"));
        assert!(Secret::parse("short").is_err());
    }
}
