//! The objects that isolate a session's namespace: rights, limits and network policies. No I/O.

use serde_json::Value;

use crate::cluster::ClusterInfo;
use crate::labs::catalogue::Lab;
use crate::labs::manifests;
use crate::labs::model::LabSession;

/// The objects that isolate the namespace of a session.
pub(super) fn isolation_objects(session: &LabSession, lab: &Lab, info: &ClusterInfo) -> Vec<Value> {
    let access = manifests::access(session);
    let limits = [manifests::limit_range(session), manifests::resource_quota(session, lab, info)];
    access.into_iter().chain(limits).chain(manifests::network_policies(session, info)).collect()
}

/// The hash of those objects, by which a change of the lab or of the cluster's addresses is found.
pub(super) fn isolation_hash(session: &LabSession, lab: &Lab, info: &ClusterInfo) -> String {
    crate::id::hash_token(&Value::Array(isolation_objects(session, lab, info)).to_string())
}
