//! Files that lessons show as they are.

use std::borrow::Cow;
use std::sync::Arc;

use crate::id::hash_bytes;

/// The bytes of one file; clones share them.
#[derive(Clone, Debug)]
pub struct Media {
    bytes: Arc<Cow<'static, [u8]>>,
    digest: Arc<str>,
}

impl Media {
    pub(super) fn new(bytes: Cow<'static, [u8]>) -> Self {
        let digest = hash_bytes(&bytes).into();
        Self { bytes: Arc::new(bytes), digest }
    }

    /// Changes whenever the bytes do.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl AsRef<[u8]> for Media {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
