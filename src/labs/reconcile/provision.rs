//! Provisioning, in an order that never leaves a namespace without isolation: the namespace itself, then rights, limits,
//! quota and network policies, and only after all of those are applied and the quota is counted, the lab's objects.
//!
//! Objects that do not depend on each other are applied at the same time, and steps are recorded while the cluster works, so
//! that recording them takes no extra time.

use std::future::Future;
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::try_join;
use serde_json::Value;

use super::isolation::isolation_hash;
use crate::cluster::{ClusterError, ClusterInfo, ObjectName};
use crate::db;
use crate::labs::catalogue::Lab;
use crate::labs::manifests::INSTALLATION_LABEL;
use crate::labs::model::{LabSession, Step, StepRecord};
use crate::labs::objects::TemplateContext;
use crate::labs::{Labs, manifests};

/// How long one attempt waits for the quota controller.
const QUOTA_TIMEOUT: Duration = Duration::from_secs(20);

/// Why provisioning stopped.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProvisionError {
    /// The session was stopped.
    #[error("the session was stopped")]
    Stopped,
    /// The lab's objects could not be rendered.
    #[error("the lab's objects cannot be rendered: {0:#}")]
    Lab(anyhow::Error),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Database(#[from] db::Error),
}

type Records = Vec<StepRecord>;

impl Labs {
    /// Applies everything that a session needs.
    pub(super) async fn fill_namespace(&self, session: &LabSession, lab: &Lab) -> Result<(), ProvisionError> {
        let objects = self.fill_objects(session, lab).await?;
        let mut info = ClusterInfo::default();
        let records = self
            .stage(session, &[Step::Namespace], Vec::new(), async {
                let (found, record) = try_join!(self.cluster.bootstrap(), self.create_namespace(session))?;
                info = found;
                Ok(vec![record])
            })
            .await?;
        let isolation = [Step::Access, Step::Limits, Step::Quota, Step::Network];
        let isolated_at = self.core.clock.now();
        let records = self.stage(session, &isolation, records, self.isolate(session, lab, &info)).await?;
        let records = self.stage(session, &[Step::Objects], records, self.apply_objects(objects)).await?;
        let now = self.core.clock.now();
        let waits = [Step::Workload, Step::Toolbox].map(|step| StepRecord { step, started_at: now, ended_at: None });
        let records = [records, waits.to_vec()].concat();
        let hash = isolation_hash(session, lab, &info);
        let is_provisioning = self.mark_applied(&session.id, (&hash, isolated_at), &records).await?;
        if is_provisioning { Ok(()) } else { Err(ProvisionError::Stopped) }
    }

    /// Runs `work` while it records that its steps started and that the steps before it ended.
    async fn stage(
        &self,
        session: &LabSession,
        steps: &[Step],
        finished: Records,
        work: impl Future<Output = Result<Records, ClusterError>>,
    ) -> Result<Records, ProvisionError> {
        let now = self.core.clock.now();
        let started = steps.iter().map(|step| StepRecord { step: *step, started_at: now, ended_at: None });
        let records: Records = finished.into_iter().chain(started).collect();
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

    async fn isolate(&self, session: &LabSession, lab: &Lab, info: &ClusterInfo) -> Result<Records, ClusterError> {
        let access = manifests::access(session);
        let limits = [manifests::limit_range(session), manifests::resource_quota(session, lab, info)];
        let network = manifests::network_policies(session, info);
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
        let applied = objects.iter().map(async |object| self.cluster.apply(&self.label_object(object.clone())).await);
        try_join_all(applied).await.map(|_applied| ())
    }

    /// The object with the label that this installation's watches select.
    pub(super) fn label_object(&self, mut object: Value) -> Value {
        object["metadata"]["labels"][INSTALLATION_LABEL] = self.installation.as_str().into();
        object
    }

    async fn fill_objects(&self, session: &LabSession, lab: &Lab) -> Result<Vec<Value>, ProvisionError> {
        let person = self.accounts.find_person(&session.person_id).await?;
        let settings = self.cluster.settings();
        let images = settings.images.by_name();
        let host = self.cluster.ingress_host(&session.namespace, None);
        let context = TemplateContext::of(session, person.as_ref(), host, (&images, &lab.values));
        let filled = lab.objects.iter().map(|object| object.fill(&context)).collect::<anyhow::Result<Vec<_>>>();
        let mut objects = filled.map_err(ProvisionError::Lab)?;
        objects.push(manifests::toolbox(session, &settings.images.toolbox()));
        Ok(objects)
    }
}
