//! The pages of a session, as the lab's page lists them.

use serde::Serialize;

use super::backends::find_pods;
use super::error::PageError;
use super::model::{PageHost, WebPage};
use crate::cluster::{ClusterError, ServiceEndpoints};

/// How a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WebPageState {
    /// Its Service, or a ready pod behind it, is not there yet.
    Missing,
    /// A pod is ready.
    Ready,
    /// A pod is ready, and it did not answer when the page was last opened.
    Failing,
    /// The cluster does not say.
    Unknown,
}

/// A page as the lab's page lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WebPageView {
    /// Its name in addresses.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// How it is.
    pub state: WebPageState,
    /// Why it is not ready.
    pub reason: Option<String>,
}

/// The pages of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WebPagesView {
    /// Those that the lab names, then the namespace's other Services where the lab shows them.
    pub pages: Vec<WebPageView>,
    /// The domain under which they lie.
    pub lab_domain: String,
    /// Whether browsers lead every name under that domain to their own machine, without DNS.
    pub is_local: bool,
    /// Whether one of them is not ready, so that the list may change soon.
    pub is_waiting: bool,
}

/// What is known of the pages of a session, beside the session and its lab.
#[derive(Clone, Debug, Default)]
pub(in crate::labs) struct PageContext {
    /// The Services of the namespace; `None` before there is one.
    pub(in crate::labs) services: Option<Result<Vec<ServiceEndpoints>, ClusterError>>,
    pub(in crate::labs) failures: Vec<(String, PageError)>,
    pub(in crate::labs) lab_domain: String,
}

impl WebPagesView {
    /// The pages of a running session, as its lab names them; `None` for a lab without any.
    pub(in crate::labs) fn new((web, shows_services): (&[WebPage], bool), context: PageContext) -> Option<Self> {
        let services = context.services?;
        let view = |page: &WebPage| {
            let failure = context.failures.iter().find(|(name, _)| *name == page.name).map(|(_, failure)| failure);
            let (state, reason) = judge(page, services.as_deref(), failure);
            WebPageView { name: page.name.clone(), title: page.title.clone(), state, reason }
        };
        let mut pages: Vec<WebPageView> = web.iter().map(view).collect();
        if shows_services {
            let others = services.as_deref().unwrap_or_default().iter().filter(|service| {
                let is_shown = web.iter().any(|page| page.service == service.name || page.name == service.name);
                !is_shown && !service.ports.is_empty()
            });
            pages.extend(others.filter_map(of_service).map(|page| view(&page)));
        }
        Some(Self {
            is_waiting: pages.iter().any(|page| page.state != WebPageState::Ready),
            is_local: context.lab_domain == "localhost" || context.lab_domain.ends_with(".localhost"),
            lab_domain: context.lab_domain,
            pages,
        })
    }

    /// An example with a page in every state.
    pub(in crate::labs) fn sample() -> Self {
        let page = |name: &str, state, reason: Option<&str>| WebPageView {
            name: name.to_owned(),
            title: name.to_owned(),
            state,
            reason: reason.map(str::to_owned),
        };
        let pages = vec![
            page("quote", WebPageState::Ready, None),
            page("grafana", WebPageState::Missing, Some("There is no Service called grafana in your namespace.")),
            page("front", WebPageState::Failing, Some("Nothing listens on port 8080 of the pod front-0.")),
            page("prometheus", WebPageState::Unknown, Some("The cluster does not answer.")),
        ];
        Self { pages, lab_domain: "labs.localhost".to_owned(), is_local: true, is_waiting: true }
    }
}

/// A Service as a page; `None` where its name cannot begin a host name.
fn of_service(service: &ServiceEndpoints) -> Option<WebPage> {
    let name = service.name.clone();
    PageHost::parse(&format!("{name}--0000000000000000"))?;
    Some(WebPage { title: format!("Service {name}"), service: name.clone(), name, port: None, path: "/".to_owned() })
}

fn judge(
    page: &WebPage,
    services: Result<&[ServiceEndpoints], &ClusterError>,
    failure: Option<&PageError>,
) -> (WebPageState, Option<String>) {
    let services = match services {
        Ok(services) => services,
        Err(fault) => return (WebPageState::Unknown, Some(fault.to_string())),
    };
    let found = services.iter().find(|service| service.name == page.service);
    let found = found.ok_or_else(|| PageError::NoService(page.service.clone()));
    match found.and_then(|service| find_pods(service, page.port.as_ref())) {
        Err(fault) => (WebPageState::Missing, Some(fault.to_string())),
        Ok(_) => match failure.filter(|failure| matches!(failure, PageError::NoAnswer { .. })) {
            Some(failure) => (WebPageState::Failing, Some(failure.to_string())),
            None => (WebPageState::Ready, None),
        },
    }
}
