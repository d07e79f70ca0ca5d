//! Data Integrity proofs of the cryptosuite `eddsa-rdfc-2022` (W3C's `vc-di-eddsa`), which Open Badges 3.0
//! names for Ed25519.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::canonical::{CanonicalFault, canonicalise};
use super::keys::{PublicKey, SigningKey, decode, encode};

const TYPE: &str = "DataIntegrityProof";
const CRYPTOSUITE: &str = "eddsa-rdfc-2022";
const PURPOSE: &str = "assertionMethod";

/// A proof as it stands in a signed document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Proof {
    r#type: String,
    cryptosuite: String,
    created: String,
    verification_method: String,
    #[serde(rename = "proofPurpose")]
    purpose: String,
    #[serde(rename = "proofValue", skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// Why a document is not what somebody signed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// It has no proof of a kind that can be checked here.
    #[error("it has no proof of the kind {CRYPTOSUITE}")]
    NoProof,
    /// Its proof names no Ed25519 key.
    #[error("its proof does not name the key that signed it")]
    NoKey,
    /// It has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalFault),
    /// It was changed after it was signed, or signed by another key than it says.
    #[error("its signature does not fit: it was changed after it was signed, or never signed by this key")]
    Forged,
}

/// The key that signed a document, and whose it claims to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The identifier before the `#`.
    pub controller: String,
    /// The public key, as a Multikey.
    pub key: String,
}

/// Signs a document with the key called `{controller}#{multikey}`.
pub(super) fn sign(
    mut document: Value,
    key: &SigningKey,
    controller: &str,
    now: Timestamp,
) -> Result<Value, CanonicalFault> {
    let mut proof = Proof {
        r#type: TYPE.to_owned(),
        cryptosuite: CRYPTOSUITE.to_owned(),
        created: format_instant(now),
        verification_method: format!("{controller}#{}", key.multikey()),
        purpose: PURPOSE.to_owned(),
        value: None,
    };
    let message = hash(&document, &proof)?;
    proof.value = Some(encode(&key.sign(&message)));
    document["proof"] = serde_json::to_value(proof).unwrap_or_default();
    Ok(document)
}

/// Checks that a document is as it was when the key that it names signed it.
pub(super) fn verify(document: &Value) -> Result<Signer, ProofFault> {
    let mut document = document.clone();
    let proof = document.as_object_mut().and_then(|fields| fields.remove("proof")).ok_or(ProofFault::NoProof)?;
    let mut proof: Proof = serde_json::from_value(proof).map_err(|_shape| ProofFault::NoProof)?;
    if (proof.r#type.as_str(), proof.cryptosuite.as_str(), proof.purpose.as_str()) != (TYPE, CRYPTOSUITE, PURPOSE) {
        return Err(ProofFault::NoProof);
    }
    let signature = proof.value.take().and_then(|value| decode(&value)).ok_or(ProofFault::Forged)?;
    let (controller, multikey) = proof.verification_method.rsplit_once('#').ok_or(ProofFault::NoKey)?;
    let key = PublicKey::parse(multikey).ok_or(ProofFault::NoKey)?;
    let signer = Signer { controller: controller.to_owned(), key: multikey.to_owned() };
    if key.verifies(&hash(&document, &proof)?, &signature) { Ok(signer) } else { Err(ProofFault::Forged) }
}

/// What is signed: the hash of the proof without its value, then that of the document without its proof.
fn hash(document: &Value, proof: &Proof) -> Result<Vec<u8>, CanonicalFault> {
    let mut config = serde_json::to_value(proof).unwrap_or_default();
    config["@context"] = document.get("@context").cloned().unwrap_or_default();
    let hashes = [&config, document].map(|part| canonicalise(part).map(|text| Sha256::digest(text.as_bytes())));
    let [config, document] = hashes;
    Ok([config?, document?].concat())
}

/// An instant as credentials write it: whole seconds, in UTC.
pub(super) fn format_instant(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Section B.1 of the cryptosuite's specification.
    fn vector() -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
            "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
            "type": ["VerifiableCredential", "AlumniCredential"],
            "name": "Alumni Credential",
            "description": "A minimum viable example of an Alumni Credential.",
            "issuer": "https://vc.example/issuers/5678",
            "validFrom": "2023-01-01T00:00:00Z",
            "credentialSubject": { "id": "did:example:abcdefgh", "alumniOf": "The School of Examples" },
            "proof": {
                "type": "DataIntegrityProof",
                "cryptosuite": "eddsa-rdfc-2022",
                "created": "2023-02-24T23:36:38Z",
                "verificationMethod":
                    "https://vc.example/issuers/5678#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
                "proofPurpose": "assertionMethod",
                "proofValue": "z21EVs3eXERqTn4acNHT9viboqgzUaQ3kTmhPT3eA8qrVPE7CrQq78WkzctnMX5W4CrzcKnHw8V6dvy5pgWYCU5e9",
            },
        })
    }

    #[test]
    fn the_published_vector_verifies() {
        let signer = verify(&vector()).unwrap();
        assert_eq!(signer.controller, "https://vc.example/issuers/5678");
    }

    #[test]
    fn signing_the_published_document_gives_the_published_signature() {
        let mut unsigned = vector();
        let proof = unsigned.as_object_mut().unwrap().remove("proof").unwrap();
        // The published private key: a prefix of two bytes, then the seed.
        let secret = decode("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq").unwrap();
        let key = SigningKey::from_seed(&secret[2..]).unwrap();
        let signed = sign(unsigned, &key, "https://vc.example/issuers/5678", "2023-02-24T23:36:38Z".parse().unwrap());
        assert_eq!(signed.unwrap()["proof"], proof);
    }

    #[test]
    fn a_changed_document_and_a_wrong_key_are_told() {
        let mut changed = vector();
        changed["credentialSubject"]["alumniOf"] = json!("Another School");
        assert_eq!(verify(&changed), Err(ProofFault::Forged));
        let mut other = vector();
        let key = SigningKey::from_seed(&[7; 32]).unwrap().multikey();
        other["proof"]["verificationMethod"] = json!(format!("https://vc.example/issuers/5678#{key}"));
        assert_eq!(verify(&other), Err(ProofFault::Forged));
        other["proof"]["verificationMethod"] = json!("https://vc.example/issuers/5678#key-1");
        assert_eq!(verify(&other), Err(ProofFault::NoKey));
        other["proof"] = json!([]);
        assert_eq!(verify(&other), Err(ProofFault::NoProof));
    }
}
