//! The web pages of a lab as `lab.yaml` names them, and their host names. No I/O.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::cluster::{MAX_DNS_LABEL, ServiceEndpoints, ServicePort, is_dns_label};
use crate::text::count_visible;

/// The longest name of a page, so that `<name>--<namespace>` is a label of a host name (RFC 1035: 63 letters).
const MAX_NAME: usize = 45;
/// How many digits the name of a namespace has.
const NAMESPACE_DIGITS: usize = 16;
/// The longest name of a port (RFC 6335).
const MAX_PORT_NAME: usize = 15;

/// A web page of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebPage {
    /// Its name in addresses.
    #[serde(deserialize_with = "read_name")]
    #[schemars(length(min = 1, max = MAX_NAME))]
    pub name: String,
    /// What it is called.
    #[serde(deserialize_with = "read_title")]
    pub title: String,
    /// The Service that answers, in the session's namespace.
    #[serde(deserialize_with = "read_service")]
    pub service: String,
    /// The Service's port, by name or number; left out where the Service has one.
    #[serde(default)]
    pub port: Option<PortName>,
    /// Where it begins.
    #[serde(default = "root", deserialize_with = "read_path")]
    #[schemars(regex(pattern = "^/"))]
    pub path: String,
}

/// A port of a Service, as an author names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum PortName {
    /// By its name.
    Name(String),
    /// By its number.
    Number(u16),
}

impl fmt::Display for PortName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => formatter.write_str(name),
            Self::Number(number) => number.fmt(formatter),
        }
    }
}

impl<'de> Deserialize<'de> for PortName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(i64),
            Name(String),
        }
        let words = "port must be the name or the number of a Service's port, such as http or 80";
        match Written::deserialize(deserializer).map_err(|_kind| D::Error::custom(words))? {
            Written::Number(number) => u16::try_from(number)
                .ok()
                .filter(|number| *number > 0)
                .map(Self::Number)
                .ok_or_else(|| D::Error::custom(format!("port must be from 1 to 65535, not {number}"))),
            Written::Name(name) if is_dns_label(&name, MAX_PORT_NAME) => Ok(Self::Name(name)),
            Written::Name(name) => Err(D::Error::custom(format!("{words}, not {name:?}"))),
        }
    }
}

impl JsonSchema for PortName {
    fn schema_name() -> Cow<'static, str> {
        "PortName".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A port of a Service, by its name or its number.",
            "oneOf": [
                { "type": "integer", "minimum": 1, "maximum": u16::MAX },
                { "type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "maxLength": MAX_PORT_NAME },
            ],
        })
    }
}

impl PortName {
    fn is(&self, port: &ServicePort) -> bool {
        match self {
            Self::Name(name) => *name == port.name,
            Self::Number(number) => *number == port.number,
        }
    }
}

/// The port of a Service that a page is at. Without a name for it: the only one, else the one that is called or numbered
/// as ports of the web are, else the first.
pub fn choose_port<'a>(service: &'a ServiceEndpoints, wanted: Option<&PortName>) -> Option<&'a ServicePort> {
    let mut ports = service.ports.iter();
    if let Some(wanted) = wanted {
        return ports.find(|port| wanted.is(port));
    }
    let is_of_web =
        |port: &&ServicePort| ["http", "web"].contains(&port.name.as_str()) || [80, 8080].contains(&port.number);
    ports.find(is_of_web).or_else(|| service.ports.first())
}

/// The first label of a page's host name: `<name>--<namespace>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct PageHost {
    /// The page's name, or that of a Service.
    pub name: String,
    /// The namespace of the session.
    pub namespace: String,
}

impl PageHost {
    /// Reads a label; `None` for what no page can have.
    pub fn parse(label: &str) -> Option<Self> {
        let (name, namespace) = label.rsplit_once("--")?;
        let is_namespace = namespace.len() == NAMESPACE_DIGITS
            && namespace.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (is_namespace && is_page_name(name)).then(|| Self { name: name.to_owned(), namespace: namespace.to_owned() })
    }
}

impl fmt::Display for PageHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}--{}", self.name, self.namespace)
    }
}

/// What a host name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// The platform: no name under the lab domain.
    Platform,
    /// A page of a lab.
    Page(PageHost),
    /// Something else under the lab domain, or that domain itself.
    Unknown,
}

impl HostKind {
    /// Reads the host of a request; `None` for what is no host.
    pub fn of(host: &str, lab_domain: &str) -> Option<Self> {
        let name = host_name(host)?;
        if name == lab_domain {
            return Some(Self::Unknown);
        }
        let Some(label) = name.strip_suffix(lab_domain).and_then(|rest| rest.strip_suffix('.')) else {
            return Some(Self::Platform);
        };
        Some(PageHost::parse(label).map_or(Self::Unknown, Self::Page))
    }
}

/// The name within a `Host` header: without the port and the dots at its end, in small letters.
fn host_name(host: &str) -> Option<String> {
    let is_odd = |letter: char| !letter.is_ascii_graphic() || "@/\\?#%,\"<>".contains(letter);
    if host.contains(is_odd) {
        return None;
    }
    let (name, port) = match host.rfind(']') {
        Some(end) if host.starts_with('[') => (&host[..=end], &host[end + 1..]),
        Some(_) => return None,
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    is_port.then(|| name.trim_end_matches('.').to_ascii_lowercase())
}

/// `path`, if it is a path of the page's own origin; else its root.
pub fn page_path(path: &str) -> &str {
    let is_own = path.starts_with('/')
        && !path.starts_with("//")
        && !path
            .contains(|letter: char| letter == '\\' || letter == '#' || letter.is_control() || letter.is_whitespace());
    if is_own { path } else { "/" }
}

/// Whether it may begin a host name. A label that begins with `xn--` is a name in Punycode.
fn is_page_name(text: &str) -> bool {
    is_dns_label(text, MAX_NAME) && text != "xn" && !text.starts_with("xn--")
}

fn root() -> String {
    "/".to_owned()
}

fn read_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if is_page_name(&name) {
        return Ok(name);
    }
    Err(D::Error::custom(format!(
        "name must have 1 to {MAX_NAME} lower-case letters, digits and dashes, no dash at either end, and not begin with \
         xn--, since it begins a host name; not {name:?}"
    )))
}

fn read_title<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let title = String::deserialize(deserializer)?;
    if count_visible(&title) > 0 {
        Ok(title)
    } else {
        Err(D::Error::custom("title says nothing; learners choose by it"))
    }
}

fn read_service<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let service = String::deserialize(deserializer)?;
    if is_dns_label(&service, MAX_DNS_LABEL) {
        return Ok(service);
    }
    let words = "service must be the name of a Service in the session's namespace, without a domain";
    Err(D::Error::custom(format!("{words}; not {service:?}")))
}

fn read_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let path = String::deserialize(deserializer)?;
    if page_path(&path) == path {
        return Ok(path);
    }
    Err(D::Error::custom(format!(
        "path must be a path such as /login, without a host, # and white space; not {path:?}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{self, YamlFault};

    const DOMAIN: &str = "labs.localhost";
    const NAMESPACE: &str = "0123456789abcdef";

    fn kind(host: &str) -> Option<HostKind> {
        HostKind::of(host, DOMAIN)
    }

    #[test]
    fn a_page_is_found_however_its_host_is_written() {
        let page = HostKind::Page(PageHost { name: "a--b".into(), namespace: NAMESPACE.into() });
        for host in ["a--b--0123456789abcdef.labs.localhost", "A--B--0123456789ABCDEF.Labs.LOCALHOST"] {
            for after in ["", ":8080", ":", ".", ".:8080", ".."] {
                assert_eq!(kind(&format!("{host}{after}")), Some(page.clone()), "{host}{after}");
            }
        }
    }

    #[test]
    fn what_is_under_the_lab_domain_is_never_the_platform() {
        for host in [
            "labs.localhost",
            "labs.localhost.:80",
            ".labs.localhost",
            "www.labs.localhost",
            "a.b--0123456789abcdef.labs.localhost",
            "a--0123456789abcde.labs.localhost",
            "a--0123456789abcdeg.labs.localhost",
            "--0123456789abcdef.labs.localhost",
            "-a--0123456789abcdef.labs.localhost",
            "a_b--0123456789abcdef.labs.localhost",
            "xn--0123456789abcdef.labs.localhost",
            "xn--a--0123456789abcdef.labs.localhost",
        ] {
            assert_eq!(kind(host), Some(HostKind::Unknown), "{host}");
        }
        let long = format!("{}--{NAMESPACE}.{DOMAIN}", "a".repeat(46));
        assert_eq!(kind(&long), Some(HostKind::Unknown));
    }

    #[test]
    fn other_hosts_are_the_platform() {
        for host in [
            "localhost:8080",
            "127.0.0.1",
            "[::1]:8080",
            "[::1]",
            "evillabs.localhost",
            "a--0123456789abcdef.labs.localhost.evil.example",
            "labs.localhost.evil.example",
            "",
        ] {
            assert_eq!(kind(host), Some(HostKind::Platform), "{host}");
        }
    }

    #[test]
    fn what_is_no_host_is_told() {
        for host in [
            "ada@a--0123456789abcdef.labs.localhost",
            "localhost, a--0123456789abcdef.labs.localhost",
            "a--0123456789abcdef.labs.localhost/x",
            "a--0123456789abcdef%2elabs.localhost",
            "localhost:80:80",
            "localhost:x",
            "::1]",
            "ä.labs.localhost",
            "a b",
        ] {
            assert_eq!(kind(host), None, "{host}");
        }
    }

    #[test]
    fn a_path_keeps_to_its_origin() {
        for path in ["/", "/d/a?b=c&d=//e", "/login"] {
            assert_eq!(page_path(path), path);
        }
        for path in ["", "a", "//evil.example", "/\\evil.example", "/a\nb", "/a#b", "https://evil.example", "/a b"] {
            assert_eq!(page_path(path), "/", "{path:?}");
        }
    }

    fn read(yaml: &str) -> Result<WebPage, YamlFault> {
        yaml::read(yaml).map(|mut pages: Vec<WebPage>| pages.remove(0))
    }

    #[test]
    fn a_page_names_a_service_a_port_and_a_path() {
        let page = read("[{ name: grafana, title: Grafana, service: grafana, port: http, path: /login }]").unwrap();
        assert_eq!(page.port, Some(PortName::Name("http".into())));
        let page = read("[{ name: grafana, title: Grafana, service: grafana, port: 3000 }]").unwrap();
        assert_eq!((page.port, page.path.as_str()), (Some(PortName::Number(3000)), "/"));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_line() {
        for (key, value) in [
            ("name", "Grafana"),
            ("name", "xn--a"),
            ("name", "a.b"),
            ("title", "' '"),
            ("service", "grafana.monitoring"),
            ("service", "https://evil.example"),
            ("port", "0"),
            ("port", "70000"),
            ("port", "HTTP port"),
            ("path", "login"),
            ("path", "//evil.example"),
            ("path", "https://evil.example/"),
        ] {
            let keys = [("name", "a"), ("title", "A"), ("service", "a"), ("port", "80"), ("path", "/")];
            let yaml = keys.map(|(other, usual)| format!("{other}: {}", if other == key { value } else { usual }));
            let fault = read(&format!("- {}\n", yaml.join("\n  "))).unwrap_err();
            let line = keys.iter().position(|(other, _)| *other == key).map(|before| before + 1);
            assert!(fault.text.contains(key) && Some(fault.line) == line, "{key}: {value}: {}: {fault}", fault.line);
        }
        assert!(read("[{ name: a, title: A, service: a, host: b }]").unwrap_err().text.contains("host"));
    }

    #[test]
    fn without_a_name_the_port_of_the_web_is_taken() {
        let port = |name: &str, number| ServicePort { name: name.into(), number };
        let of = |ports: Vec<ServicePort>| {
            let mut service = ServiceEndpoints::default();
            service.ports = ports;
            choose_port(&service, None).map(|port| port.number)
        };
        assert_eq!(of(vec![port("grpc", 9000), port("web", 9090)]), Some(9090));
        assert_eq!(of(vec![port("admin", 9901), port("x", 8080)]), Some(8080));
        assert_eq!(of(vec![port("", 3000)]), Some(3000));
        assert_eq!(of(Vec::new()), None);
    }
}
