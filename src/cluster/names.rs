//! The names that Kubernetes gives to namespaces and Services.

/// How long a label may be (RFC 1035, section 2.3.4).
pub const MAX_DNS_LABEL: usize = 63;

/// Whether it is a label of DNS (RFC 1123) in lower-case letters, of no more than `max` of them.
pub fn is_dns_label(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
