//! Passwords: hashed by argon2id (RFC 9106) away from the threads that answer requests, in the one form that keyboards
//! agree on (RFC 8265).

use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::settings::AccountSettings;
use crate::id::Random;
use crate::text;

/// Hashes and verifies, so many at a time.
#[derive(Clone, Debug)]
pub(super) struct Passwords {
    params: Params,
    random: Random,
    permits: Arc<Semaphore>,
    dummy_hash: Arc<str>,
}

impl Passwords {
    pub(super) fn new(settings: &AccountSettings, random: Random) -> anyhow::Result<Self> {
        let params = Params::new(settings.hash_memory_kib, settings.hash_passes, 1, None)
            .map_err(|fault| anyhow::anyhow!("the parameters of the password hash: {fault}"))?;
        let dummy_hash = dummy_hash(&params, &random)?.into();
        Ok(Self { params, random, permits: Arc::new(Semaphore::new(settings.hashes_at_once)), dummy_hash })
    }

    /// The hash of `password` in PHC form, under a salt of its own.
    pub(super) async fn hash(&self, password: &str) -> anyhow::Result<String> {
        let _permit = self.permits.acquire().await?;
        let (params, password, salt) = (self.params.clone(), text::opaque(password), self.random.bytes::<16>());
        tokio::task::spawn_blocking(move || hash(&params, &password, &salt)).await?
    }

    /// Whether `password` has the `stored` hash; without one it takes as long and answers `false`.
    pub(super) async fn verify(&self, password: &str, stored: Option<&str>) -> anyhow::Result<bool> {
        let _permit = self.permits.acquire().await?;
        let known = stored.is_some();
        let (password, stored) = (text::opaque(password), stored.unwrap_or(&self.dummy_hash).to_owned());
        let matches = tokio::task::spawn_blocking(move || {
            let parsed = PasswordHash::new(&stored).map_err(|fault| anyhow::anyhow!("a stored hash: {fault}"))?;
            anyhow::Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        })
        .await??;
        Ok(matches && known)
    }
}

/// The hash of no password: its output is drawn by chance, so that a start hashes nothing. Verifying against it takes as
/// long as against any other.
fn dummy_hash(params: &Params, random: &Random) -> anyhow::Result<String> {
    let hash = || {
        argon2::password_hash::Result::Ok(PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(params)?,
            salt: Some(Salt::new(&random.bytes::<16>())?),
            hash: Some(Output::new(&random.bytes::<32>())?),
        })
    };
    let hash = hash().map_err(|fault| anyhow::anyhow!("the hash of no password: {fault}"))?;
    Ok(hash.to_string())
}

fn hash(params: &Params, password: &str, salt: &[u8; 16]) -> anyhow::Result<String> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|fault| anyhow::anyhow!("a password could not be hashed: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_hash_of_no_password_asks_for_the_work_of_any_other_and_matches_nothing() {
        let settings = AccountSettings { hash_memory_kib: 64, hash_passes: 3, ..AccountSettings::default() };
        let passwords = Passwords::new(&settings, Random::seeded(1)).unwrap();
        let real = passwords.hash("calm seas").await.unwrap();
        let (real, dummy) = (PasswordHash::new(&real).unwrap(), PasswordHash::new(&passwords.dummy_hash).unwrap());
        assert_eq!((&dummy.algorithm, dummy.version, &dummy.params), (&real.algorithm, real.version, &real.params));
        let lengths = |hash: &PasswordHash| (hash.salt.map(|salt| salt.len()), hash.hash.map(|output| output.len()));
        assert_eq!(lengths(&dummy), lengths(&real));
        assert!(!passwords.verify("calm seas", None).await.unwrap());
    }
}
