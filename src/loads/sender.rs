//! The requests of a load, through the cluster's ingress.

use std::time::Duration;

use http::{Method, Request, header};
use tokio::time::{Instant, sleep_until, timeout};

use super::model::Outcome;
use crate::cluster::{Cluster, PodHttp, PodHttpError, PodPort, empty_body, read_body};

/// How long a request may take.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How much later than planned a request may be sent.
const MAX_DELAY: Duration = Duration::from_secs(1);
/// How much of one answer's body is read.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// After what time the pods of the ingress are looked up again.
const LOOKUP_INTERVAL: Duration = Duration::from_secs(10);
/// How long that may take, so that no second is late for it.
const LOOKUP_TIMEOUT: Duration = Duration::from_millis(800);
/// By what the requests are known in a log.
const USER_AGENT: &str = "seaworthy-load";

/// Sends requests to one host name of the ingress.
pub(super) struct Sender<'a> {
    cluster: &'a Cluster,
    http: &'a PodHttp,
    pods: Vec<PodPort>,
    looked_up_at: Option<Instant>,
    next: usize,
}

impl<'a> Sender<'a> {
    pub(super) fn new(cluster: &'a Cluster, http: &'a PodHttp) -> Self {
        Self { cluster, http, pods: Vec::new(), looked_up_at: None, next: 0 }
    }

    /// Looks the ingress's pods up where that was long ago; those that were known stay when there is no answer.
    pub(super) async fn look_up(&mut self) {
        if self.looked_up_at.is_some_and(|at| at.elapsed() < LOOKUP_INTERVAL) {
            return;
        }
        match timeout(LOOKUP_TIMEOUT, self.cluster.find_ingress()).await {
            Ok(Ok(pods)) => {
                self.pods = pods;
                self.looked_up_at = Some(Instant::now());
            }
            Ok(Err(reason)) => tracing::warn!(reason, "load without ingress"),
            Err(_elapsed) => tracing::warn!("load without ingress: the cluster does not answer"),
        }
    }

    /// A request at the time `at`, to be awaited.
    pub(super) fn send(
        &mut self,
        (host, path): (&str, &str),
        at: Instant,
    ) -> impl Future<Output = Outcome> + Send + use<'a> {
        let pod = (!self.pods.is_empty()).then(|| self.pods[self.next % self.pods.len()].clone());
        self.next = self.next.wrapping_add(1);
        let (http, host, path) = (self.http, host.to_owned(), path.to_owned());
        async move {
            let Some(pod) = pod else { return Outcome::Unsent };
            sleep_until(at).await;
            if at.elapsed() > MAX_DELAY {
                return Outcome::Unsent;
            }
            send_one(http, &pod, (&host, &path)).await
        }
    }
}

async fn send_one(http: &PodHttp, pod: &PodPort, (host, path): (&str, &str)) -> Outcome {
    let request = Request::builder().method(Method::GET).uri(path).header(header::HOST, host);
    let Ok(request) = request.header(header::USER_AGENT, USER_AGENT).body(empty_body()) else { return Outcome::Unsent };
    let begun = Instant::now();
    let answered = async {
        let (head, body) = http.send(pod, request, REQUEST_TIMEOUT).await?.into_parts();
        Ok((head.status.as_u16(), read_body(body, MAX_BODY_BYTES).await.err()))
    };
    match timeout(REQUEST_TIMEOUT, answered).await {
        Ok(Ok((status, None))) => {
            Outcome::Answered(status, u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX))
        }
        Ok(Ok((_status, Some(fault)))) => Outcome::Unanswered(format!("the answer's body: {fault}")),
        Ok(Err(PodHttpError::Cluster(fault))) => {
            tracing::warn!(error = %fault, "load request not sent");
            Outcome::Unsent
        }
        Ok(Err(fault)) => Outcome::Unanswered(fault.to_string()),
        Err(_elapsed) => Outcome::Unanswered(format!("no answer within {} s", REQUEST_TIMEOUT.as_secs())),
    }
}
