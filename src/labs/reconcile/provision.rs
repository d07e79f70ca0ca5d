//! A namespace filled, in an order that never leaves it without isolation: the namespace itself, then rights, limits,
//! quota and network policies, and only when all of those stand and the quota has been counted, the lab's objects.
//!
//! What does not depend on one another is applied at the same time, and the steps are written down while the cluster
//! works, so that the page shows them without their costing the learner anything.

use std::future::Future;
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::try_join;
use serde_json::Value;

use super::isolation_hash;
use crate::cluster::{ClusterError, ClusterFacts, ObjectName};
use crate::db;
use crate::labs::manifests::INSTALLATION_LABEL;
use crate::labs::model::{LabSession, Step, StepRecord};
use crate::labs::objects::{Facts, Images};
use crate::labs::{Lab, Labs, manifests};

/// How long one try waits for the quota's controller.
const QUOTA_TIMEOUT: Duration = Duration::from_secs(20);

/// Why a namespace was not filled.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProvisionError {
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
    pub(super) async fn fill_namespace(&self, session: &LabSession, lab: &Lab) -> Result<(), ProvisionError> {
        let objects = self.fill_objects(session, lab).await?;
        let mut facts = ClusterFacts::default();
        let records = self
            .stage(session, &[Step::Namespace], Vec::new(), async {
                let (found, record) = try_join!(self.cluster.prepare(), self.create_namespace(session))?;
                facts = found;
                Ok(vec![record])
            })
            .await?;
        let isolation = [Step::Access, Step::Limits, Step::Quota, Step::Network];
        let isolated_at = self.core.clock.now();
        let records = self.stage(session, &isolation, records, self.isolate(session, lab, &facts)).await?;
        let records = self.stage(session, &[Step::Objects], records, self.apply_objects(objects)).await?;
        let now = self.core.clock.now();
        let waits = [Step::Workload, Step::Toolbox].map(|step| StepRecord { step, started_at: now, ended_at: None });
        let records = [records, waits.to_vec()].concat();
        let hash = isolation_hash(session, lab, &facts);
        let goes_on = self.mark_applied(&session.id, (&hash, isolated_at), &records).await?;
        if goes_on { Ok(()) } else { Err(ProvisionError::Stopped) }
    }

    /// Does `work` while writing down that its steps began and that those before it ended.
    async fn stage(
        &self,
        session: &LabSession,
        steps: &[Step],
        finished: Records,
        work: impl Future<Output = Result<Records, ClusterError>>,
    ) -> Result<Records, ProvisionError> {
        let now = self.core.clock.now();
        let begun = steps.iter().map(|step| StepRecord { step: *step, started_at: now, ended_at: None });
        let records: Records = finished.into_iter().chain(begun).collect();
        // On the heap, since these futures hold a client's whole chain of layers many times over.
        let (recorded, done) = tokio::join!(self.record_steps(&session.id, &records), Box::pin(work));
        if !recorded? {
            return Err(ProvisionError::Stopped);
        }
        Ok(done?)
    }

    async fn timed<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, ClusterError>>,
    ) -> Result<StepRecord, ClusterError> {
        let started_at = self.core.clock.now();
        work.await?;
        Ok(StepRecord { step, started_at, ended_at: Some(self.core.clock.now()) })
    }

    async fn create_namespace(&self, session: &LabSession) -> Result<StepRecord, ClusterError> {
        let namespace = manifests::namespace(session, &self.installation, self.cluster.settings());
        self.timed(Step::Namespace, self.cluster.create_namespace(&namespace)).await
    }

    async fn isolate(&self, session: &LabSession, lab: &Lab, facts: &ClusterFacts) -> Result<Records, ClusterError> {
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
            self.timed(Step::Network, self.apply_all(&network)),
        )?;
        Ok(vec![access, limits, quota, network])
    }

    async fn wait_for_quota(&self, session: &LabSession) -> Result<(), ClusterError> {
        let quota = ObjectName {
            api_version: "v1",
            kind: "ResourceQuota",
            namespace: Some(&session.namespace),
            name: manifests::QUOTA,
        };
        match self.cluster.wait_until(&quota, QUOTA_TIMEOUT, manifests::quota_is_counted).await? {
            Some(_counted) => Ok(()),
            None => Err(ClusterError::Other(
                "its controllers have not counted the quota; without that no pod may start".to_owned(),
            )),
        }
    }

    async fn apply_objects(&self, objects: Vec<Value>) -> Result<Records, ClusterError> {
        Ok(vec![self.timed(Step::Objects, self.apply_all(&objects)).await?])
    }

    pub(super) async fn apply_all(&self, objects: &[Value]) -> Result<(), ClusterError> {
        let applied = objects.iter().map(async |object| self.cluster.apply(&self.marked(object.clone())).await);
        try_join_all(applied).await.map(|_applied| ())
    }

    /// The object with the label by which this installation's watches find it.
    pub(super) fn marked(&self, mut object: Value) -> Value {
        object["metadata"]["labels"][INSTALLATION_LABEL] = self.installation.as_str().into();
        object
    }

    async fn fill_objects(&self, session: &LabSession, lab: &Lab) -> Result<Vec<Value>, ProvisionError> {
        let person = self.accounts.find_person(&session.person_id).await?;
        let settings = self.cluster.settings();
        let facts = Facts {
            namespace: &session.namespace,
            nonce: &session.nonce,
            learner: person.as_ref().map_or("", |person| person.name.as_str()),
            host: format!("{}.{}", session.namespace, settings.lab_domain),
            images: Images { qotm: &settings.qotm_image, toolbox: &settings.toolbox_image },
            values: &lab.values,
        };
        let filled = lab.objects.iter().map(|object| object.fill(&facts)).collect::<anyhow::Result<Vec<_>>>();
        let mut objects = filled.map_err(ProvisionError::Lab)?;
        objects.push(manifests::toolbox(session, &settings.toolbox_image));
        Ok(objects)
    }
}
