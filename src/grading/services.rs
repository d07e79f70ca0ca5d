//! The Services of a person's running labs, for the catalogue.

use super::Grading;
use super::catalogue::{CatalogueQuery, CatalogueView, Namespace, ServiceView};
use super::model::CheckInput;
use super::tasks::TaskSet;
use crate::accounts::Person;
use crate::db;
use crate::labs::{LabSession, SessionState};

impl Grading {
    /// The Services in a person's running labs that `query` asks for.
    pub async fn find_catalogue(&self, person: &Person, query: CatalogueQuery) -> db::Result<CatalogueView> {
        let running = self.list_running(person).await?;
        let (namespaces, fault) = self.read_namespaces(person, &running).await;
        Ok(CatalogueView::new(&namespaces, query, (fault, running.is_empty())))
    }

    /// One Service of a person's running lab; `None` where there is none of that name.
    pub async fn find_service(&self, person: &Person, lab: &str, service: &str) -> db::Result<Option<ServiceView>> {
        let running = self.list_running(person).await?;
        let running: Vec<LabSession> = running.into_iter().filter(|session| session.lab == lab).collect();
        let (namespaces, fault) = self.read_namespaces(person, &running).await;
        Ok(ServiceView::find(&namespaces, service, (lab, fault)))
    }

    async fn list_running(&self, person: &Person) -> db::Result<Vec<LabSession>> {
        let sessions = self.labs.list_live_of_person(&person.id).await?;
        Ok(sessions.into_iter().filter(|session| session.state == SessionState::Ready).collect())
    }

    /// The Services of sessions, and why those of some are missing.
    async fn read_namespaces(&self, person: &Person, running: &[LabSession]) -> (Vec<Namespace>, Option<String>) {
        let mut namespaces = Vec::new();
        let mut fault = None;
        for session in running {
            let Some(lab) = self.labs.catalogue().find(&session.lab) else { continue };
            let input = CheckInput::of(lab, session, &person.name);
            let tasks = self.find_tasks(&session.lab).map(TaskSet::list).unwrap_or_default();
            match self.cluster.list_objects("v1", "Service", &session.namespace, None).await {
                Ok(services) => namespaces.push(Namespace::read(lab, &services, (tasks, &input))),
                Err(reason) => fault = Some(reason.to_string()),
            }
        }
        (namespaces, fault)
    }
}
