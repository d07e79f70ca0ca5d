//! The page that an annotation of a Service leads to.
//!
//! The address is the learner's own text. It is followed to a Service of the session's namespace and to the lab's own web
//! page of one, and nowhere else: the pods behind it are found by the Service's name, and no name is looked up. A redirect is
//! an answer, and is not followed.

use std::time::Duration;

use http::{Request, header};
use serde_json::{Value, json};
use tokio::time::timeout;
use url::{Host, Position, Url};

use super::html::{self, Page};
use super::service::{Target, Unreached};
use crate::cluster::{Cluster, PodHttp, empty_body, find_service_name, read_body};
use crate::grading::read::PageProbe;
use crate::labs::{HostKind, LabSession, Labs, PortName};

/// How long the answer may take.
const WITHIN: Duration = Duration::from_secs(5);
/// How large the answer may be.
const MAX_BYTES: usize = 256 * 1024;
/// How long an address may be that is followed.
const MAX_ADDRESS_CHARS: usize = 2000;
/// The port of an address that names none.
const HTTP_PORT: u16 = 80;

/// Where an address leads.
#[derive(Debug, PartialEq, Eq)]
struct Destination {
    service: String,
    /// None for the port that a web page of a lab has.
    port: Option<PortName>,
    /// The path with its query.
    path: String,
}

/// What was found.
#[derive(Default)]
struct Found {
    address: String,
    service: String,
    path: String,
    status: u16,
    fault: Option<String>,
    page: Page,
}

/// Reads the page; the error says why nobody knows what it shows.
pub(super) async fn probe(
    (labs, cluster, http): (&Labs, &Cluster, &PodHttp),
    probe: &PageProbe,
    session: &LabSession,
) -> Result<Value, String> {
    let service = cluster.get_object("v1", "Service", &session.namespace, &probe.service).await;
    let service = service.map_err(|fault| fault.to_string())?.unwrap_or_default();
    let address = service["metadata"]["annotations"][&probe.annotation].as_str().unwrap_or_default().trim();
    let mut found = Found { address: address.chars().take(MAX_ADDRESS_CHARS).collect(), ..Found::default() };
    match find_destination(labs, address, session) {
        Err(fault) => found.fault = Some(fault),
        Ok(destination) => {
            found.service.clone_from(&destination.service);
            found.path.clone_from(&destination.path);
            match get(cluster, http, &destination, &session.namespace).await {
                Ok((status, page)) => (found.status, found.page) = (status, page),
                Err(Unreached::Missing(fault)) => found.fault = Some(fault),
                Err(Unreached::Unknown(fault)) => return Err(fault),
            }
        }
    }
    Ok(found.into_value())
}

impl Found {
    fn into_value(self) -> Value {
        let sections = self.page.sections.iter().map(|one| json!({ "heading": one.heading, "text": one.text }));
        json!({
            "address": self.address,
            "service": self.service,
            "path": self.path,
            "status": self.status,
            "fault": self.fault,
            "title": self.page.title,
            "text": self.page.text,
            "sections": sections.collect::<Vec<_>>(),
        })
    }
}

fn find_destination(labs: &Labs, address: &str, session: &LabSession) -> Result<Destination, String> {
    if address.is_empty() {
        return Err("there is no address".to_owned());
    }
    let url = parse(address)?;
    let host = find_name(&url)?;
    let destination = |service: String, port| Destination { service, port, path: path_of(&url) };
    let page = match HostKind::of(&host, labs.lab_domain()) {
        Some(HostKind::Page(page)) if page.namespace == session.namespace => page,
        _ => {
            let service = find_service(&host, &session.namespace)?;
            let port = url.port_or_known_default().unwrap_or(HTTP_PORT);
            if url.scheme() != "http" {
                return Err(format!("{}:// is not what Services of the namespace speak; write http://", url.scheme()));
            }
            return Ok(destination(service, Some(PortName::Number(port))));
        }
    };
    let backend = labs.find_page_backend(&session.lab, &page);
    let (service, port) = backend.ok_or_else(|| format!("the lab has no web page {}", page.name))?;
    Ok(destination(service, port))
}

fn parse(address: &str) -> Result<Url, String> {
    if address.len() > MAX_ADDRESS_CHARS {
        return Err(format!("the address is longer than {MAX_ADDRESS_CHARS} characters"));
    }
    let url = Url::parse(address).map_err(|_fault| "that is no address that a browser could open".to_owned())?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(format!("{}: is no scheme of a web page", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address names a user".to_owned());
    }
    Ok(url)
}

fn find_name(url: &Url) -> Result<String, String> {
    match url.host() {
        Some(Host::Domain(name)) => Ok(name.trim_end_matches('.').to_ascii_lowercase()),
        _ => Err("the address leads to a number and not to the name of a Service".to_owned()),
    }
}

/// The Service of the namespace that a host name within the cluster stands for.
fn find_service(host: &str, namespace: &str) -> Result<String, String> {
    let service = find_service_name(host, namespace).map(str::to_owned);
    service.ok_or_else(|| format!("{host} is not in the lab's namespace"))
}

fn path_of(url: &Url) -> String {
    url[Position::BeforePath..Position::AfterQuery].to_owned()
}

async fn get(
    cluster: &Cluster,
    http: &PodHttp,
    destination: &Destination,
    namespace: &str,
) -> Result<(u16, Page), Unreached> {
    let address = (destination.service.as_str(), destination.port.as_ref());
    let target = Target::find_web(cluster, namespace, address).await?;
    let missing = |fault: String| Unreached::Missing(fault);
    let pod = target.pods.first().ok_or_else(|| missing("no pod is ready".to_owned()))?;
    let request = Request::builder()
        .uri(&destination.path)
        .header(header::HOST, &target.host)
        .header(header::ACCEPT, "text/html")
        .body(empty_body())
        .map_err(|fault| missing(fault.to_string()))?;
    let answered = async {
        let (head, body) = http.send(pod, request, WITHIN).await.map_err(|fault| fault.to_string())?.into_parts();
        let body = read_body(body, MAX_BYTES).await.map_err(|fault| format!("the page: {fault}"))?;
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_html = kind.to_ascii_lowercase().starts_with("text/html");
        Ok((head.status.as_u16(), html::read(&String::from_utf8_lossy(&body), is_html)))
    };
    let late = |_elapsed| Err(format!("no answer within {} s", WITHIN.as_secs()));
    timeout(WITHIN, answered).await.unwrap_or_else(late).map_err(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMESPACE: &str = "0123456789abcdef";

    fn service_at(address: &str) -> Result<String, String> {
        find_service(&find_name(&parse(address)?)?, NAMESPACE)
    }

    #[test]
    fn a_service_of_the_namespace_is_known_by_each_of_its_names() {
        for address in [
            "http://docs/x",
            "http://docs:8080",
            "HTTP://DOCS./x",
            "http://docs.0123456789abcdef/x",
            "http://docs.0123456789abcdef.svc/x",
            "http://docs.0123456789abcdef.svc.cluster.local:80/x?y#z",
        ] {
            assert_eq!(service_at(address).as_deref(), Ok("docs"), "{address}");
        }
        assert_eq!(path_of(&parse("http://docs/a/../b?c=d#e").unwrap()), "/b?c=d");
    }

    #[test]
    fn no_other_address_is_followed() {
        for address in [
            "",
            "docs/x",
            "//docs/x",
            "ftp://docs/x",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://169.254.169.254/latest",
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://[::1]/",
            "http://[::ffff:10.96.0.1]/",
            "http://docs.default/x",
            "http://docs.fedcba9876543210/x",
            "http://docs.fedcba9876543210.svc.cluster.local/x",
            "http://docs.svc/x",
            "http://docs.svc.cluster.local/x",
            "http://.0123456789abcdef/x",
            "http://docs.0123456789abcdef.example.org/x",
            "http://a.docs.0123456789abcdef/x",
            "http://docs.0123456789abcdef.pod.cluster.local/x",
            "http://kubernetes.default.svc/api",
            "http://docs@evil.example/x",
            "http://user:word@docs/x",
            "http://evil.example\\@docs/x",
            "http://docs%2eevil.example/x",
            "https://example.org/x",
        ] {
            assert!(service_at(address).is_err(), "{address}: {:?}", service_at(address));
        }
        let long = format!("http://docs/{}", "x".repeat(MAX_ADDRESS_CHARS));
        assert!(service_at(&long).unwrap_err().contains("longer than"));
    }
}
