//! An object of the session's namespace, or all of a kind.

use super::bounds::quoted;
use crate::cluster::{check_label_selector, is_dns_label};

/// How long the name of an object, and the group of its kind, may be.
pub(super) const MAX_NAME: usize = 253;
/// Kinds whose objects belong to no namespace, so that none is ever found in the session's.
pub(super) const CLUSTER_KINDS: [&str; 14] = [
    "APIService",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingWebhookConfiguration",
];

/// What an API version looks like, for those who write one.
pub(super) const API_VERSION: &str = "^([a-z0-9.-]+/)?v[a-z0-9-]+$";
/// What a kind looks like.
pub(super) const KIND: &str = "^[A-Z][A-Za-z0-9]*$";

/// One object, or all of a kind that labels select.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRead {
    /// The API version, such as `apps/v1`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The object's name; left out for a list.
    pub name: Option<String>,
    /// A label selector for a list.
    pub labels: Option<String>,
}

impl ObjectRead {
    pub(super) fn check(self) -> Result<Self, String> {
        let Self { api_version, kind, name, labels } = &self;
        if name.is_some() && labels.is_some() {
            return Err(format!("{kind} has a name and labels; one of them picks it"));
        }
        if !is_api_version(api_version) {
            return Err(format!("apiVersion {} is none; write one such as v1 or apps/v1", quoted(api_version)));
        }
        let is_kind = kind.starts_with(|letter: char| letter.is_ascii_uppercase())
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_kind {
            return Err(format!("kind {} is none; write it as kubectl explain does, such as Service", quoted(kind)));
        }
        if CLUSTER_KINDS.contains(&kind.as_str()) {
            return Err(format!("a {kind} belongs to no namespace, and a check reads what is in the session's"));
        }
        if name.as_deref().is_some_and(|name| !is_object_name(name)) {
            let name = quoted(name.as_deref().unwrap_or_default());
            return Err(format!("{name} can be no object's name; write one such as qotm, without slashes and blanks"));
        }
        match labels.as_deref().map(check_label_selector) {
            Some(Err(fault)) => Err(format!("labels: {fault}")),
            _ => Ok(self),
        }
    }
}

fn is_api_version(text: &str) -> bool {
    let (group, version) = match text.split_once('/') {
        Some((group, version)) => (Some(group), version),
        None => (None, text),
    };
    let is_group = |group: &str| group.len() <= MAX_NAME && group.split('.').all(|label| is_dns_label(label, MAX_NAME));
    version.starts_with('v') && is_dns_label(version, MAX_NAME) && group.is_none_or(is_group)
}

/// Whether it can stand in an object's address, which is all that the kinds agree about.
fn is_object_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && ![".", ".."].contains(&name)
        && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"/%?#".contains(&byte))
}
