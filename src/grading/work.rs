//! A person's work in labs, for those who review what rests on it.

use super::Grading;
use super::seen_view::{FlagView, LabWork, WorkTask};
use super::store::{self, records};
use crate::accounts::PersonId;
use crate::db;

impl Grading {
    /// A person's work in `labs`, of which those without tasks are left out.
    pub async fn list_work(&self, person: &PersonId, labs: &[String]) -> db::Result<Vec<LabWork>> {
        let mut conn = self.core.db.read().await?;
        let mut work = Vec::new();
        for name in labs {
            let (Some(lab), Some(tasks)) = (self.labs.catalogue().find(name), self.find_tasks(name)) else { continue };
            let passes = store::passes::list(&mut conn, person, name).await?;
            let judged = records::list_newest_of_tasks(&mut conn, person, name).await?;
            let tasks = tasks.list().iter().map(|task| {
                let pass = passes.get(&task.id);
                let request = pass.map(|pass| &pass.request).or_else(|| judged.get(&task.id));
                WorkTask {
                    id: task.id.clone(),
                    title: task.title.clone(),
                    passed_at: pass.map(|pass| pass.passed_at),
                    points: (pass.map_or(0, |pass| task.points.after(pass.hints)), task.points.possible),
                    request: request.cloned(),
                }
            });
            let tasks: Vec<WorkTask> = tasks.collect();
            if !tasks.is_empty() {
                work.push(LabWork { lab: name.clone(), title: lab.title.clone(), tasks });
            }
        }
        Ok(work)
    }

    /// The flags about a person's sessions, for those who review.
    pub async fn list_flags(&self, person: &PersonId) -> db::Result<Vec<FlagView>> {
        let flags = store::list_flags(&mut *self.core.db.read().await?, person).await?;
        let mut views = Vec::new();
        for flag in flags {
            let lab = self.labs.catalogue().find(&flag.lab).map_or(flag.lab, |lab| lab.title.clone());
            let other = self.accounts.find_person(&flag.other_person).await?.map(|other| other.name);
            views.push(FlagView { found_at: flag.found_at, object: flag.object, lab, other });
        }
        Ok(views)
    }
}
