//! Requests to the web pages of running sessions.

use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;

use super::Labs;
use super::model::SessionId;
use super::web_pages::{Backend, PageAccess, PageError, PageHost, PagePermit, PageRequest, PortName};
use crate::cluster::{PodHttpError, PodPort, empty_body};

impl Labs {
    /// The domain under which the pages of labs lie.
    pub fn lab_domain(&self) -> &str {
        &self.cluster.settings().lab_domain
    }

    /// How long a page may take until its answer begins.
    fn page_timeout(&self) -> Duration {
        Duration::from_secs(self.settings.page_timeout_seconds)
    }

    /// How long neither side of an open answer or websocket may send anything.
    pub fn page_idle_timeout(&self) -> Duration {
        Duration::from_secs(self.settings.page_idle_seconds)
    }

    /// How much a request to a page may hold.
    pub fn page_max_body(&self) -> u64 {
        self.settings.page_max_body_mib * 1024 * 1024
    }

    /// Counts one more request to the pages of a session; `None` when too many are under way.
    pub fn take_page_permit(&self, session: &SessionId) -> Option<PagePermit> {
        self.web_pages.permits.take(session, self.settings.page_max_requests)
    }

    /// Where the page at a host leads, by the rules of its lab.
    fn find_backend(&self, lab: &str, host: &PageHost) -> Result<Backend, PageError> {
        let unknown = || PageError::Unknown(host.name.clone());
        let lab = self.catalogue().find(lab).ok_or_else(unknown)?;
        let namespace = host.namespace.clone();
        match lab.web.iter().find(|page| page.name == host.name) {
            Some(page) => Ok(Backend { namespace, service: page.service.clone(), port: page.port.clone() }),
            None if lab.web_services => Ok(Backend { namespace, service: host.name.clone(), port: None }),
            None => Err(unknown()),
        }
    }

    /// The Service behind a host of a lab's pages, and the port that the lab names for it.
    pub fn find_page_backend(&self, lab: &str, host: &PageHost) -> Option<(String, Option<PortName>)> {
        self.find_backend(lab, host).ok().map(|backend| (backend.service, backend.port))
    }

    /// The Service behind a page.
    pub fn find_page_service(&self, access: &PageAccess) -> Option<String> {
        self.find_backend(&access.lab, &access.host).ok().map(|backend| backend.service)
    }

    /// Sends a request to a pod behind a page.
    pub async fn send_to_page(
        &self,
        access: &PageAccess,
        request: PageRequest,
    ) -> Result<Response<Incoming>, PageError> {
        let answer = self.try_to_send(access, request).await;
        self.web_pages.backends.record(&access.host, answer.as_ref().err());
        answer
    }

    async fn try_to_send(&self, access: &PageAccess, request: PageRequest) -> Result<Response<Incoming>, PageError> {
        let backend = self.find_backend(&access.lab, &access.host)?;
        let again = request.is_repeatable().then(|| request.parts.clone());
        let first = self.send_once(&backend, request).await;
        match (first, again) {
            // The pod may have been replaced since it was looked up.
            (Err(PageError::NoAnswer { fault, .. }), Some(parts)) if !matches!(fault, PodHttpError::TimedOut(_)) => {
                self.web_pages.backends.forget_pods(&backend);
                self.send_once(&backend, PageRequest { parts, body: None }).await
            }
            (first, _) => first,
        }
    }

    async fn send_once(&self, backend: &Backend, request: PageRequest) -> Result<Response<Incoming>, PageError> {
        let pod = self.choose_pod(backend).await?;
        let request = Request::from_parts(request.parts, request.body.unwrap_or_else(empty_body));
        let sent = self.web_pages.http.send(&pod, request, self.page_timeout()).await;
        sent.map_err(|fault| {
            self.web_pages.backends.forget_pods(backend);
            PageError::NoAnswer { service: backend.service.clone(), pod: Box::new(pod), fault }
        })
    }

    async fn choose_pod(&self, backend: &Backend) -> Result<PodPort, PageError> {
        if let Some(pod) = self.web_pages.backends.next_pod(backend) {
            return Ok(pod);
        }
        let pods = backend.find_pods(&self.cluster).await?;
        let first = pods.first().cloned().ok_or_else(|| PageError::NoPod(backend.service.clone()))?;
        self.web_pages.backends.remember_pods(backend, pods);
        Ok(self.web_pages.backends.next_pod(backend).unwrap_or(first))
    }
}
