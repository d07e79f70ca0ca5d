//! Which key of the convention a misspelt key was meant to be.

use strsim::osa_distance;

use super::keys::{KEYS, Key};

/// The prefix without its slash.
const PREFIX_NAME: &str = "a8r.io";
/// The longest name that is compared letter by letter.
const MAX_COMPARED: usize = 24;

/// The key that is meant by `name`, if it is one of the convention's in other letters.
pub(super) fn find_meant(name: &str) -> Option<&'static Key> {
    let plain: String = name.to_lowercase().chars().filter(|letter| !"-_. ".contains(*letter)).collect();
    if plain.is_empty() || plain.len() > MAX_COMPARED {
        return None;
    }
    // A plural or a singular is nearest to its own key.
    let nearest = KEYS.iter().map(|key| (osa_distance(&plain, key.name), key)).min_by_key(|(distance, _)| *distance);
    nearest.filter(|(distance, key)| *distance <= allowed(key.name)).map(|(_, key)| key)
}

/// How many letters may be wrong: short words are near to too many others.
fn allowed(name: &str) -> usize {
    if name.len() <= 5 { 1 } else { 2 }
}

/// Whether a prefix is the convention's, as it is or mistyped.
pub(super) fn is_like_prefix(prefix: &str) -> bool {
    let prefix = prefix.to_lowercase();
    if prefix == PREFIX_NAME || prefix == "a8r" || prefix.starts_with("a8r.") || prefix.ends_with(".a8r.io") {
        return true;
    }
    prefix.len() <= MAX_COMPARED && osa_distance(&prefix, PREFIX_NAME) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_recognised_and_another_word_is_not() {
        for (name, meant) in [
            ("onwer", "owner"),
            ("Owner", "owner"),
            ("owners", "owner"),
            ("run-book", "runbook"),
            ("RUN_BOOK", "runbook"),
            ("runbok", "runbook"),
            ("dependancies", "dependencies"),
            ("repo-sitory", "repository"),
            ("log", "logs"),
            ("bug", "bugs"),
        ] {
            assert_eq!(find_meant(name).map(|key| key.name), Some(meant), "{name}");
        }
        for name in ["team", "pager", "on-call", "", "-", "tier", &"owner".repeat(50)] {
            assert_eq!(find_meant(name), None, "{name}");
        }
    }

    #[test]
    fn a_mistyped_prefix_is_recognised_and_another_tools_is_not() {
        for prefix in ["ar8.io", "A8R.io", "a8r", "a8r.com", "a8rio", "www.a8r.io", "a8r.oi", "a9r.io"] {
            assert!(is_like_prefix(prefix), "{prefix}");
        }
        for prefix in ["k8s.io", "prometheus.io", "kubectl.kubernetes.io", "seaworthy.dev", "getambassador.io", "x"] {
            assert!(!is_like_prefix(prefix), "{prefix}");
        }
    }
}
