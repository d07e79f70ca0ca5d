//! What a credential says as RDF in its one canonical form (JSON-LD 1.1, RDFC-1.0), so that the order of keys and the
//! spaces of a file do not matter to its signature.
//!
//! The contexts are built in, as published at their addresses: nothing is ever fetched.

use std::collections::BTreeSet;

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use oxrdf::{Dataset, NamedOrBlankNodeRef, TermRef};
use serde_json::{Value, json};

/// The terms of every Verifiable Credential 2.0.
pub(super) const CREDENTIALS: &str = "https://www.w3.org/ns/credentials/v2";
/// The terms of Open Badges 3.0.
pub(super) const OPEN_BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

const CONTEXTS: &[(&str, &str)] = &[
    (CREDENTIALS, include_str!("contexts/credentials-v2.json")),
    (OPEN_BADGES, include_str!("contexts/open-badges-3.0.3.json")),
    #[cfg(test)]
    (
        "https://www.w3.org/ns/credentials/examples/v2",
        r#"{"@context":{"@vocab":"https://www.w3.org/ns/credentials/examples#"}}"#,
    ),
];

/// JSON-LD leaves out what its contexts do not define. Under this name such a term is kept, so that it is found.
const UNDEFINED: &str = "https://www.w3.org/ns/credentials/undefined-term#";

/// The work grows with the factorial of the blank nodes in the worst case; ours have two.
const MAX_BLANK_NODES: usize = 6;

/// Why a document has no canonical form.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalFault {
    /// It names a context that is not built in, or is not JSON-LD.
    #[error("it is not JSON-LD that can be read here: {0}")]
    Unreadable(String),
    /// It says something that no context defines, which no signature would cover.
    #[error("it holds the term {0:?}, which its contexts do not define")]
    Undefined(String),
    /// It would take too long.
    #[error("it has more blank nodes than a credential needs")]
    TooIntricate,
}

/// The canonical N-Quads of a document.
pub(super) fn canonicalise(document: &Value) -> Result<String, CanonicalFault> {
    let mut document = document.clone();
    let contexts = document.get("@context").cloned().unwrap_or_default();
    let contexts = contexts.as_array().cloned().unwrap_or_else(|| vec![contexts]);
    if !contexts.iter().all(Value::is_string) {
        return Err(CanonicalFault::Unreadable("its contexts are not addresses".to_owned()));
    }
    document["@context"] = std::iter::once(json!({ "@vocab": UNDEFINED })).chain(contexts).collect();
    let mut dataset = parse(&document.to_string())?;
    if count_blank_nodes(&dataset) > MAX_BLANK_NODES {
        return Err(CanonicalFault::TooIntricate);
    }
    let hash_algorithm = CanonicalizationHashAlgorithm::Sha256;
    dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 { hash_algorithm });
    let mut lines: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
    lines.sort_unstable();
    let text = lines.concat();
    match text.split_once(&format!("<{UNDEFINED}")) {
        Some((_, rest)) => Err(CanonicalFault::Undefined(rest.split('>').next().unwrap_or_default().to_owned())),
        None => Ok(text),
    }
}

fn parse(text: &str) -> Result<Dataset, CanonicalFault> {
    let parser = JsonLdParser::new().for_slice(text.as_bytes()).with_load_document_callback(|address, _options| {
        let found = CONTEXTS.iter().find(|(known, _)| *known == address);
        let (_, context) = found.ok_or_else(|| format!("the context {address} is not known here"))?;
        Ok(JsonLdRemoteDocument { document: context.as_bytes().to_vec(), document_url: address.to_owned() })
    });
    let mut dataset = Dataset::new();
    for quad in parser {
        dataset.insert(&quad.map_err(|fault| CanonicalFault::Unreadable(fault.to_string()))?);
    }
    Ok(dataset)
}

fn count_blank_nodes(dataset: &Dataset) -> usize {
    let mut found = BTreeSet::new();
    for quad in dataset {
        if let NamedOrBlankNodeRef::BlankNode(node) = quad.subject {
            found.insert(node.as_str().to_owned());
        }
        if let TermRef::BlankNode(node) = quad.object {
            found.insert(node.as_str().to_owned());
        }
    }
    found.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Value {
        json!({ "@context": [CREDENTIALS], "id": "urn:x:1", "type": ["VerifiableCredential"], "issuer": "urn:x:2" })
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let reordered = r#"{"issuer":"urn:x:2","type":"VerifiableCredential",
            "id":"urn:x:1","@context":"https://www.w3.org/ns/credentials/v2"}"#;
        let reordered: Value = serde_json::from_str(reordered).unwrap();
        assert_eq!(canonicalise(&reordered), canonicalise(&credential()));
    }

    #[test]
    fn what_no_context_defines_is_refused() {
        let mut smuggled = credential();
        smuggled["grade"] = json!("A");
        assert_eq!(canonicalise(&smuggled), Err(CanonicalFault::Undefined("grade".to_owned())));
        smuggled["@context"] = json!(["https://example.org/own"]);
        assert!(matches!(canonicalise(&smuggled), Err(CanonicalFault::Unreadable(_))));
        smuggled["@context"] = json!([CREDENTIALS, { "grade": "urn:x:grade" }]);
        assert!(matches!(canonicalise(&smuggled), Err(CanonicalFault::Unreadable(_))));
    }

    #[test]
    fn a_document_made_to_take_forever_is_refused() {
        let mut poison = credential();
        let node = json!({ "type": "BitstringStatusListEntry" });
        poison["credentialStatus"] = vec![node; 40].into();
        assert_eq!(canonicalise(&poison), Err(CanonicalFault::TooIntricate));
    }
}
