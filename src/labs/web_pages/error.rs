//! Why a page was not answered, in words for its person.

use super::model::PortName;
use crate::cluster::{ClusterError, NoPods, PodHttpError, PodPort};

/// How much of a message from the cluster a page shows.
const MAX_DETAIL_CHARS: usize = 400;

/// Why a page was not answered, for the person whose page it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The lab has no such page.
    #[error("This lab has no page called {0}.")]
    Unknown(String),
    /// The namespace has no such Service.
    #[error("There is no Service called {0} in your namespace.")]
    NoService(String),
    /// The Service has no such port.
    #[error("The Service {service} has no TCP port {wanted}; it has {ports}.")]
    NoPort {
        /// The Service.
        service: String,
        /// The port that the page is at.
        wanted: String,
        /// Those that the Service has.
        ports: String,
    },
    /// No pod stands behind the Service.
    #[error("The Service {0} selects no pod.")]
    NoPod(String),
    /// Pods stand behind the Service, and none is ready.
    #[error("{}", not_ready(service, *pods))]
    NotReady {
        /// The Service.
        service: String,
        /// How many pods there are.
        pods: usize,
    },
    /// The pod gave no answer.
    #[error("{}", no_answer(service, pod, fault))]
    NoAnswer {
        /// The Service.
        service: String,
        /// The pod that was asked.
        pod: Box<PodPort>,
        /// What happened.
        fault: PodHttpError,
    },
    /// The cluster does not answer.
    #[error("{0}")]
    Cluster(ClusterError),
}

fn not_ready(service: &str, pods: usize) -> String {
    match pods {
        1 => format!("The pod behind the Service {service} is not ready."),
        pods => format!("None of the {pods} pods behind the Service {service} is ready."),
    }
}

fn no_answer(service: &str, pod: &PodPort, fault: &PodHttpError) -> String {
    let (name, port) = (&pod.pod, pod.port);
    match fault {
        PodHttpError::Refused(_) => {
            format!("Nothing listens on port {port} of the pod {name}, where the Service {service} leads.")
        }
        PodHttpError::TimedOut(seconds) => {
            format!("The pod {name} took the request at port {port} and did not answer within {seconds} s.")
        }
        PodHttpError::Broken(detail) => {
            let detail: String = detail.chars().take(MAX_DETAIL_CHARS).collect();
            format!("The pod {name} ended the connection at port {port} before it answered ({detail}).")
        }
        PodHttpError::Cluster(fault) => format!("The pod {name} could not be reached. {fault}"),
    }
}

impl PageError {
    /// Why the Service of a page leads to no pod.
    pub(super) fn of(fault: NoPods, service: &str, wanted: Option<&PortName>) -> Self {
        let service = service.to_owned();
        match fault {
            NoPods::Cluster(fault) => Self::Cluster(fault),
            NoPods::NoService => Self::NoService(service),
            NoPods::NoPort(ports) => {
                let wanted = wanted.map_or_else(|| "at all".to_owned(), ToString::to_string);
                Self::NoPort { service, wanted, ports }
            }
            NoPods::NoPod => Self::NoPod(service),
            NoPods::NotReady(pods) => Self::NotReady { service, pods },
        }
    }

    /// What the person can look at in the terminal.
    pub fn commands(&self) -> Vec<String> {
        match self {
            Self::Unknown(_) | Self::Cluster(_) => Vec::new(),
            Self::NoService(_) => vec!["kubectl get services".to_owned()],
            Self::NoPort { service, .. } => vec![format!("kubectl describe service {service}")],
            Self::NoPod(service) => {
                vec![format!("kubectl describe service {service}"), "kubectl get pods --show-labels".to_owned()]
            }
            Self::NotReady { service, .. } => vec![
                "kubectl get pods".to_owned(),
                "kubectl describe pods".to_owned(),
                format!("kubectl get endpointslices -l kubernetes.io/service-name={service}"),
            ],
            Self::NoAnswer { service, pod, .. } => vec![
                format!("kubectl describe service {service}"),
                format!("kubectl logs {}", pod.pod),
                format!("kubectl describe pod {}", pod.pod),
            ],
        }
    }
}
