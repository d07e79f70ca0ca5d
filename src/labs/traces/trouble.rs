//! Why no traces are shown, in words.

use serde::Serialize;

use crate::cluster::{ClusterError, TracesError};

/// Why traces were not read.
#[derive(Debug, thiserror::Error)]
pub(in crate::labs) enum ReadError {
    /// Jaeger did not answer with any.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// Too many are being read.
    #[error("Many traces are being read at this moment.")]
    Busy,
    /// The answer is no OTLP.
    #[error("Jaeger's answer could not be read: {0}.")]
    Unreadable(serde_json::Error),
    /// They were read, and something failed on this side.
    #[error("The traces could not be put in order: {0}.")]
    Failed(String),
}

/// Why there are no traces on a page, and whether that may change by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TracesTrouble {
    /// In a few words.
    pub title: &'static str,
    /// In a sentence or two.
    pub text: String,
    /// Whether it is only that many are read at this moment.
    pub is_busy: bool,
}

impl TracesTrouble {
    /// An example.
    pub fn sample() -> Self {
        Self { title: "Jaeger does not answer", text: "No answer within 5 s.".to_owned(), is_busy: false }
    }
}

impl From<ReadError> for TracesTrouble {
    fn from(fault: ReadError) -> Self {
        let title = match &fault {
            ReadError::Traces(TracesError::Absent(_) | TracesError::NoQueryPort(_)) => "This cluster has no traces",
            ReadError::Traces(TracesError::NoTenants) => "The traces of this cluster cannot be shown",
            ReadError::Traces(TracesError::TooLarge(_)) => "That is more than can be shown",
            ReadError::Traces(TracesError::Cluster(ClusterError::Absent(_))) => "There is no cluster",
            ReadError::Traces(TracesError::TimedOut(_) | TracesError::Cluster(_)) => "Jaeger does not answer",
            ReadError::Busy => "One moment",
            ReadError::Traces(TracesError::Refused(..)) | ReadError::Unreadable(_) | ReadError::Failed(_) => {
                "The traces could not be read"
            }
        };
        let is_busy = matches!(fault, ReadError::Busy);
        // Whoever clicks often would fill the log.
        if !is_busy {
            tracing::warn!(error = %fault, "traces not read");
        }
        Self { title, text: fault.to_string(), is_busy }
    }
}
