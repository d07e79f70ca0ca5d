//! Hints that learners ask for: the hint of a check that fails is shown when its learner asks for it, and from then on.

use super::model::Verdict;
use super::store::{self, attempts, hints};
use super::{Grading, HintError};
use crate::accounts::PersonId;
use crate::labs::SessionState;

impl Grading {
    /// Shows a person the hint of a check of their running lab from now on; `false` when the check does not fail, and so has
    /// none.
    pub async fn ask_hint(&self, person: &PersonId, (lab, task, check): (&str, &str, &str)) -> Result<bool, HintError> {
        let found = self.find_tasks(lab).and_then(|tasks| tasks.find_check(task, check));
        found.ok_or(HintError::UnknownCheck)?;
        let session = self.labs.find_session(person, lab).await?;
        let session = session.filter(|session| session.state == SessionState::Ready).ok_or(HintError::NotRunning)?;
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        if store::is_waiting(&mut tx, &session.id).await? {
            return Err(HintError::BeingChecked);
        }
        let verdicts = store::live::list_newest_verdicts(&mut tx, &session.id).await?;
        let record = verdicts.iter().find(|record| record.task == task && record.check == check);
        if record.is_none_or(|record| record.judged.verdict != Verdict::Fail) {
            return Ok(false);
        }
        if hints::add(&mut tx, &session.id, (task, check), now).await? {
            attempts::add(&mut tx, person, &session.id, (lab, task), now).await?;
            attempts::count_hint(&mut tx, person, lab, task).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}
