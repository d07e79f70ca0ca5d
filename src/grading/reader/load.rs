//! A load of the session, as the platform has counted it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::grading::read::LoadProbe;
use crate::labs::LabSession;
use crate::loads::{LoadSummary, Loads};

/// The newest run of the load; the error says why nobody knows whether there is one.
pub(super) async fn probe(loads: &Loads, probe: &LoadProbe, session: &LabSession) -> Result<Value, String> {
    let unknown = |fault: crate::db::Error| fault.to_string();
    let Some(load) = loads.find_last_called(&session.id, &probe.id).await.map_err(unknown)? else {
        return Ok(json!({ "state": "none", "started": null, "ended": null, "sent": 0, "succeeded": 0 }));
    };
    let summary = LoadSummary::of(&loads.list_seconds(&load.id).await.map_err(unknown)?);
    Ok(json!({
        "state": load.state.as_str(),
        "started": load.started_at.map(Timestamp::as_second),
        "ended": load.ended_at.map(Timestamp::as_second),
        "sent": summary.sent,
        "succeeded": summary.succeeded,
        "unanswered": summary.unanswered,
        "unsent": summary.unsent,
        "statuses": summary.statuses,
        "milliseconds": { "median": summary.median, "p95": summary.p95 },
    }))
}
