//! Why a verb of the labs refused.

use crate::cluster::ClusterError;
use crate::db;

/// Why a lab was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No lab is called that.
    #[error("no such lab")]
    UnknownLab,
    /// The cluster is on its way; this is what it does now.
    #[error("the cluster is still starting: {0}")]
    ClusterStarting(String),
    /// There is no cluster to run it on; this is what to do.
    #[error("{0}")]
    NoCluster(String),
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
    /// It is not ready, so its time does not run.
    #[error("it is not ready")]
    NotReady,
    /// It was extended as often as the lab allows.
    #[error("all {0} extensions are used")]
    NoneLeft(i64),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Why a terminal or a kubeconfig was not given.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The session is not ready.
    #[error("the lab is not running")]
    NotReady,
    /// The cluster did not do it.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}
