//! Web addresses, parsed as strictly as by Go's URL library, which Kubernetes uses.
//!
//! The parser under kube's CEL functions is that of browsers, which corrects its input: `https:///x` gets the host x, and a
//! blank becomes `%20`. Go's parser does neither.

use std::net::IpAddr;

use url::{Host, Url};

/// Whether a text is an address with a scheme, or a path; a host has labels that a name server could know.
pub fn is_url(text: &str) -> bool {
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
    names_host && has_sound_host(&url) && !has_escaped_host(after_scheme) && has_sound_escapes(&url)
}

/// Whether it may be a link; anything else, `javascript:` above all, is shown as text.
pub fn is_web_address(text: &str) -> bool {
    is_url(text) && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Whether it is the address of the machine on which it is opened.
pub fn is_own_machine(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            ["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"].contains(&name.as_str())
                || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => is_own(address.into()),
        Some(Host::Ipv6(address)) => is_own(address.into()),
        None => false,
    }
}

fn is_own(address: IpAddr) -> bool {
    match address.to_canonical() {
        // All of 0.0.0.0/8 is "this host on this network" (RFC 6890).
        IpAddr::V4(address) => address.is_loopback() || address.octets()[0] == 0,
        IpAddr::V6(address) => address.is_loopback() || address.is_unspecified(),
    }
}

fn has_sound_host(url: &Url) -> bool {
    let is_sound = |label: &str| {
        label.len() <= 63
            && label.contains(|letter: char| letter.is_ascii_alphanumeric())
            && label.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
    };
    match url.host() {
        _ if url.port() == Some(0) => false,
        Some(Host::Domain(name)) => name.strip_suffix('.').unwrap_or(name).split('.').all(is_sound),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Whether a host is written with escapes, which Go accepts only for letters beyond ASCII.
fn has_escaped_host(after_scheme: &str) -> bool {
    let authority = after_scheme.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().contains('%')
}

/// Whether each escape of the path and of the fragment is one.
fn has_sound_escapes(url: &Url) -> bool {
    [url.path(), url.fragment().unwrap_or_default()].iter().all(|part| {
        part.split('%')
            .skip(1)
            .all(|escape| escape.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_valid_host() {
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
            "https://ada:p%40ss@git.example.org:443/x",
            "https://git_hub.example.org/a%20b?c=%zz#d#e",
            "https://\u{4f8b}\u{3048}.\u{30c6}\u{30b9}\u{30c8}/x",
            "https://bu\u{308}cher.example/regal",
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
            "https://git.example.org:0/x",
            "https://git.example.org:99999/x",
            "https://git.example.org*/x",
            "https://git.example.org,https://x",
            "https://%67it.example.org/x",
            "https://git.example.org/%zz",
            "https://git.example.org/x#%4",
            "https://user@/x",
        ] {
            assert!(!is_web_address(text), "{text}");
        }
    }

    #[test]
    fn an_address_of_ones_own_machine_is_recognised_in_every_spelling() {
        for text in [
            "http://localhost/x",
            "https://LOCALHOST.:8443",
            "http://qotm.localhost/x",
            "http://ada@localhost.localdomain/x",
            "http://127.0.0.1/x",
            "http://127.1/x",
            "http://2130706433/x",
            "http://0x7f.1./x",
            "http://0.0.0.0/x",
            "http://1/x",
            "https://[::1]:8443/x",
            "https://[::]/x",
            "https://[::ffff:127.0.0.1]/x",
        ] {
            assert!(is_own_machine(text), "{text}");
        }
        for text in ["https://wiki/x", "https://localhost.example.org/x", "http://10.0.0.5", "https://[2001:db8::1]/x"]
        {
            assert!(!is_own_machine(text), "{text}");
        }
    }

    #[test]
    fn a_path_and_another_scheme_are_urls_and_no_web_addresses() {
        for text in ["/x", "mailto:ada@example.org", "ftp://example.org/x"] {
            assert!(is_url(text) && !is_web_address(text), "{text}");
        }
    }
}
