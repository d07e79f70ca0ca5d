//! The errors of the verbs of labs.

use crate::cluster::ClusterError;
use crate::db;

/// Why a lab was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No lab is called that.
    #[error("no such lab")]
    UnknownLab,
    /// The cluster is starting; this is its current step.
    #[error("the cluster is still starting: {0}")]
    ClusterStarting(String),
    /// The cluster lacks parts that the lab requires; this says which, and why.
    #[error("{0}")]
    PartsMissing(String),
    /// No cluster answers; this is what to do.
    #[error("{0}")]
    NoCluster(String),
    /// The cluster failed while its parts were looked for.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Why a lab was not stopped.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// It does not run.
    #[error("it does not run")]
    NotRunning,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Why a session was given no more time.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// It is not ready, so it does not expire.
    #[error("it is not ready")]
    NotReady,
    /// It was extended as often as the lab allows.
    #[error("all {0} extensions are used")]
    NoneLeft(i64),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Why no terminal or kubeconfig was given.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The session is not ready.
    #[error("the lab is not running")]
    NotReady,
    /// The cluster refused or failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}
