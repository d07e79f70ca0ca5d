//! The links of a Service. No I/O.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use url::{Host, Position, Url};

use crate::cluster::find_service_name;
use crate::labs::{Lab, PageHost, page_path};
use crate::ownership::address::is_web_address;
use crate::ownership::{Graph, Key, Notes};

/// A link to a page about a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceLink {
    /// What the link leads to.
    pub label: &'static str,
    /// The annotation's value.
    pub text: String,
    /// Where it leads; `None` for a value that is no web address.
    pub url: Option<String>,
    /// The Service of the namespace whose web page of the lab that is.
    pub opens: Option<String>,
}

impl ServiceLink {
    pub(super) fn of(key: &Key, notes: &Notes) -> Option<Self> {
        let text = notes.find(key.name)?.to_owned();
        Some(Self { label: key.label, url: is_web_address(&text).then(|| text.clone()), text, opens: None })
    }
}

/// Leads a link to a Service of the same namespace to that Service's web page of the lab, which a browser outside the cluster
/// can open.
pub(super) fn lead_to_page(link: &mut ServiceLink, lab: &Lab, (namespace, graph): (&str, &Graph)) {
    let Some(found) = link.url.as_ref().and_then(|url| find_service(url, namespace)) else { return };
    let (service, path) = found;
    if !graph.has(&service) {
        return;
    }
    let named = lab.web.iter().find(|page| page.service == service).map(|page| page.name.clone());
    let Some(name) = named.or_else(|| lab.web_services.then(|| service.clone())) else { return };
    let Some(host) = PageHost::parse(&format!("{name}--{namespace}")) else { return };
    let path = utf8_percent_encode(page_path(&path), NON_ALPHANUMERIC).to_string();
    link.url = Some(format!("/labs/web/{host}?path={path}"));
    link.opens = Some(service);
}

/// The Service of `namespace` that an address leads to, and the path with its query.
fn find_service(url: &str, namespace: &str) -> Option<(String, String)> {
    let url = Url::parse(url).ok()?;
    let Some(Host::Domain(domain)) = url.host() else { return None };
    let service = find_service_name(domain.trim_end_matches('.'), namespace)?;
    Some((service.to_owned(), url[Position::BeforePath..Position::AfterQuery].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_a_service_by_each_of_its_names() {
        for (url, path) in [
            ("http://docs/qotm/runbook", "/qotm/runbook"),
            ("http://docs", "/"),
            ("http://docs:8080/a?b=c#d", "/a?b=c"),
            ("http://DOCS.ab12/x", "/x"),
            ("http://docs.ab12.svc/x", "/x"),
            ("http://docs.ab12.svc.cluster.local./x", "/x"),
        ] {
            assert_eq!(find_service(url, "ab12"), Some(("docs".to_owned(), path.to_owned())), "{url}");
        }
        for url in ["http://docs.other/x", "http://docs.ab12.example.org/x", "https://10.0.0.1/x", "http://docs.svc/x"]
        {
            assert_eq!(find_service(url, "ab12"), None, "{url}");
        }
    }
}
