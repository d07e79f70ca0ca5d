//! Why a call to the cluster failed, in sentences that pages show.

/// What the cluster answered, or that it did not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// No cluster is set up.
    #[error("No cluster is set up. {0}")]
    Absent(String),
    /// It does not answer, or not in time.
    #[error("The cluster does not answer ({0}).")]
    Unreachable(String),
    /// The platform's credentials, a quota or a policy do not allow it.
    #[error("The cluster refused it: {0}")]
    Forbidden(String),
    /// The namespace is being deleted.
    #[error("The namespace is still being deleted: {0}")]
    Terminating(String),
    /// Something of that name is there already, or was changed meanwhile.
    #[error("The cluster holds something else of that name: {0}")]
    Conflict(String),
    /// The object breaks the rules of its kind.
    #[error("The cluster does not accept the object: {0}")]
    Invalid(String),
    /// Something that had to be there is not.
    #[error("The cluster does not have it: {0}")]
    NotFound(String),
    /// The cluster has no such kind, usually because a definition is not installed.
    #[error("The cluster knows no kind {0}.")]
    UnknownKind(String),
    /// Anything else.
    #[error("The cluster had a fault: {0}")]
    Other(String),
}

impl ClusterError {
    /// Whether the same call may succeed later without anybody changing it.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Absent(_) | Self::Unreachable(_) | Self::Terminating(_) | Self::Conflict(_) | Self::Other(_)
        )
    }

    pub(super) fn timed_out(seconds: u64) -> Self {
        Self::Unreachable(format!("no answer within {seconds} s"))
    }
}

impl From<kube::Error> for ClusterError {
    fn from(fault: kube::Error) -> Self {
        match fault {
            kube::Error::Api(status) => from_status(&status),
            kube::Error::Auth(fault) => Self::Forbidden(format!("its credentials could not be used: {fault}")),
            kube::Error::SerdeError(fault) => Self::Other(format!("its answer could not be read: {fault}")),
            kube::Error::UpgradeConnection(fault) => Self::Other(format!("no stream could be opened: {fault}")),
            fault => Self::Unreachable(root_cause(&fault)),
        }
    }
}

pub(super) fn from_status(status: &kube::core::Status) -> ClusterError {
    let message = if status.message.is_empty() { status.reason.clone() } else { status.message.clone() };
    let cause = |reason: &str| {
        status.details.as_ref().is_some_and(|details| details.causes.iter().any(|cause| cause.reason == reason))
    };
    let names_an_object = status.details.as_ref().is_some_and(|details| !details.name.is_empty());
    match status.code {
        _ if cause("NamespaceTerminating") || message.contains("object is being deleted") => {
            ClusterError::Terminating(message)
        }
        401 => ClusterError::Forbidden("the platform's credentials are not accepted".to_owned()),
        403 => ClusterError::Forbidden(message),
        404 if names_an_object => ClusterError::NotFound(message),
        404 => ClusterError::UnknownKind(message),
        409 => ClusterError::Conflict(message),
        400 | 413 | 415 | 422 => ClusterError::Invalid(message),
        429 | 502..=504 => ClusterError::Unreachable(message),
        _ => ClusterError::Other(message),
    }
}

/// The innermost cause, which is the one that names what happened.
fn root_cause(fault: &kube::Error) -> String {
    let mut cause: &dyn std::error::Error = fault;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use kube::core::Status;
    use kube::core::response::{StatusCause, StatusDetails};

    use super::*;

    fn status(code: u16, message: &str) -> Status {
        Status::failure(message, "").with_code(code)
    }

    fn details(name: &str, causes: Vec<StatusCause>) -> StatusDetails {
        let (name, text) = (name.to_owned(), String::new);
        StatusDetails { name, group: text(), kind: text(), uid: text(), causes, retry_after_seconds: 0 }
    }

    #[test]
    fn a_refusal_in_a_terminating_namespace_is_told_from_other_refusals() {
        let cause = StatusCause { reason: "NamespaceTerminating".into(), message: String::new(), field: String::new() };
        let terminating = status(403, "x").with_details(details("", vec![cause]));
        assert!(matches!(from_status(&terminating), ClusterError::Terminating(_)));
        assert!(matches!(from_status(&status(403, "x")), ClusterError::Forbidden(_)));
        let again = status(409, "object is being deleted: namespaces \"a\" already exists");
        assert!(matches!(from_status(&again), ClusterError::Terminating(_)));
    }

    #[test]
    fn a_missing_object_is_told_from_a_missing_kind() {
        let missing = status(404, "x").with_details(details("qotm", Vec::new()));
        assert!(matches!(from_status(&missing), ClusterError::NotFound(_)));
        assert!(matches!(from_status(&status(404, "404 page not found")), ClusterError::UnknownKind(_)));
    }

    #[test]
    fn only_transient_errors_are_tried_again() {
        assert!(from_status(&status(503, "starting")).is_transient());
        assert!(from_status(&status(409, "changed")).is_transient());
        assert!(!from_status(&status(422, "bad")).is_transient());
        assert!(!from_status(&status(403, "no")).is_transient());
    }
}
