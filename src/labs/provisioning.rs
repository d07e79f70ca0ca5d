//! A namespace filled, in an order that never leaves it without walls: the namespace itself, then rights, limits, quota
//! and network policies, and only when all of those stand and the quota has been counted, the lab's objects.
//!
//! What does not depend on one another is applied at the same time, and the steps are written down while the cluster
//! works, so that the page shows them without their costing the learner anything.

use std::future::Future;
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::try_join;
use serde_json::Value;

use super::model::{Session, Step, StepRecord};
use super::objects::{Facts, Images};
use super::{Lab, Labs, manifests};
use crate::cluster::{ClusterError, ClusterFacts, ObjectName};
use crate::db;

/// How long one try waits for the quota's controller.
const QUOTA_TIMEOUT: Duration = Duration::from_secs(20);

/// Why a namespace was not filled.
#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    /// The session was stopped meanwhile.
    #[error("the session was stopped")]
    Stopped,
    /// The lab's files make no objects.
    #[error("the lab's objects cannot be made: {0:#}")]
    Lab(anyhow::Error),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Database(#[from] db::Error),
}

type Records = Vec<StepRecord>;

impl Labs {
    /// Applies everything a session needs; what stands already is left as it is.
    pub(super) async fn build(&self, session: &Session, lab: &Lab) -> Result<(), BuildError> {
        let objects = self.fill_objects(session, lab).await?;
        let mut facts = ClusterFacts::default();
        let records = self
            .stage(session, &[Step::Namespace], Vec::new(), async {
                let (found, record) = try_join!(self.parts.cluster.prepare(), self.create_namespace(session))?;
                facts = found;
                Ok(vec![record])
            })
            .await?;
        let walls = [Step::Access, Step::Limits, Step::Quota, Step::Network];
        let records = self.stage(session, &walls, records, self.raise_walls(session, lab, &facts)).await?;
        let records = self.stage(session, &[Step::Objects], records, self.apply_objects(objects)).await?;
        let now = self.parts.clock.now();
        let waits = [Step::Workload, Step::Toolbox].map(|step| StepRecord { step, started_at: now, ended_at: None });
        let records = [records, waits.to_vec()].concat();
        if self.mark_applied(&session.id, now, &records).await? { Ok(()) } else { Err(BuildError::Stopped) }
    }

    /// Does `work` while writing down that its steps began and that those before it ended.
    async fn stage(
        &self,
        session: &Session,
        steps: &[Step],
        finished: Records,
        work: impl Future<Output = Result<Records, ClusterError>>,
    ) -> Result<Records, BuildError> {
        let now = self.parts.clock.now();
        let begun = steps.iter().map(|step| StepRecord { step: *step, started_at: now, ended_at: None });
        let records: Records = finished.into_iter().chain(begun).collect();
        // On the heap, since these futures hold a client's whole chain of layers many times over.
        let (recorded, done) = tokio::join!(self.record_steps(&session.id, &records), Box::pin(work));
        if !recorded? {
            return Err(BuildError::Stopped);
        }
        Ok(done?)
    }

    async fn timed<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, ClusterError>>,
    ) -> Result<StepRecord, ClusterError> {
        let started_at = self.parts.clock.now();
        work.await?;
        Ok(StepRecord { step, started_at, ended_at: Some(self.parts.clock.now()) })
    }

    async fn create_namespace(&self, session: &Session) -> Result<StepRecord, ClusterError> {
        let namespace = manifests::namespace(session, &self.parts.installation, self.parts.cluster.settings());
        self.timed(Step::Namespace, self.parts.cluster.create_namespace(&namespace)).await
    }

    async fn raise_walls(&self, session: &Session, lab: &Lab, facts: &ClusterFacts) -> Result<Records, ClusterError> {
        let cluster = &self.parts.cluster;
        let [learner, default] = manifests::service_accounts(session);
        let access = [learner, default, manifests::role_binding(session)];
        let limits = [manifests::limit_range(session), manifests::resource_quota(session, lab, facts)];
        let network = manifests::network_policies(session, facts);
        let limited = async {
            let limits = self.timed(Step::Limits, self.apply_all(&limits)).await?;
            let quota = self.timed(Step::Quota, self.wait_for_quota(session)).await?;
            Ok([limits, quota])
        };
        let (access, [limits, quota], network) = try_join!(
            self.timed(Step::Access, self.apply_all(&access)),
            limited,
            self.timed(Step::Network, try_join_all(network.iter().map(|policy| cluster.apply(policy)))),
        )?;
        Ok(vec![access, limits, quota, network])
    }

    async fn wait_for_quota(&self, session: &Session) -> Result<(), ClusterError> {
        let quota = ObjectName {
            api_version: "v1",
            kind: "ResourceQuota",
            namespace: Some(&session.namespace),
            name: manifests::QUOTA,
        };
        match self.parts.cluster.wait_until(&quota, QUOTA_TIMEOUT, manifests::quota_is_counted).await? {
            Some(_counted) => Ok(()),
            None => Err(ClusterError::Other(
                "its controllers have not counted the quota; without that no pod may start".to_owned(),
            )),
        }
    }

    async fn apply_objects(&self, objects: Vec<Value>) -> Result<Records, ClusterError> {
        Ok(vec![self.timed(Step::Objects, self.apply_all(&objects)).await?])
    }

    async fn apply_all(&self, objects: &[Value]) -> Result<(), ClusterError> {
        try_join_all(objects.iter().map(|object| self.parts.cluster.apply(object))).await.map(|_applied| ())
    }

    async fn fill_objects(&self, session: &Session, lab: &Lab) -> Result<Vec<Value>, BuildError> {
        let person = self.parts.accounts.find_person(&session.person_id).await?;
        let settings = self.parts.cluster.settings();
        let facts = Facts {
            namespace: &session.namespace,
            nonce: &session.nonce,
            learner: person.as_ref().map_or("", |person| person.name.as_str()),
            host: format!("{}.{}", session.namespace, settings.lab_domain),
            images: Images { qotm: &settings.qotm_image, toolbox: &settings.toolbox_image },
            values: &lab.values,
        };
        let filled = lab.objects.iter().map(|object| object.fill(&facts)).collect::<anyhow::Result<Vec<_>>>();
        let mut objects = filled.map_err(BuildError::Lab)?;
        objects.push(manifests::toolbox(session, &settings.toolbox_image));
        Ok(objects)
    }
}
