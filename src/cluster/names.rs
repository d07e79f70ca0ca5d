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

/// The Service of `namespace` that a host stands for, by each name that the cluster's DNS knows it by; the host is in lower
/// case and has no dot at its end.
pub fn find_service_name<'a>(host: &'a str, namespace: &str) -> Option<&'a str> {
    let of_cluster = [".svc.cluster.local", ".svc"].iter().find_map(|end| host.strip_suffix(end));
    let service = match of_cluster.unwrap_or(host).split_once('.') {
        None if of_cluster.is_none() => host,
        Some((service, of)) if of == namespace => service,
        _ => return None,
    };
    (!service.is_empty()).then_some(service)
}
