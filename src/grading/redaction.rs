//! What may be secret is taken out of what a check reads before anything is judged or stored.
//!
//! A verdict is based on what is left, so that stored evidence can be judged again. Two rules find a secret: the key that a
//! value stands under, and the look of a text, wherever it stands.

use std::sync::LazyLock;

use regex::{Captures, Regex, RegexSet};
use serde_json::{Map, Value};

/// What replaces a secret.
pub(super) const REDACTED: &str = "redacted";
/// The annotation that repeats an object as it was applied, values of secrets included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The last words of keys whose values are secrets wherever they stand.
const SECRET_ENDINGS: [&[&str]; 17] = [
    &["password"],
    &["passwd"],
    &["passphrase"],
    &["pwd"],
    &["token"],
    &["jwt"],
    &["authorization"],
    &["cookie"],
    &["credential"],
    &["credentials"],
    &["apikey"],
    &["api", "key"],
    &["access", "key"],
    &["secret", "key"],
    &["private", "key"],
    &["signing", "key"],
    &["encryption", "key"],
];
/// One that is the name of a Secret in the fields of the Kubernetes API, and a secret everywhere else.
const SECRET: &str = "secret";

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among the fields of a Kubernetes object.
    Field,
    /// In what people and programs write: configuration, variables, headers, bodies, log lines, annotations.
    Free,
}

/// Takes out of what was read what may be secret, and what no check uses.
pub(super) fn redact(read: &mut Value) {
    match read {
        Value::Array(objects) if objects.iter().all(is_object) => objects.iter_mut().for_each(redact_object),
        object if is_object(object) => redact_object(object),
        answer => redact_value(answer, Place::Free),
    }
}

fn is_object(value: &Value) -> bool {
    value.get("metadata").is_some() || value.get("kind").is_some()
}

fn redact_object(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
        }
    }
    for (key, value) in fields.iter_mut() {
        match (kind.as_str(), key.as_str()) {
            ("Secret", "data" | "stringData") => {
                for (_, secret) in value.as_object_mut().into_iter().flatten() {
                    *secret = Value::from(REDACTED);
                }
            }
            ("ConfigMap", "data" | "binaryData") => redact_value(value, Place::Free),
            _ => redact_value(value, Place::Field),
        }
    }
}

fn redact_value(value: &mut Value, place: Place) {
    match value {
        Value::String(text) => {
            if let Some(redacted) = redact_text(text) {
                *text = redacted;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|one| redact_value(one, place)),
        Value::Object(fields) => redact_fields(fields, place),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn redact_fields(fields: &mut Map<String, Value>, place: Place) {
    // A variable of a container, a header in a list, an attribute of a span: its key is beside its value.
    let names = ["name", "key"];
    let name = names.iter().find_map(|key| fields.get(*key).and_then(Value::as_str));
    let is_secret_pair = fields.contains_key("value") && name.is_some_and(|name| is_secret_key(name, Place::Free));
    for (key, value) in fields.iter_mut() {
        let place = if key == "annotations" { Place::Free } else { place };
        if is_secret_key(key, place) || (is_secret_pair && key == "value") {
            redact_secret(value, place);
        } else {
            redact_value(value, place);
        }
    }
}

/// Replaces a value that is a secret by its key; what has fields is looked into, since its keys say more.
fn redact_secret(value: &mut Value, place: Place) {
    match value {
        Value::String(_) | Value::Number(_) => *value = Value::from(REDACTED),
        Value::Array(values) => values.iter_mut().for_each(|one| redact_secret(one, place)),
        Value::Object(fields) => {
            redact_fields(fields, place);
            // A header that an ingress adds is written as an object with its value.
            if let Some(value) = fields.get_mut("value") {
                redact_secret(value, place);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Whether the value under a key is a secret: by the last words of the key, as `DB_PASSWORD`, `apiKey` or `x-auth-token`.
fn is_secret_key(key: &str, place: Place) -> bool {
    let words = split_words(key);
    let ends_with = |ending: &[&str]| {
        let start = words.len().checked_sub(ending.len());
        start.is_some_and(|start| words[start..].iter().map(String::as_str).eq(ending.iter().copied()))
    };
    SECRET_ENDINGS.iter().any(|ending| ends_with(ending)) || (place == Place::Free && ends_with(&[SECRET]))
}

/// The words of a key, in lower case: they are kept apart by other characters, or begin with a capital.
fn split_words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in key.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase() || letter.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Each kind of secret that is known by its look, with what stays of it.
const LOOKS: [(&str, &str); 7] = [
    // A private key, with its frame, even when its end is cut off.
    (r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|$)", "${1}redacted${2}"),
    // A JSON web token, such as that of a ServiceAccount: each of its first two parts is an object in base64.
    (r"\beyJ[\w-]{8,}\.eyJ[\w-]+\.[\w-]*", "redacted"),
    // A header whose whole line is secret.
    (r#"(?i)\b((?:set-)?cookie|(?:proxy-)?authorization)("?\s*:\s*"?)[^\r\n"]+"#, "${1}${2}redacted"),
    // The password in an address.
    (r"(?i)\b([a-z][a-z0-9+.-]*://[^\s/@:]*:)[^\s/@]+(@)", "${1}redacted${2}"),
    (r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}", "${1}redacted"),
    // What well-known services give out has a prefix to be found by.
    (r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|hvs\.)[\w-]{10,}", "redacted"),
    (r"\bAKIA[A-Z0-9]{16}\b", "redacted"),
];

/// The same as expressions, and as one that says which of them are worth a try: most texts have no secret.
static PATTERNS: LazyLock<Option<(RegexSet, Vec<Regex>)>> = LazyLock::new(|| {
    let sources = LOOKS.map(|(source, _)| source);
    let each: Result<Vec<Regex>, _> = sources.iter().map(|source| Regex::new(source)).collect();
    Some((RegexSet::new(sources).ok()?, each.ok()?))
});

/// A key with its value, as flags, lines of configuration, query strings and log lines write them.
static PAIR: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"([A-Za-z][\w.-]*)("?\s*[=:]\s*)("[^"]+"|'[^']+'|[^\s"'&,;]+)"#).ok());

/// The text without its secrets; `None` when it has none.
fn redact_text(text: &str) -> Option<String> {
    let mut redacted = text.to_owned();
    if let Some((set, patterns)) = PATTERNS.as_ref() {
        for index in set.matches(text) {
            redacted = patterns[index].replace_all(&redacted, LOOKS[index].1).into_owned();
        }
    }
    if let Some(pair) = PAIR.as_ref().filter(|_| redacted.contains(['=', ':'])) {
        let replace = |found: &Captures<'_>| {
            let (key, sign, value) = (&found[1], &found[2], &found[3]);
            if is_secret_key(key, Place::Free) {
                let quote = value.chars().next().filter(|first| ['"', '\''].contains(first)).map(String::from);
                let quote = quote.unwrap_or_default();
                return format!("{key}{sign}{quote}{REDACTED}{quote}");
            }
            found[0].to_owned()
        };
        redacted = pair.replace_all(&redacted, replace).into_owned();
    }
    (redacted != text).then_some(redacted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is left of `value`.
    fn left(mut value: Value) -> Value {
        redact(&mut value);
        value
    }

    fn left_of_text(text: &str) -> String {
        redact_text(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn the_data_of_a_secret_and_what_repeats_it_are_taken_out() {
        let secret = left(json!({
            "kind": "Secret",
            "metadata": {
                "name": "a",
                "managedFields": [1],
                "annotations": { LAST_APPLIED: "{\"data\":1}", "kept": "yes" },
            },
            "type": "Opaque",
            "data": { "password": "aHVudGVyMg==" },
            "stringData": { "user": "ada" },
        }));
        let expected = json!({
            "kind": "Secret",
            "metadata": { "name": "a", "annotations": { "kept": "yes" } },
            "type": "Opaque",
            "data": { "password": "redacted" },
            "stringData": { "user": "redacted" },
        });
        assert_eq!(secret, expected);
        assert_eq!(left(json!([secret]))[0], expected);
    }

    #[test]
    fn a_config_map_keeps_its_settings_and_loses_its_passwords() {
        let config =
            "[database]\nurl = \"postgres://ada:hunter2@db/quotes\"\nadmin_password = \"two words\"\nlog = debug\n";
        let map = left(json!({
            "kind": "ConfigMap",
            "metadata": { "name": "a" },
            "data": { "grafana.ini": config, "API_TOKEN": "abc", "client-secret": "abc", "level": "debug" },
        }));
        assert_eq!(map["data"]["API_TOKEN"], "redacted");
        assert_eq!(map["data"]["client-secret"], "redacted");
        assert_eq!(map["data"]["level"], "debug");
        let expected =
            "[database]\nurl = \"postgres://ada:redacted@db/quotes\"\nadmin_password = \"redacted\"\nlog = debug\n";
        assert_eq!(map["data"]["grafana.ini"], expected);
    }

    #[test]
    fn a_pod_keeps_what_names_its_secrets_and_loses_their_values() {
        let reference = json!({ "secretKeyRef": { "name": "db", "key": "password" } });
        let pod = json!({
            "kind": "Pod",
            "metadata": { "name": "a", "annotations": { "example.org/webhook-secret": "abc" } },
            "spec": {
                "automountServiceAccountToken": false,
                "imagePullSecrets": [{ "name": "registry" }],
                "containers": [{
                    "name": "a",
                    "args": ["--admin.password=hunter2", "--port=8080"],
                    "env": [
                        { "name": "DB_PASSWORD", "value": "hunter2" },
                        { "name": "GF_SECURITY_ADMIN__TOKEN", "value": "abc" },
                        { "name": "OTHER", "valueFrom": reference },
                        { "name": "LEVEL", "value": "debug" },
                    ],
                }],
                "volumes": [
                    { "name": "tls", "secret": { "secretName": "tls-cert" } },
                    { "name": "api", "projected": { "sources": [{ "serviceAccountToken": { "path": "token" } }] } },
                ],
            },
        });
        let mut expected = pod.clone();
        expected["metadata"]["annotations"]["example.org/webhook-secret"] = json!("redacted");
        expected["spec"]["containers"][0]["args"][0] = json!("--admin.password=redacted");
        expected["spec"]["containers"][0]["env"][0]["value"] = json!("redacted");
        expected["spec"]["containers"][0]["env"][1]["value"] = json!("redacted");
        assert_eq!(left(pod), expected);
    }

    #[test]
    fn the_fields_of_an_object_that_name_a_secret_are_kept_and_headers_are_not() {
        let context = json!({ "kind": "TLSContext", "metadata": { "name": "a" }, "spec": { "secret": "tls", "ca_secret": "ca" } });
        assert_eq!(left(context.clone()), context);
        let mapping = left(json!({ "kind": "Mapping", "metadata": { "name": "a" }, "spec": {
            "add_request_headers": { "Authorization": { "value": "abc" }, "x-routed": { "value": "yes" } },
            "load_balancer": { "cookie": { "name": "sticky" } },
        } }));
        assert_eq!(mapping["spec"]["add_request_headers"]["Authorization"]["value"], "redacted");
        assert_eq!(mapping["spec"]["add_request_headers"]["x-routed"]["value"], "yes");
        assert_eq!(mapping["spec"]["load_balancer"]["cookie"]["name"], "sticky");
    }

    #[test]
    fn an_answer_loses_its_cookies_and_tokens() {
        let answer = left(json!({
            "host": "a.example.org",
            "statuses": { "200": 1 },
            "first": {
                "headers": { "set-cookie": "session=abc; Path=/", "authorization": "abc", "x-routed": "yes" },
                "body": "{\"access_token\":\"abc\",\"quote\":\"x\"}",
                "json": { "access_token": "abc", "quote": "x", "user": { "password": 12345 } },
            },
        }));
        let expected = json!({
            "headers": { "set-cookie": "redacted", "authorization": "redacted", "x-routed": "yes" },
            "body": "{\"access_token\":\"redacted\",\"quote\":\"x\"}",
            "json": { "access_token": "redacted", "quote": "x", "user": { "password": "redacted" } },
        });
        assert_eq!(answer["first"], expected);
    }

    #[test]
    fn a_log_line_and_the_attributes_of_a_span_lose_theirs() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
        let log = left(json!({ "pods": 1, "lines": [
            { "pod": "a", "text": format!("GET /x?token=abc&page=2 with {token}"), "fields": null },
            { "pod": "a", "text": "msg=login password=hunter2 user=ada", "fields": { "apiKey": "abc", "user": "ada" } },
        ] }));
        assert_eq!(log["lines"][0]["text"], "GET /x?token=redacted&page=2 with redacted");
        assert_eq!(log["lines"][1]["text"], "msg=login password=redacted user=ada");
        assert_eq!(log["lines"][1]["fields"], json!({ "apiKey": "redacted", "user": "ada" }));
        let span =
            left(json!({ "spans": [{ "attributes": { "http.request.header.authorization": "abc", "peer": "db" } }] }));
        let attributes = json!({ "http.request.header.authorization": "redacted", "peer": "db" });
        assert_eq!(span["spans"][0]["attributes"], attributes);
    }

    #[test]
    fn a_text_loses_what_looks_like_a_secret_and_nothing_else() {
        for (text, expected) in [
            ("Authorization: Bearer abc", "Authorization: redacted"),
            ("curl -H 'authorization: Basic YWRhOmh1bnRlcjI='", "curl -H 'authorization: redacted"),
            ("sent bearer abcdefgh1234", "sent bearer redacted"),
            ("Cookie: a=b; c=d\nHost: x", "Cookie: redacted\nHost: x"),
            ("https://ada:hunter2@git.example.org/x", "https://ada:redacted@git.example.org/x"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter",
                "-----BEGIN RSA PRIVATE KEY-----redacted-----END RSA PRIVATE KEY-----\nafter",
            ),
            ("pushed with ghp_0123456789abcdefghij", "pushed with redacted"),
            ("key AKIAIOSFODNN7EXAMPLE", "key redacted"),
        ] {
            assert_eq!(left_of_text(text), expected);
        }
        for text in [
            "https://ada@git.example.org:443/qotm",
            "Answers each request with a quote of the moment.",
            "the token that you get is bearer of news",
            "#harbour",
            "level=info msg=\"secretary: Ada\" took=5ms",
            "cert.pem -----BEGIN CERTIFICATE-----",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "kube-api-access-x7z2q",
        ] {
            assert_eq!(left_of_text(text), text);
        }
        assert!(PATTERNS.is_some() && PAIR.is_some(), "every pattern is a regular expression");
    }

    #[test]
    fn what_is_redacted_once_stays_as_it_is() {
        let object = left(json!({ "kind": "ConfigMap", "metadata": {}, "data": {
            "a": "password=hunter2 https://a:b@c Authorization: Basic abcdefgh12", "token": "x",
        } }));
        assert_eq!(left(object.clone()), object);
    }
}
