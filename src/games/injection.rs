//! The injection of a fault: objects of the learner's are changed, once.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use super::Games;
use super::fault::{Change, Fault, FaultObject};
use super::model::Game;
use super::store::games;
use crate::audit::Event;
use crate::cluster::ObjectName;
use crate::labs::{LabSession, TemplateContext};

/// When a game is measured for the first time after its fault came.
const FIRST_MEASURE: SignedDuration = SignedDuration::from_secs(1);

impl Games {
    /// Injects the fault of a game. `is_new` unless an attempt before this one may have changed something.
    pub(super) async fn inject(
        &self,
        game: &Game,
        session: &LabSession,
        is_new: bool,
    ) -> anyhow::Result<Option<SignedDuration>> {
        let plan = self.find_plan(&game.lab);
        let Some(fault) = plan.and_then(|plan| plan.find(game.fault.as_deref().unwrap_or_default())) else {
            self.finish(game, "The lab has no such fault any more.").await?;
            return Ok(None);
        };
        let mut before: Vec<String> = read_hashes(game.before_hash.as_deref());
        if is_new {
            before.clear();
            for change in &fault.changes {
                let Some(hash) = self.hash_object(&change.object, session).await? else {
                    return self.refuse(game, &change.object).await;
                };
                before.push(hash);
            }
            let mut tx = self.core.db.write().await?;
            if !games::begin_injection(&mut tx, &game.id, &serde_json::to_string(&before)?).await? {
                return Ok(Some(SignedDuration::ZERO));
            }
            tx.commit().await?;
        }
        let now = self.core.clock.now();
        for (change, hash) in fault.changes.iter().zip(&before) {
            // What has changed since it was written down has the fault of the attempt before, or had it.
            let is_due = is_new || self.hash_object(&change.object, session).await?.as_ref() == Some(hash);
            if is_due && !self.change(change, session).await? {
                return self.refuse(game, &change.object).await;
            }
        }
        let mut tx = self.core.db.write().await?;
        if games::finish_injection(&mut tx, &game.id, now).await? {
            self.seal_injection(&mut tx, game, fault).await?;
        }
        tx.commit().await?;
        tracing::info!(game = %game.id, fault = fault.id, "fault injected");
        Ok(Some(FIRST_MEASURE))
    }

    async fn seal_injection(&self, conn: &mut crate::db::Conn, game: &Game, fault: &Fault) -> anyhow::Result<()> {
        let detail = serde_json::json!({ "fault": fault.id, "commitment": game.commitment });
        let event = Event { actor: "system", action: "game.inject", subject: game.id.as_str(), detail };
        Ok(self.core.audit.record(conn, event, self.core.clock.now()).await?)
    }

    async fn refuse(&self, game: &Game, object: &FaultObject) -> anyhow::Result<Option<SignedDuration>> {
        let FaultObject { kind, name, .. } = object;
        self.finish(game, &format!("The {kind} {name} is not there, so that no fault could come into it.")).await?;
        Ok(None)
    }

    /// Changes an object; `false` when there is none.
    async fn change(&self, change: &Change, session: &LabSession) -> anyhow::Result<bool> {
        let (images, values) = (self.cluster.settings().images.by_name(), BTreeMap::new());
        let person = self.accounts.find_person(&session.person_id).await?;
        let host = self.cluster.ingress_host(&session.namespace, None);
        let context = TemplateContext::of(session, person.as_ref(), host, (&images, &values));
        let patch = change.patch(&context)?;
        Ok(self.cluster.patch_object(&name_of(&change.object, session), &patch).await?.is_some())
    }

    /// The hash of what an object should be; `None` when there is none.
    async fn hash_object(&self, object: &FaultObject, session: &LabSession) -> anyhow::Result<Option<String>> {
        let FaultObject { api_version, kind, name } = object;
        let found = self.cluster.get_object(api_version, kind, &session.namespace, name).await?;
        Ok(found.map(|object| crate::id::hash_token(&object.get("spec").map(Value::to_string).unwrap_or_default())))
    }
}

fn name_of<'a>(object: &'a FaultObject, session: &'a LabSession) -> ObjectName<'a> {
    ObjectName {
        api_version: &object.api_version,
        kind: &object.kind,
        namespace: Some(&session.namespace),
        name: &object.name,
    }
}

/// The hashes that were written down before an injection.
fn read_hashes(stored: Option<&str>) -> Vec<String> {
    stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
