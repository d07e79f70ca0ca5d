//! How the web pages of a session are, for the lab's page.

use std::time::Duration;

use super::Labs;
use super::catalogue::Lab;
use super::model::LabSession;
use super::web_pages::{PageContext, PageHost};
use crate::cluster::ClusterError;

/// How long a lab's page waits for the cluster to say how its pages are.
const STATUS_TIMEOUT: Duration = Duration::from_secs(1);

impl Labs {
    /// Asks the cluster how the pages of a running session are, where its lab has some.
    pub(super) async fn find_page_context(&self, lab: &Lab, session: &LabSession) -> PageContext {
        if lab.web.is_empty() && !lab.web_services {
            return PageContext::default();
        }
        let listing = tokio::time::timeout(STATUS_TIMEOUT, self.cluster.list_services(&session.namespace)).await;
        let unanswered =
            |_elapsed| Err(ClusterError::Unreachable(format!("no answer within {} s", STATUS_TIMEOUT.as_secs())));
        let services = listing.unwrap_or_else(unanswered);
        let own = services.as_deref().unwrap_or_default().iter().map(|service| &service.name);
        let names = lab.web.iter().map(|page| &page.name).chain(own);
        let failure = |name: &String| {
            let host = PageHost { name: name.clone(), namespace: session.namespace.clone() };
            Some((name.clone(), self.web_pages.backends.last_failure(&host)?))
        };
        let failures = names.filter_map(failure).collect();
        PageContext { services: Some(services), failures, lab_domain: self.lab_domain().to_owned() }
    }
}
