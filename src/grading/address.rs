//! Web addresses, read as strictly as Kubernetes' own URL library reads them.
//!
//! The parser under kube's CEL functions is that of browsers, which mends what it is given: to it, `https:///x` names
//! the host x, and a blank becomes `%20`. Go's parser, which Kubernetes uses, does neither.

use url::{Host, Url};

/// Whether a text is an address with a scheme, or a path; a host has labels that a name server could know.
pub(super) fn is_url(text: &str) -> bool {
    let is_out_of_place =
        |letter: char| letter.is_whitespace() || letter.is_control() || "\\<>\"^`{|}".contains(letter);
    if text.contains(is_out_of_place) {
        return false;
    }
    if text.starts_with('/') {
        return true;
    }
    let Ok(url) = Url::parse(text) else { return false };
    if !url.is_special() {
        return true;
    }
    let after_scheme = text.split_once(':').map_or("", |(_, rest)| rest);
    let names_host = after_scheme.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    names_host && has_sound_host(&url)
}

/// Whether a browser may be sent there; anything else, `javascript:` above all, stays text.
pub(super) fn is_web_address(text: &str) -> bool {
    is_url(text) && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn has_sound_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let labels = name.strip_suffix('.').unwrap_or(name).split('.');
            labels.into_iter().all(|label| label.len() <= 63 && label.contains(|letter: char| letter.is_alphanumeric()))
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_that_can_be() {
        for text in [
            "https://git.example.org/ada/qotm",
            "HTTPS://Git.Example.org/ada/qotm",
            "https://wiki/qotm/runbook",
            "http://10.0.0.5/x",
            "https://[2001:db8::1]:8443/x",
            "https://b\u{fc}cher.example/regal",
            "https://wiki.example.org/\u{8fd0}\u{884c}\u{624b}\u{518c}?a=b#c",
            "https://bugs.example.org",
            "https://example.org./x",
        ] {
            assert!(is_web_address(text), "{text}");
        }
        for text in [
            "",
            "https://",
            "https:///x",
            "https:x",
            "https:/x/y",
            "https:\\\\x\\y",
            "https://a b",
            "https://git.example.org/a b",
            "https://git..example.org/x",
            "https://.../x",
            "https://-/x",
            "https://?q=x",
            "https://:8080/x",
            "git.example.org/ada",
            "//example.org/x",
            "/x",
            "ftp://example.org/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "mailto:ada@example.org",
            "<https://example.org/x>",
            "\"https://example.org/x\"",
            "https://exa\u{0}mple.org/x",
        ] {
            assert!(!is_web_address(text), "{text}");
        }
    }

    #[test]
    fn a_path_and_another_scheme_are_urls_and_no_web_addresses() {
        for text in ["/x", "mailto:ada@example.org", "ftp://example.org/x"] {
            assert!(is_url(text) && !is_web_address(text), "{text}");
        }
    }
}
