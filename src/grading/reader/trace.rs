//! A trace of the session's namespace, from the cluster's Jaeger.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;

use crate::grading::read::TraceProbe;
use crate::labs::{LabSession, Labs, TraceMatch};

/// Looks for `probe`; the error says why nobody knows whether there is one.
pub(super) async fn probe(labs: &Labs, probe: &TraceProbe, session: &LabSession) -> Result<Value, String> {
    let wanted = TraceMatch {
        service: probe.service.clone(),
        operation: probe.operation.clone(),
        min_duration: Duration::from_millis(probe.min_milliseconds.unwrap_or_default().into()),
        attributes: probe.attributes.clone(),
        since: SignedDuration::from_secs(probe.since_seconds.into()),
    };
    let found = labs.find_matching_trace(session, wanted).await.map_err(|trouble| trouble.text)?;
    serde_json::to_value(found).map_err(|fault| fault.to_string())
}
