//! The `[server]` section.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use actix_web::http::header::HeaderName;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use url::{Host, Url};

use crate::settings::{Faults, SecretText};

/// Where the site is served.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// The address and port to listen on.
    #[serde(deserialize_with = "read_address")]
    pub listen: SocketAddr,
    /// The address people type, where it differs from `http://localhost:<port>`.
    pub public_url: Option<String>,
    /// The header in which a trusted proxy names the client's address, such as `x-forwarded-for`.
    pub client_address_header: Option<String>,
    /// 64 hexadecimal digits from which form tokens and voucher keys are derived.
    pub secret: Option<SecretText>,
    /// Where the secret is kept when it is not given; made at the first start.
    pub secret_file: PathBuf,
    /// How long requests and jobs under way may take once asked to stop, in seconds.
    pub shutdown_seconds: u64,
    /// How long `/readyz` says that a stop is near before new connections are refused, in seconds.
    pub drain_seconds: u64,
    /// Threads that answer requests; one a processor when left out.
    pub workers: Option<usize>,
    /// What a scraper of `/metrics` shows as its bearer token; without one there is no such page.
    pub metrics_token: Option<SecretText>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            client_address_header: None,
            secret: None,
            secret_file: PathBuf::from("var/secret.key"),
            shutdown_seconds: 10,
            drain_seconds: 2,
            workers: None,
            metrics_token: None,
        }
    }
}

impl ServerSettings {
    /// The address people type as browsers write it: no slash at its end, and no port that goes without saying.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(text) => Url::parse(text).map_or_else(|_| text.clone(), |url| url.origin().ascii_serialization()),
            None => format!("http://localhost:{}", self.listen.port()),
        }
    }

    /// Every fault of the section, in words for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("server");
        faults.expect(self.listen.port() != 0, "listen", "must name a port from 1 to 65535");
        if let Some(fault) = self.public_url.as_deref().and_then(find_url_fault) {
            faults.add("public_url", fault);
        }
        if let Some(name) = &self.client_address_header {
            let words = format!("must be the name of a header, such as x-forwarded-for, not {name:?}");
            faults.expect(HeaderName::from_bytes(name.as_bytes()).is_ok(), "client_address_header", words);
        }
        if let Some(secret) = &self.secret {
            let is_sound = crate::id::Secret::parse(secret.expose()).is_ok();
            faults.expect(is_sound, "secret", "must be 64 hexadecimal digits, as `openssl rand -hex 32` prints");
        }
        faults.file("secret_file", &self.secret_file);
        faults.range("shutdown_seconds", &self.shutdown_seconds, &(0..=3_600));
        faults.range("drain_seconds", &self.drain_seconds, &(0..=3_600));
        if let Some(workers) = &self.workers {
            faults.range("workers", workers, &(1..=1_024));
        }
        if let Some(token) = &self.metrics_token {
            let token = token.expose();
            let is_sound = token.len() >= 16 && token.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            let words = "must have 16 characters or more, all of them ASCII, with no blank at either end";
            faults.expect(is_sound && token.trim() == token, "metrics_token", words);
        }
        faults.into_list()
    }
}

/// What keeps a text from being the address of a site; it is not told, since it may hold a password.
fn find_url_fault(text: &str) -> Option<&'static str> {
    if text.trim() != text {
        return Some("has a blank before or after it");
    }
    let example = "must be an address such as https://learn.example.org";
    let (Ok(url), Some((_, rest))) = (Url::parse(text), text.split_once("://")) else { return Some(example) };
    match (&url, url.host()) {
        (url, _) if url.scheme() != "http" && url.scheme() != "https" => Some("must start with http:// or https://"),
        (url, _) if !url.username().is_empty() || url.password().is_some() => {
            Some("must hold no user name or password")
        }
        (url, _) if url.query().is_some() || url.fragment().is_some() => Some("must hold no ? and no #"),
        (_, Some(Host::Domain("")) | None) => Some(example),
        (_, Some(Host::Domain(name))) if name.contains('*') => Some("must name one host, without a *"),
        (_, Some(Host::Ipv4(Ipv4Addr::UNSPECIFIED) | Host::Ipv6(Ipv6Addr::UNSPECIFIED))) => {
            Some("must be an address that people can open; 0.0.0.0 and [::] are for server.listen")
        }
        _ if rest.contains(char::is_whitespace) || rest.contains('\\') => Some(example),
        _ if rest.ends_with('/') && rest.matches('/').count() == 1 => Some("must have no slash at its end"),
        _ if rest.contains('/') => Some("must have no path: the site is served at the root of its host"),
        (url, _) if url.port() == Some(0) => Some("must name a port from 1 to 65535"),
        _ => None,
    }
}

fn read_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_syntax| {
        D::Error::custom("must be an address and a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(change: impl FnOnce(&mut ServerSettings)) -> Vec<String> {
        let mut settings = ServerSettings::default();
        change(&mut settings);
        settings.validate()
    }

    fn public(url: &str) -> Vec<String> {
        faults(|settings| settings.public_url = Some(url.to_owned()))
    }

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(faults(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn an_address_that_people_can_type_is_taken_and_written_as_browsers_do() {
        for (typed, written) in [
            ("https://learn.example.org", "https://learn.example.org"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://Learn.Example.org:443", "https://learn.example.org"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(public(typed), Vec::<String>::new(), "{typed}");
            let settings = ServerSettings { public_url: Some(typed.to_owned()), ..ServerSettings::default() };
            assert_eq!(settings.public_url(), written);
        }
    }

    #[test]
    fn an_address_at_which_the_site_would_not_work_is_refused_without_being_told() {
        for url in [
            "",
            "learn.example.org",
            "ftp://learn.example.org",
            "https://",
            "https://:8080",
            "https:///learn",
            "https://learn.example.org/",
            "https://learn.example.org/courses",
            "https://learn.example.org//",
            "https://learn.example.org?s3cr",
            "https://learn.example.org#s3cr",
            "https://learn.example.org # ours",
            "https://learn.example.org ",
            " https://learn.example.org",
            "https://learn.example.org\n",
            "https://ada:s3cr@learn.example.org",
            "https://s3cr@learn.example.org",
            "https://learn example.org",
            "https://*.example.org",
            "http://0.0.0.0:8080",
            "http://[::]:8080",
            "https://learn.example.org:99999",
            "https://learn.example.org:0",
            "https:learn.example.org",
        ] {
            let found = public(url);
            assert_eq!(found.len(), 1, "{url:?} is taken");
            assert!(found[0].starts_with("server.public_url ") && !found[0].contains("s3cr"), "{found:?}");
        }
    }

    #[test]
    fn a_header_that_cannot_exist_is_refused() {
        let header = |name: &str| faults(|settings| settings.client_address_header = Some(name.to_owned())).len();
        assert_eq!((header("X-Forwarded-For"), header("x-real-ip")), (0, 0));
        for name in ["", "x forwarded for", "x-forwarded-for:", "x-förwarded-for", " x-real-ip"] {
            assert_eq!(header(name), 1, "{name:?}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_told_by_their_key() {
        let told = faults(|settings| {
            settings.workers = Some(0);
            settings.shutdown_seconds = 86_400;
            settings.listen.set_port(0);
        });
        assert!(told[0].starts_with("server.listen ") && told[1].starts_with("server.shutdown_seconds "), "{told:?}");
        assert_eq!(told[2], "server.workers must be from 1 to 1024, not 0");
    }

    #[test]
    fn secrets_that_cannot_be_are_refused_without_being_told() {
        let told = faults(|settings| {
            settings.secret = Some("canary".into());
            settings.metrics_token = Some("canary".into());
        });
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|fault| !fault.contains("canary")), "{told:?}");
        assert_eq!(faults(|settings| settings.metrics_token = Some(" sixteen or more ".into())).len(), 1);
        assert_eq!(faults(|settings| settings.metrics_token = Some("sixteen characters, and more".into())).len(), 0);
    }
}
