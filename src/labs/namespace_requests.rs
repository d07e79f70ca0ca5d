//! What is in the namespace of a person's running session.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::Value;

use super::Labs;
use super::model::LabSession;
use super::namespace_view::{NamespaceView, Objects, QUERIES, Traffic};
use super::refusal::OpenError;
use crate::accounts::PersonId;
use crate::cluster::{CachedKind, ClusterState, Part, PartKind, PartState};

/// How long a page waits for the metrics.
const METRICS_TIMEOUT: Duration = Duration::from_secs(3);

const POD: (&str, &str) = ("v1", "Pod");
const DEPLOYMENT: (&str, &str) = ("apps/v1", "Deployment");
const SERVICE: (&str, &str) = ("v1", "Service");
const SLICE: (&str, &str) = ("discovery.k8s.io/v1", "EndpointSlice");
const MAPPING: (&str, &str) = ("getambassador.io/v3alpha1", "Mapping");
const EVENT: (&str, &str) = ("v1", "Event");
const QUOTA: (&str, &str) = ("v1", "ResourceQuota");

impl Labs {
    /// The kinds that [`Labs::find_namespace_view`] shows, which are kept by one watch each.
    pub fn list_viewed_kinds() -> impl Iterator<Item = CachedKind> {
        let kinds = [POD, DEPLOYMENT, SERVICE, SLICE, MAPPING, EVENT, QUOTA];
        kinds.into_iter().map(|(api_version, kind)| CachedKind { api_version: api_version.into(), kind: kind.into() })
    }

    /// What is in the namespace of a person's running session.
    pub async fn find_namespace_view(&self, person: &PersonId, lab: &str) -> Result<NamespaceView, OpenError> {
        let session = self.find_ready_session(person, lab).await?;
        let list = |kind| self.cluster.list_cached(kind, &session.namespace, None).ok();
        let has_ingress = self.has_part(PartKind::Ingress);
        let objects = Objects {
            pods: list(POD),
            deployments: list(DEPLOYMENT),
            services: list(SERVICE),
            slices: list(SLICE),
            mappings: list(MAPPING).filter(|_| has_ingress),
            events: list(EVENT),
            quotas: list(QUOTA),
        };
        let trouble = match self.cluster.last_known_state() {
            ClusterState::Ready { .. } => None,
            ClusterState::Starting { step, .. } => Some(format!("The cluster is starting: {step}.")),
            ClusterState::Unreachable { why, .. } => Some(why),
            ClusterState::Absent { advice } => Some(advice),
        };
        let traffic = match &trouble {
            None => self.find_traffic(&session).await,
            Some(_) => Err("The cluster does not answer, so nobody knows.".to_owned()),
        };
        let now = self.core.clock.now();
        Ok(NamespaceView::new((&session.namespace, has_ingress), &objects, traffic, (trouble, now)))
    }

    fn has_part(&self, kind: PartKind) -> bool {
        self.cluster.known_parts().iter().any(|part: &Part| part.kind == kind && part.state == PartState::Ready)
    }

    /// Who calls whom; the error says in words why that is not known.
    async fn find_traffic(&self, session: &LabSession) -> Result<Traffic, String> {
        if !self.has_part(PartKind::Mesh) {
            return Err("This cluster has no mesh, so nobody counts the requests between services.".to_owned());
        }
        if !self.has_part(PartKind::Metrics) {
            return Err("This cluster has no Prometheus that keeps what the mesh counts.".to_owned());
        }
        self.traffic.find(&session.id, self.core.clock.now(), self.measure_traffic(session)).await
    }

    async fn measure_traffic(&self, session: &LabSession) -> Result<Traffic, String> {
        let asked = QUERIES.map(async |(measure, query)| {
            let query = query.replace("NAMESPACE", &session.namespace);
            let result = self.query_metrics(session, &query).await?;
            Ok::<_, String>((measure, result))
        });
        let answers = tokio::time::timeout(METRICS_TIMEOUT, Box::pin(try_join_all(asked))).await;
        let late = |_elapsed| format!("Prometheus did not answer within {} s.", METRICS_TIMEOUT.as_secs());
        let results: BTreeMap<_, Value> = answers.map_err(late)??.into_iter().collect();
        Ok(Traffic::of(&results))
    }
}
