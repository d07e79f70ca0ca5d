//! What the grader saw: the verdicts of a request with the evidence that they were based on.

use anyhow::Context as _;

use super::Grading;
use super::evidence::Record;
use super::model::CheckResult;
use super::store::{self, chain, records};
use crate::labs::LabSession;

impl Grading {
    /// The newest verdicts on a session, each with what it was based on; `None` before it was graded.
    pub(super) async fn list_newest_results(&self, session: &LabSession) -> anyhow::Result<Option<Vec<CheckResult>>> {
        let mut conn = self.core.db.read().await?;
        let Some(request) = store::find_newest_graded(&mut conn, &session.id).await? else { return Ok(None) };
        let record = records::find_record(&mut conn, &request).await?.context("a graded request has no record")?;
        let record: Record = serde_json::from_str(&record)?;
        let evidence = chain::list_evidence(&mut conn, &request).await?;
        let shown = store::list_verdicts(&mut conn, &request).await?;
        let mut results = Vec::new();
        for (sealed, shown) in record.verdicts.into_iter().zip(shown) {
            let input = sealed.input(&evidence).context("the evidence of a verdict is missing, or was changed")?;
            results.push(CheckResult {
                task: sealed.task,
                check: sealed.check,
                check_version: sealed.check_version,
                judged: shown.judged,
                judged_at: shown.judged_at,
                input,
            });
        }
        Ok(Some(results))
    }
}
