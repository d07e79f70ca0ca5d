//! Reads what checks are about, with the platform's own credentials: never more than a bound, and never for long.

mod grafana;
mod html;
mod http;
mod load;
mod log;
mod page;
mod service;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::evidence::{MAX_READ_BYTES, replace_oversized};
use super::read::{MAX_PROBE_SECONDS, ObjectRead, Read};
use super::redaction::redact;
use crate::cluster::{Cluster, ClusterError, NotCached, PodHttp};
use crate::jobs::without_slot;
use crate::labs::{LabSession, Labs};
use crate::loads::Loads;

/// How long a read is retried, while the cluster does not answer, before its checks count as "could not grade".
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// How long one probe may take in all.
const PROBE_TIMEOUT: Duration = Duration::from_secs(MAX_PROBE_SECONDS as u64);
/// How many reads of a request are under way at once.
const READS_AT_ONCE: usize = 8;
/// What ends each reason why something could not be read.
pub(super) const NOTHING_HELD: &str = "Nothing is held against you; check again in a moment.";

/// When a request must have been graded, with all that it reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    /// That moment.
    pub(super) at: Instant,
    /// How long after the request's begin it is.
    pub(super) within: Duration,
}

impl Deadline {
    /// The one of a request that begins now.
    pub(super) fn after(within: Duration) -> Self {
        Self { at: Instant::now() + within, within }
    }

    /// What the learner is told of a request that has reached it.
    pub(super) fn describe(self) -> String {
        format!("this check of your work took longer than {} s in all", self.within.as_secs())
    }
}

/// Where objects are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectSource {
    /// From the API server, as they are now. Whoever has just run `kubectl apply` and asks for a check must not be judged by
    /// an older state, and a pass is for good, so it is never given on less.
    Cluster,
    /// From the memory of the process, as their watches have last reported them; from the API server where a watch is
    /// interrupted. For checks that a change brings about: the change that is not reported yet brings about another.
    Cache,
}

/// Reads for checks; clones share the connections.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    labs: Labs,
    loads: Loads,
    cluster: Cluster,
    http: PodHttp,
}

impl Reader {
    pub(super) fn new((labs, loads): (&Labs, &Loads), cluster: &Cluster) -> Self {
        let http = PodHttp::new(cluster);
        Self { labs: labs.clone(), loads: loads.clone(), cluster: cluster.clone(), http }
    }

    /// Reads each of `wanted` in the session's namespace once; the error is for the learner.
    pub(super) async fn read<'a>(
        &self,
        wanted: BTreeSet<&'a Read>,
        source: ObjectSource,
        session: &LabSession,
        deadline: Deadline,
    ) -> BTreeMap<&'a Read, Result<Value, String>> {
        let mut reads: Vec<BoxFuture<'_, (&'a Read, Result<Value, String>)>> = Vec::new();
        for read in wanted {
            reads.push(Box::pin(async move { (read, self.read_one(read, source, session, deadline).await) }));
        }
        stream::iter(reads).buffer_unordered(READS_AT_ONCE).collect().await
    }

    async fn read_one(
        &self,
        read: &Read,
        source: ObjectSource,
        session: &LabSession,
        deadline: Deadline,
    ) -> Result<Value, String> {
        let namespace = &session.namespace;
        // In boxes, since the future of each is large and most reads are of another kind.
        let probe: BoxFuture<'_, Result<Value, String>> = match read {
            Read::Object(object) => Box::pin(self.read_patiently(object, source, namespace, deadline)),
            Read::Http(probe) => Box::pin(http::probe(&self.cluster, &self.http, probe, namespace)),
            Read::Promql(probe) => Box::pin(self.labs.query_metrics(session, &probe.0)),
            Read::Log(probe) => Box::pin(log::probe(&self.cluster, probe, namespace)),
            Read::Trace(probe) => Box::pin(trace::probe(&self.labs, probe, session)),
            Read::Grafana(probe) => Box::pin(grafana::probe((&self.cluster, &self.http), probe, namespace)),
            Read::Load(probe) => Box::pin(load::probe(&self.loads, probe, session)),
            Read::Page(probe) => Box::pin(page::probe((&self.labs, &self.cluster, &self.http), probe, session)),
        };
        let value = if matches!(read, Read::Object(_)) {
            probe.await
        } else {
            // What answers is the learner's, and may take its time.
            let until = deadline.at.min(Instant::now() + PROBE_TIMEOUT);
            without_slot(timeout_at(until, probe)).await.unwrap_or_else(|_elapsed| Err(describe_late(read, deadline)))
        };
        let mut value = value.map_err(|reason| format!("{reason} {NOTHING_HELD}"))?;
        redact(&mut value);
        match replace_oversized(&mut value) {
            None => Ok(value),
            Some(bytes) => Err(describe_oversized(read, bytes)),
        }
    }

    async fn read_patiently(
        &self,
        read: &ObjectRead,
        source: ObjectSource,
        namespace: &str,
        end: Deadline,
    ) -> Result<Value, String> {
        if source == ObjectSource::Cache
            && let Ok(value) = self.find_cached(read, namespace)
        {
            return Ok(value);
        }
        let deadline = end.at.min(Instant::now() + READ_TIMEOUT);
        loop {
            match timeout_at(end.at, self.read_object(read, namespace)).await {
                Ok(Err(fault)) if fault.is_transient() && Instant::now() + RETRY_INTERVAL <= deadline => {
                    without_slot(sleep(RETRY_INTERVAL)).await;
                }
                Ok(outcome) => return outcome.map_err(|fault| fault.to_string()),
                Err(_elapsed) => return Err(describe_late(&Read::Object(read.clone()), end)),
            }
        }
    }

    fn find_cached(&self, read: &ObjectRead, namespace: &str) -> Result<Value, NotCached> {
        let ObjectRead { api_version, kind, name, labels } = read;
        let of_kind = (api_version.as_str(), kind.as_str());
        Ok(match name {
            Some(name) => self.cluster.find_cached(of_kind, namespace, name)?.unwrap_or_default(),
            None => self.cluster.list_cached(of_kind, namespace, labels.as_deref())?.into(),
        })
    }

    async fn read_object(&self, read: &ObjectRead, namespace: &str) -> Result<Value, ClusterError> {
        let ObjectRead { api_version, kind, name, labels } = read;
        match name {
            Some(name) => Ok(self.cluster.get_object(api_version, kind, namespace, name).await?.unwrap_or_default()),
            None => Ok(self.cluster.list_objects(api_version, kind, namespace, labels.as_deref()).await?.into()),
        }
    }
}

/// The reason why a read that took too long gives no verdict.
fn describe_late(read: &Read, deadline: Deadline) -> String {
    let what = read.describe();
    if Instant::now() < deadline.at {
        return format!("{what} was not read within {} s.", PROBE_TIMEOUT.as_secs());
    }
    format!("{what} was not read, since {}: something that it asks answers slowly or not at all.", deadline.describe())
}

/// The reason why an oversized read gives no verdict: a verdict on a part of it could not be replayed.
fn describe_oversized(read: &Read, bytes: usize) -> String {
    let (what, size, max) = (read.describe(), bytes.div_ceil(1024), MAX_READ_BYTES / 1024);
    let advice = match read {
        Read::Object(_) => "Take out what is not needed, such as a long annotation, and check again.",
        Read::Http(_) => {
            "That is the first answer's headers and body with all that was counted. Let the service answer with less, and \
             check again."
        }
        Read::Page(_) => "Let the page be shorter, and check again.",
        Read::Grafana(_) => "Leave dashboards and panels out that are not needed, and check again.",
        Read::Promql(_) | Read::Load(_) => {
            "That is not your work's fault but that of the check, whose query gives too many series."
        }
        Read::Trace(_) => "Let the services put less into the attributes of their spans, and check again.",
        Read::Log(_) => "Let the pods write less, or wait until what they have written is old, and check again.",
    };
    format!("{what} takes {size} KiB, and a check reads {max} KiB at the most. {advice}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_too_large_is_named_with_its_size_and_the_limit() {
        let http = json!({ "http": { "path": "/quote" } });
        let object = json!({ "apiVersion": "v1", "kind": "Service", "name": "qotm" });
        let log = json!({ "log": { "labels": "app=qotm" } });
        for (read, begin, has_annotation) in [
            (
                http,
                "What /quote answers through the ingress takes 300 KiB, and a check reads 256 KiB at the most.",
                false,
            ),
            (object, "The Service qotm takes 300 KiB, and a check reads 256 KiB at the most.", true),
            (log, "The log of the pods with app=qotm takes 300 KiB, and a check reads 256 KiB at the most.", false),
        ] {
            let told = describe_oversized(&serde_json::from_value(read).unwrap(), 300 * 1024);
            assert!(told.starts_with(begin), "{told}");
            assert_eq!(told.contains("annotation"), has_annotation, "{told}");
        }
    }
}
