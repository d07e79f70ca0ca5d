//! Ed25519 keys, and how they are written as Multikeys (Controlled Identifiers 1.0).

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

/// What says that an Ed25519 public key follows.
const PREFIX: [u8; 2] = [0xed, 0x01];

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads a Multikey; none when it is not one of Ed25519.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 34] = decode(text)?.try_into().ok()?;
        let (prefix, key) = bytes.split_at(PREFIX.len());
        if prefix == PREFIX { key.try_into().ok().map(Self) } else { None }
    }

    /// Whether `signature` is this key's of `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

/// A key that signs.
pub(super) struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// The key that grows from 32 random bytes.
    pub(super) fn from_seed(seed: &[u8]) -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed);
        Ok(Self(pair.map_err(|fault| anyhow::anyhow!("this seed makes no key: {fault}"))?))
    }

    /// The public half, as a Multikey.
    pub(super) fn multikey(&self) -> String {
        encode(&[PREFIX.as_slice(), self.0.public_key().as_ref()].concat())
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

/// Multibase in base 58.
pub(super) fn encode(bytes: &[u8]) -> String {
    format!("z{}", bs58::encode(bytes).into_string())
}

/// What [`encode`] was given.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    bs58::decode(text.strip_prefix('z')?).into_vec().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_its_multikey() {
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        let public = PublicKey::parse(&key.multikey()).unwrap();
        assert!(public.verifies(b"ahoy", &key.sign(b"ahoy")));
        assert!(!public.verifies(b"ahoi", &key.sign(b"ahoy")));
        let other = SigningKey::from_seed(&[8; 32]).unwrap();
        assert!(!public.verifies(b"ahoy", &other.sign(b"ahoy")));
    }

    #[test]
    fn what_is_no_ed25519_key_is_refused() {
        for text in ["", "z", "z6Mk", "zDnaegE6RR3atJtHKwTRTWHsJ3kNHqFwv7n9YjTgmU7TyfU76", "m0OIl"] {
            assert_eq!(PublicKey::parse(text), None, "{text}");
        }
    }
}
