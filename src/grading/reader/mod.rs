//! Reads what checks are about, with the platform's own credentials: never more than a bound, and never for long.

mod http;
mod log;
mod promql;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::evidence::{MAX_READ_BYTES, redact, replace_oversized};
use super::read::{ObjectRead, Read};
use crate::cluster::{Cluster, ClusterError, PodHttp};
use crate::jobs::without_slot;
use crate::labs::{LabSession, Labs};

/// How long a read is retried, while the cluster does not answer, before its checks count as "could not grade".
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// How long one probe may take in all.
const PROBE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many reads of a request are under way at once.
const READS_AT_ONCE: usize = 8;
/// What ends each reason why something could not be read.
const NOTHING_HELD: &str = "Nothing is held against you; check again in a moment.";

/// Reads for checks; clones share the connections.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    labs: Labs,
    cluster: Cluster,
    http: PodHttp,
}

impl Reader {
    pub(super) fn new(labs: &Labs, cluster: &Cluster) -> Self {
        Self { labs: labs.clone(), cluster: cluster.clone(), http: PodHttp::new(cluster) }
    }

    /// Reads each of `wanted` in the session's namespace once; the error is for the learner.
    pub(super) async fn read<'a>(
        &self,
        wanted: BTreeSet<&'a Read>,
        session: &LabSession,
    ) -> BTreeMap<&'a Read, Result<Value, String>> {
        let mut reads: Vec<BoxFuture<'_, (&'a Read, Result<Value, String>)>> = Vec::new();
        for read in wanted {
            reads.push(Box::pin(async move { (read, self.read_one(read, session).await) }));
        }
        stream::iter(reads).buffer_unordered(READS_AT_ONCE).collect().await
    }

    async fn read_one(&self, read: &Read, session: &LabSession) -> Result<Value, String> {
        let namespace = &session.namespace;
        // In boxes, since the future of each is large and most reads are of another kind.
        let probe: BoxFuture<'_, Result<Value, String>> = match read {
            Read::Object(object) => Box::pin(self.read_patiently(object, namespace)),
            Read::Http(probe) => Box::pin(http::probe(&self.cluster, &self.http, probe, namespace)),
            Read::Promql(probe) => Box::pin(promql::probe((&self.labs, &self.cluster, &self.http), probe, session)),
            Read::Log(probe) => Box::pin(log::probe(&self.cluster, probe, namespace)),
        };
        let value = if matches!(read, Read::Object(_)) {
            probe.await
        } else {
            // What answers is the learner's, and may take its time.
            without_slot(timeout(PROBE_TIMEOUT, probe)).await.unwrap_or_else(|_elapsed| {
                Err(format!("{} was not read within {} s.", read.describe(), PROBE_TIMEOUT.as_secs()))
            })
        };
        let mut value = value.map_err(|reason| format!("{reason} {NOTHING_HELD}"))?;
        match replace_oversized(&mut value) {
            None => Ok(value),
            Some(bytes) => Err(describe_oversized(read, bytes)),
        }
    }

    async fn read_patiently(&self, read: &ObjectRead, namespace: &str) -> Result<Value, String> {
        let deadline = Instant::now() + READ_TIMEOUT;
        loop {
            match self.read_object(read, namespace).await {
                Err(fault) if fault.is_transient() && Instant::now() + RETRY_INTERVAL <= deadline => {
                    without_slot(sleep(RETRY_INTERVAL)).await;
                }
                outcome => return outcome.map_err(|fault| fault.to_string()),
            }
        }
    }

    async fn read_object(&self, read: &ObjectRead, namespace: &str) -> Result<Value, ClusterError> {
        let ObjectRead { api_version, kind, name, labels } = read;
        let mut value = match name {
            Some(name) => self.cluster.get_object(api_version, kind, namespace, name).await?.unwrap_or_default(),
            None => self.cluster.list_objects(api_version, kind, namespace, labels.as_deref()).await?.into(),
        };
        for object in value.as_array_mut().into_iter().flatten() {
            redact(object);
        }
        redact(&mut value);
        Ok(value)
    }
}

/// The reason why an oversized read gives no verdict: a verdict on a part of it could not be replayed.
fn describe_oversized(read: &Read, bytes: usize) -> String {
    let (what, size, max) = (read.describe(), bytes.div_ceil(1024), MAX_READ_BYTES / 1024);
    format!(
        "{what} takes {size} KiB, and a check reads {max} KiB at the most. Take out what is not needed, such as a long \
         annotation, and check again."
    )
}
