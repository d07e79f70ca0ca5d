//! What the issuer publishes: who it is, the keys that it signs with, and which credentials it has revoked.

use std::sync::Arc;

use serde_json::json;

use super::keys::SigningKey;
use super::model::PublishedKey;
use super::status::{self, LIST_LENGTH};
use super::{Credentials, badge, canonical, proof, store};
use crate::db;

/// Where the issuer's document is, below the site's address.
const ISSUER_PATH: [&str; 2] = ["credentials", "issuer"];

impl Credentials {
    /// Who issues: the identifier that stands in every credential.
    pub fn issuer(&self) -> String {
        badge::did_web(&self.core.public_url, &ISSUER_PATH)
    }

    /// Every key that ever signed, the newest first.
    pub async fn list_keys(&self) -> db::Result<Vec<PublishedKey>> {
        store::list_keys(&mut *self.core.db.read().await?).await
    }

    /// The document of [`Credentials::issuer`], by which anybody can check that a key is this site's.
    pub async fn issuer_document(&self) -> anyhow::Result<Arc<str>> {
        let version = store::find_keys_version(&mut *self.core.db.read().await?).await?;
        self.published.get("issuer", version, async || Ok(self.describe_issuer(&self.list_keys().await?))).await
    }

    fn describe_issuer(&self, keys: &[PublishedKey]) -> String {
        let issuer = self.issuer();
        let name = |key: &PublishedKey| format!("{issuer}#{}", key.id);
        let methods = keys.iter().map(
            |key| json!({ "id": name(key), "type": "Multikey", "controller": issuer, "publicKeyMultibase": key.id }),
        );
        let document = json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": issuer,
            "alsoKnownAs": [self.core.public_url],
            "verificationMethod": methods.collect::<Vec<_>>(),
            "assertionMethod": keys.iter().map(name).collect::<Vec<_>>(),
        });
        document.to_string()
    }

    /// The signed status list of a number, as it is now; none before its first credential.
    pub async fn status_list(&self, list: i64) -> anyhow::Result<Option<Arc<str>>> {
        let Some(first) = list.checked_mul(LIST_LENGTH).filter(|first| *first >= 0) else { return Ok(None) };
        let Some(end) = first.checked_add(LIST_LENGTH) else { return Ok(None) };
        let mut conn = self.core.db.read().await?;
        if first >= store::find_next_index(&mut conn).await? {
            return Ok(None);
        }
        let Some((key, sealed)) = store::find_current_key(&mut conn).await? else { return Ok(None) };
        let revocations = store::find_revocations_version(&mut conn, (first, end)).await?;
        drop(conn);
        let (name, version) = (format!("status {list}"), format!("{key} {revocations}"));
        let made = self.published.get(&name, version, async || {
            let revoked = store::list_revoked_bits(&mut *self.core.db.read().await?, (first, end)).await?;
            let places = revoked.into_iter().map(|index| index - first).collect();
            let key = SigningKey::from_seed(&hex::decode(self.sealer.open(&sealed, &key)?)?)?;
            self.sign_status_list(list, places, key).await
        });
        made.await.map(Some)
    }

    async fn sign_status_list(&self, list: i64, revoked: Vec<i64>, key: SigningKey) -> anyhow::Result<String> {
        let (now, address) = (self.core.clock.now(), badge::list_address(&self.core.public_url, list));
        let issuer = self.issuer();
        let signing = tokio::task::spawn_blocking(move || {
            let unsigned = json!({
                "@context": [canonical::CREDENTIALS],
                "id": address,
                "type": ["VerifiableCredential", "BitstringStatusListCredential"],
                "issuer": issuer,
                "validFrom": proof::format_instant(now),
                "credentialSubject": {
                    "id": format!("{address}#list"),
                    "type": "BitstringStatusList",
                    "statusPurpose": "revocation",
                    "encodedList": status::pack(&revoked)?,
                },
            });
            anyhow::Ok(proof::sign(unsigned, &key, &issuer, now)?.to_string())
        });
        signing.await?
    }
}
