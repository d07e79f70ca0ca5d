//! Reading a credential's file: what it says, and whether that is what was signed.

use serde_json::Value;

use super::badge::Badge;
use super::proof::{self, ProofFault, Signer};

/// The most bytes of a file; ours have about three thousand.
pub const MAX_FILE_BYTES: usize = 64 * 1024;

/// Why a file proves nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// There is nothing in it.
    #[error("there is nothing in it")]
    Empty,
    /// It is larger than a credential can be.
    #[error("it is larger than a credential can be")]
    TooLarge,
    /// It is not JSON.
    #[error("it is not the whole of a JSON file")]
    NotJson,
    /// Its proof does not hold.
    #[error(transparent)]
    Proof(#[from] ProofFault),
    /// It is signed, and is something else.
    #[error("it is signed, but is not a credential of a course")]
    OtherShape,
    /// It claims an issuer whose key did not sign it.
    #[error("the issuer that it names is not the one whose key signed it")]
    OtherIssuer,
}

/// What a file says, which is what its key signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBadge {
    /// What it says.
    pub badge: Badge,
    /// The key that signed it.
    pub signer: Signer,
}

impl SignedBadge {
    /// Reads a file and checks its signature by the file alone. Whether the key is the issuer's, and whether the badge
    /// was revoked since, is for others to say.
    pub fn read(text: &str) -> Result<Self, FileFault> {
        if let Some(fault) = find_size_fault(text) {
            return Err(fault);
        }
        // An editor may have put a byte order mark before it.
        let text = text.trim_start_matches('\u{feff}');
        let document: Value = serde_json::from_str(text).map_err(|_syntax| FileFault::NotJson)?;
        if !document.is_object() {
            return Err(FileFault::NotJson);
        }
        let signer = proof::verify(&document)?;
        let badge = Badge::read(&document).ok_or(FileFault::OtherShape)?;
        if badge.issuer.id == signer.controller { Ok(Self { badge, signer }) } else { Err(FileFault::OtherIssuer) }
    }

    /// Reads the status list that this badge names, and checks that the same issuer signed it; answers the packed list.
    pub fn read_status_list(&self, text: &str) -> Result<String, FileFault> {
        let document: Value = serde_json::from_str(text).map_err(|_syntax| FileFault::NotJson)?;
        let signer = proof::verify(&document)?;
        let text = |pointer| document.pointer(pointer).and_then(Value::as_str);
        if text("/id") != Some(&self.badge.credential_status.status_list_credential) {
            return Err(FileFault::OtherShape);
        }
        if text("/issuer") != Some(&signer.controller) || signer.controller != self.signer.controller {
            return Err(FileFault::OtherIssuer);
        }
        text("/credentialSubject/encodedList").map(str::to_owned).ok_or(FileFault::OtherShape)
    }
}

/// Why there is too little or too much of a text to be a file.
pub(super) fn find_size_fault(text: &str) -> Option<FileFault> {
    if text.len() > MAX_FILE_BYTES {
        return Some(FileFault::TooLarge);
    }
    text.trim().is_empty().then_some(FileFault::Empty)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::super::badge::{NewBadge, PassedRequirement};
    use super::super::keys::SigningKey;
    use super::*;

    const ISSUER: &str = "did:web:learn.example.org:credentials:issuer";

    fn document() -> Value {
        let passed = PassedRequirement {
            slug: "lab-qotm".to_owned(),
            name: "Lab: a quote".to_owned(),
            narrative: "5 of 5 tasks were passed.".to_owned(),
        };
        let badge = Badge::new(&NewBadge {
            public_url: "https://learn.example.org",
            issuer: ISSUER,
            programme: "Run what you build",
            id: "0198f3c0-0000-7000-8000-000000000000",
            person_name: "Maja \"Q\" Łindqvist\u{7}\n<b>",
            module: ("/modules/m", "Full service ownership", "From code to the people behind it."),
            passed: &[passed],
            status_index: 94_567,
            at: "2026-03-04T12:00:00Z",
        });
        serde_json::to_value(badge).unwrap()
    }

    fn signed_by(controller: &str) -> String {
        let key = SigningKey::from_seed(&[9; 32]).unwrap();
        proof::sign(document(), &key, controller, Timestamp::UNIX_EPOCH).unwrap().to_string()
    }

    #[test]
    fn a_signed_file_says_what_was_signed() {
        let read = SignedBadge::read(&signed_by(ISSUER)).unwrap();
        assert_eq!(read.badge.credential_subject.name(), "Maja \"Q\" Łindqvist\u{7}\n<b>");
        assert_eq!(read.badge.credential_subject.achievement.name, "Full service ownership");
        assert_eq!(read.badge.credential_status.status_list_index, "94567");
        assert_eq!(read.signer.controller, ISSUER);
    }

    #[test]
    fn spaces_and_the_order_of_keys_may_change() {
        let value: Value = serde_json::from_str(&signed_by(ISSUER)).unwrap();
        assert!(SignedBadge::read(&serde_json::to_string_pretty(&value).unwrap()).is_ok());
    }

    #[test]
    fn a_file_that_claims_another_issuer_is_refused() {
        assert_eq!(SignedBadge::read(&signed_by("did:web:elsewhere.example")), Err(FileFault::OtherIssuer));
    }

    #[test]
    fn a_tampered_file_is_refused() {
        let text = signed_by(ISSUER);
        for (from, to) in [
            ("Full service", "Fool service"),
            ("Łindqvist", "Lindqvist"),
            ("2026-03-04T12:00:00Z", "2026-03-04T12:00:01Z"),
            ("94567", "94568"),
            ("\"hashed\":false", "\"hashed\":true"),
            ("\"hashed\":false", "\"hashed\":false,\"grade\":\"A\""),
            ("1970-01-01", "1970-01-02"),
            ("z6Mk", "z6Mm"),
        ] {
            assert_ne!(text, text.replace(from, to), "{from}");
            assert!(SignedBadge::read(&text.replace(from, to)).is_err(), "{from} became {to}");
        }
    }

    #[test]
    fn what_is_no_file_of_ours_is_told_why() {
        assert_eq!(SignedBadge::read(" \n"), Err(FileFault::Empty));
        assert_eq!(SignedBadge::read("{"), Err(FileFault::NotJson));
        assert_eq!(SignedBadge::read("[]"), Err(FileFault::NotJson));
        assert_eq!(SignedBadge::read(&" {}".repeat(MAX_FILE_BYTES)), Err(FileFault::TooLarge));
        assert_eq!(SignedBadge::read("{}"), Err(FileFault::Proof(ProofFault::NoProof)));
        assert_eq!(SignedBadge::read(&"[".repeat(MAX_FILE_BYTES)), Err(FileFault::NotJson));
        let key = SigningKey::from_seed(&[9; 32]).unwrap();
        let mut other = document();
        other.as_object_mut().unwrap().remove("evidence");
        let signed = proof::sign(other, &key, ISSUER, Timestamp::UNIX_EPOCH).unwrap().to_string();
        assert_eq!(SignedBadge::read(&signed), Err(FileFault::OtherShape));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn a_byte_flipped_anywhere_makes_it_fail(place in any::<prop::sample::Index>(), flip in 1_u8..) {
            let mut bytes = signed_by(ISSUER).into_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
            let read = String::from_utf8(bytes).map(|text| SignedBadge::read(&text).is_err());
            prop_assert!(read.unwrap_or(true), "byte {place} ^ {flip:#x}");
        }
    }
}
