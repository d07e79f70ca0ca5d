//! HTTP to a pod, over a port that the API server forwards.
//!
//! # Why forwarded ports
//! The platform needs no network path to the pods, and a namespace whose policies deny everything is reached all the same.
//! The way begins at a pod's name in a namespace, so that no Service, redirect or DNS name can lead it elsewhere. The API
//! server's proxy for Services would drop the `Authorization` header and rewrite links and redirects.
//!
//! The kubelet opens the connection within the pod, to its own loopback address: a server that listens on the pod's address
//! alone is not reached, and a mesh's proxy is passed by.
//!
//! Opening a forwarded port takes a request to the API server and one to the kubelet, so that connections are kept for a
//! while. A connection belongs to one pod by its uid.

mod connector;
mod stream;

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioTimer;
use tokio::runtime::Handle;

use super::services::PodPort;
use super::{Cluster, ClusterError};
use connector::PodConnector;

/// How long a connection is kept that nobody uses.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many connections to one port of a pod are kept that nobody uses.
const MAX_IDLE: usize = 8;
/// How long the headers of an answer may be.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// How many headers an answer may have.
const MAX_HEADERS: usize = 200;

/// The body of a request to a pod.
pub type PodBody = UnsyncBoxBody<Bytes, std::io::Error>;

/// The body of a request that has none.
pub fn empty_body() -> PodBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// The body of a request that holds these bytes.
pub fn full_body(bytes: Bytes) -> PodBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// Why a pod gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PodHttpError {
    /// The cluster could not lead to the pod.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Nothing listens on the port.
    #[error("the connection was refused: {0}")]
    Refused(String),
    /// The answer did not begin in time.
    #[error("no answer within {0} s")]
    TimedOut(u64),
    /// The connection ended before an answer, or what came was no HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// Sends requests to pods; clones share the connections.
#[derive(Clone)]
pub struct PodHttp {
    client: Client<PodConnector, PodBody>,
}

impl PodHttp {
    /// No connection is open yet.
    pub fn new(cluster: &Cluster) -> Self {
        let client = Client::builder(ClusterRuntime(cluster.runtime.clone()))
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE)
            .http1_max_buf_size(MAX_HEADER_BYTES)
            .http1_max_headers(MAX_HEADERS)
            .set_host(false)
            .build(PodConnector::new(cluster));
        Self { client }
    }

    /// Sends `request`, whose address is a path, to a pod; its answer must begin within `within`.
    pub async fn send(
        &self,
        pod: &PodPort,
        mut request: Request<PodBody>,
        within: Duration,
    ) -> Result<Response<Incoming>, PodHttpError> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let address = Uri::builder().scheme("http").authority(connector::authority(pod)).path_and_query(path).build();
        *request.uri_mut() = address.map_err(|fault| PodHttpError::Broken(fault.to_string()))?;
        match tokio::time::timeout(within, self.client.request(request)).await {
            Ok(answer) => answer.map_err(|fault| explain(&fault)),
            Err(_elapsed) => Err(PodHttpError::TimedOut(within.as_secs())),
        }
    }
}

impl std::fmt::Debug for PodHttp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PodHttp")
    }
}

/// The innermost cause that says what happened.
fn explain(fault: &Error) -> PodHttpError {
    let mut cause: &(dyn std::error::Error + 'static) = fault;
    loop {
        if let Some(fault) = cause.downcast_ref::<ClusterError>() {
            return fault.clone().into();
        }
        let refused = cause.downcast_ref::<std::io::Error>();
        if let Some(fault) = refused.filter(|fault| fault.kind() == std::io::ErrorKind::ConnectionRefused) {
            return PodHttpError::Refused(fault.to_string());
        }
        match cause.source() {
            Some(deeper) => cause = deeper,
            None => return PodHttpError::Broken(cause.to_string()),
        }
    }
}

/// Runs connections on the runtime of the cluster's client, which outlives that of a web worker.
#[derive(Clone)]
struct ClusterRuntime(Handle);

impl<F> hyper::rt::Executor<F> for ClusterRuntime
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}
