//! Secrets sealed for storage.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::{Random, Secret};

/// Seals texts with ChaCha20-Poly1305 (RFC 8439), each bound to the id of the row that holds it.
#[derive(Clone)]
pub struct Sealer {
    key: LessSafeKey,
    random: Random,
}

impl Sealer {
    /// A sealer whose key is derived for `purpose` alone.
    pub fn new(secret: &Secret, purpose: &str, random: Random) -> anyhow::Result<Self> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &secret.derive(purpose))
            .map_err(|_length| anyhow::anyhow!("the key for {purpose} has the wrong length"))?;
        Ok(Self { key: LessSafeKey::new(key), random })
    }

    /// The text as stored: a nonce and the sealed bytes, in base64.
    pub fn seal(&self, text: &str, owner: &str) -> anyhow::Result<String> {
        let nonce = self.random.bytes::<NONCE_LEN>();
        let mut bytes = text.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(owner), &mut bytes)
            .map_err(|_fault| anyhow::anyhow!("a secret could not be sealed"))?;
        Ok(STANDARD.encode([nonce.as_slice(), &bytes].concat()))
    }

    /// The text behind what [`Sealer::seal`] made for the same owner.
    pub fn open(&self, sealed: &str, owner: &str) -> anyhow::Result<String> {
        let bytes = STANDARD.decode(sealed).context("a sealed secret is not base64")?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN).context("a sealed secret is too short")?;
        let mut rest = rest.to_vec();
        let nonce =
            Nonce::try_assume_unique_for_key(nonce).map_err(|_length| anyhow::anyhow!("a nonce is too short"))?;
        let text = self
            .key
            .open_in_place(nonce, Aad::from(owner), &mut rest)
            .map_err(|_fault| anyhow::anyhow!("a sealed secret was changed, or the installation's secret was"))?;
        Ok(String::from_utf8(text.to_vec())?)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_opens_for_its_own_row_and_purpose_alone() {
        let secret = Secret::parse(&"ab".repeat(32)).unwrap();
        let sealer = Sealer::new(&secret, "voucher codes", Random::seeded(1)).unwrap();
        let stored = sealer.seal("CODE-1", "voucher-1").unwrap();
        assert!(!stored.contains("CODE-1"));
        assert_eq!(sealer.open(&stored, "voucher-1").unwrap(), "CODE-1");
        assert!(sealer.open(&stored, "voucher-2").is_err());
        assert_ne!(stored, sealer.seal("CODE-1", "voucher-1").unwrap());
        let other = Sealer::new(&secret, "something else", Random::seeded(1)).unwrap();
        assert!(other.open(&stored, "voucher-1").is_err());
    }
}
