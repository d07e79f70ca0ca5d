//! The probe: one pod reaches another, a policy forbids it, and is taken away again.
//!
//! The last step tells a refusal from a pod that has stopped answering for another reason.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::PostParams;
use kube::{Api, ResourceExt as _};
use serde::Deserialize as _;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::PolicyEnforcement;
use super::pods::{self, CLIENT, POLICY, PROBE, PROBE_LABEL, SERVER};
use crate::cluster::{Cluster, ClusterError, ObjectName};

/// How long a whole probe may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(90);
/// How long the pods may take to be ready: their images may have to be pulled.
const READY_TIMEOUT: Duration = Duration::from_secs(45);
/// How long a change of the policies may take to be in force.
const SYNC_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait between two attempts.
const ATTEMPT_INTERVAL: Duration = Duration::from_millis(250);
/// How old the namespace of another process's probe is when that process counts as killed.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_mins(5);

impl Cluster {
    /// Probes in a namespace of its own, which is deleted whatever comes of it; `None` when `stop` broke it off.
    pub(super) async fn find_enforcement(&self, stop: &CancellationToken) -> Option<PolicyEnforcement> {
        let unknown = |why: String| Some(PolicyEnforcement::Unknown { why });
        let namespace = match self.create_probe_namespace().await {
            Ok(namespace) => namespace,
            Err(fault) => return unknown(fault.to_string()),
        };
        let trying = tokio::time::timeout(PROBE_TIMEOUT, self.try_enforcement(&namespace));
        let result = tokio::select! {
            result = trying => match result {
                Ok(Ok(result)) => Some(result),
                Ok(Err(fault)) => unknown(fault.to_string()),
                Err(_elapsed) => unknown(format!("The probe did not end within {} s.", PROBE_TIMEOUT.as_secs())),
            },
            () = stop.cancelled() => None,
        };
        if let Err(fault) = self.delete_namespace(&namespace).await {
            tracing::warn!(namespace, error = %fault, "probe namespace not deleted");
        }
        result
    }

    async fn try_enforcement(&self, namespace: &str) -> Result<PolicyEnforcement, ClusterError> {
        let unknown = |why: &str| Ok(PolicyEnforcement::Unknown { why: why.to_owned() });
        for object in pods::objects(namespace, &self.settings) {
            self.apply(&object).await?;
        }
        let (server, client) =
            tokio::try_join!(self.wait_for_probe_pod(namespace, SERVER), self.wait_for_probe_pod(namespace, CLIENT))?;
        let (Some(server), Some(_)) = (server, client) else {
            return unknown("The pods that try it did not become ready.");
        };
        let Some(url) = pods::url(&server) else { return unknown("A pod came without an address.") };
        if !self.wait_for_reach(namespace, &url, true).await? {
            return unknown("One pod did not reach another although no policy forbade it.");
        }
        self.apply(&pods::policy(namespace)).await?;
        if !self.wait_for_reach(namespace, &url, false).await? {
            return Ok(PolicyEnforcement::NotEnforced);
        }
        self.delete_object(&ObjectName {
            api_version: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            namespace: Some(namespace),
            name: POLICY,
        })
        .await?;
        if !self.wait_for_reach(namespace, &url, true).await? {
            return unknown("One pod did not reach another again after the policy that forbade it was deleted.");
        }
        Ok(PolicyEnforcement::Enforced)
    }

    /// Creates the namespace of a probe and answers its name, once those of probes whose process was killed are deleted.
    async fn create_probe_namespace(&self) -> Result<String, ClusterError> {
        let now = self.clock.now();
        for namespace in self.list_namespaces(&format!("{PROBE_LABEL}={PROBE}")).await? {
            let created_at = namespace["metadata"]["creationTimestamp"].as_str().and_then(|text| text.parse().ok());
            let is_old = created_at.is_some_and(|at: Timestamp| now.duration_since(at) > ABANDONED_AFTER);
            if let Some(name) = namespace["metadata"]["name"].as_str().filter(|_| is_old) {
                self.delete_namespace(name).await?;
            }
        }
        let namespaces: Api<Namespace> = Api::all(self.client().await?);
        let wanted = Namespace::deserialize(pods::namespace());
        let wanted = wanted.map_err(|fault| ClusterError::Other(fault.to_string()))?;
        Ok(self.bounded(namespaces.create(&PostParams::default(), &wanted)).await?.name_any())
    }

    async fn wait_for_probe_pod(&self, namespace: &str, name: &str) -> Result<Option<Value>, ClusterError> {
        let pod = ObjectName { api_version: "v1", kind: "Pod", namespace: Some(namespace), name };
        self.wait_until(&pod, READY_TIMEOUT, pods::is_ready).await
    }

    /// Tries until one pod reaches the other, or does not, as expected; whether that came in time.
    async fn wait_for_reach(&self, namespace: &str, url: &str, expected: bool) -> Result<bool, ClusterError> {
        let begun = Instant::now();
        let command = ["curl", "--silent", "--max-time", "2", "--output", "/dev/null", url];
        loop {
            let outcome = self.run_in_pod(namespace, CLIENT, CLIENT, &command).await?;
            if outcome.is_success == expected {
                return Ok(true);
            }
            if begun.elapsed() > SYNC_TIMEOUT {
                return Ok(false);
            }
            tokio::time::sleep(ATTEMPT_INTERVAL).await;
        }
    }
}
