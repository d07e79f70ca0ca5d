//! Whether the cluster's network enforces network policies: found by a probe with two pods, kept for a while, told by all
//! pages.
//!
//! The API server takes network policies whether or not anything enforces them, so that only trying tells.

mod pods;
mod probe;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Cluster;
use super::connection::Fingerprint;

/// How long after a probe that could not tell the next one begins.
const RETRY_AFTER: Duration = Duration::from_mins(2);

/// Whether learners' pods are kept apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PolicyEnforcement {
    /// No probe has ended yet.
    Unchecked,
    /// A policy stopped what it forbids, and only as long as it was there.
    Enforced,
    /// Traffic went on against a policy.
    NotEnforced,
    /// The probe could not tell.
    Unknown {
        /// Why not.
        why: String,
    },
}

impl PolicyEnforcement {
    /// One of each.
    pub fn samples() -> Vec<Self> {
        let why = "The pods that try it did not become ready.".to_owned();
        vec![Self::Unchecked, Self::Enforced, Self::NotEnforced, Self::Unknown { why }]
    }
}

impl std::fmt::Display for PolicyEnforcement {
    /// A sentence for whoever runs the cluster.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unchecked => formatter.write_str("Whether the cluster enforces network policies is not known yet."),
            Self::Enforced => formatter
                .write_str("The cluster enforces network policies: one learner's pods cannot reach another's."),
            Self::NotEnforced => formatter.write_str(
                "The cluster does not enforce network policies: one learner's pods can reach another's, and whatever else \
                 the cluster's network leads to. A network plugin or policy controller that enforces them, such as Calico, \
                 Cilium or kube-router, changes that.",
            ),
            Self::Unknown { why } => {
                write!(formatter, "Whether the cluster enforces network policies could not be found out. {why}")
            }
        }
    }
}

/// The result of the last probe, and the lock that lets one run at a time.
#[derive(Clone, Default)]
pub(super) struct Enforcement {
    last: watch::Sender<Option<Finding>>,
    probing: Arc<Mutex<()>>,
}

#[derive(Clone)]
struct Finding {
    finished_at: Instant,
    /// The kubeconfig of the cluster that it is about.
    source: Fingerprint,
    result: PolicyEnforcement,
}

impl Finding {
    fn is_fresh(&self, interval: Duration) -> bool {
        let kept_for = match self.result {
            PolicyEnforcement::Unknown { .. } => interval.min(RETRY_AFTER),
            _ => interval,
        };
        self.finished_at.elapsed() < kept_for
    }
}

impl Cluster {
    /// What the last probe of this cluster found, without waiting for another.
    pub fn policy_enforcement(&self) -> PolicyEnforcement {
        self.last_finding().map_or(PolicyEnforcement::Unchecked, |last| last.result)
    }

    fn last_finding(&self) -> Option<Finding> {
        let last = self.enforcement.last.borrow().clone()?;
        (Some(last.source) == self.source.fingerprint()).then_some(last)
    }

    /// Probes now, for a minute and a half at the most, and answers what was found.
    pub async fn probe_policies(&self) -> PolicyEnforcement {
        self.probe_policies_until(&CancellationToken::new()).await
    }

    async fn probe_policies_until(&self, stop: &CancellationToken) -> PolicyEnforcement {
        let _one_at_a_time = self.enforcement.probing.lock().await;
        let Some(source) = self.source.fingerprint() else {
            return PolicyEnforcement::Unknown { why: Self::absent().to_string() };
        };
        let Some(result) = Box::pin(self.find_enforcement(stop)).await else { return self.policy_enforcement() };
        tracing::info!(cluster = self.settings.name, result = %result, "network policies probed");
        let finding = Finding { finished_at: Instant::now(), source, result: result.clone() };
        self.enforcement.last.send_replace(Some(finding));
        result
    }

    /// Probes a cluster that answers whenever the last result is too old, until `stop`.
    pub(super) async fn keep_probing_policies(&self, stop: &CancellationToken) {
        let Some(interval) = self.settings.policy_probe_interval() else { return };
        while !stop.is_cancelled() {
            let is_fresh = self.last_finding().is_some_and(|last| last.is_fresh(interval));
            if !is_fresh && self.last_known_state().is_ready() {
                self.probe_policies_until(stop).await;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(super::health::PROBE_INTERVAL) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_told_in_sentences() {
        for state in PolicyEnforcement::samples() {
            let text = state.to_string();
            assert!(text.contains("network policies") && text.ends_with('.') && !text.contains('\n'), "{text}");
        }
    }

    #[tokio::test]
    async fn what_could_not_be_told_is_tried_again_sooner() {
        let finding = |seconds, result| Finding {
            finished_at: Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap(),
            source: Fingerprint::none(),
            result,
        };
        let interval = Duration::from_mins(15);
        assert!(finding(300, PolicyEnforcement::Enforced).is_fresh(interval));
        assert!(!finding(901, PolicyEnforcement::NotEnforced).is_fresh(interval));
        assert!(!finding(300, PolicyEnforcement::Unknown { why: String::new() }).is_fresh(interval));
    }
}
