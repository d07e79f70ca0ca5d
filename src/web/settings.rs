//! The `[server]` section.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// Where the site is served.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// The address and port to listen on.
    pub listen: SocketAddr,
    /// The address people type, where it differs from `http://localhost:<port>`.
    pub public_url: Option<String>,
    /// The header in which a trusted proxy names the client's address, such as `x-forwarded-for`.
    pub client_address_header: Option<String>,
    /// 64 hexadecimal digits from which form tokens and voucher keys are derived.
    pub secret: Option<String>,
    /// Where the secret is kept when it is not given; made at the first start.
    pub secret_file: PathBuf,
    /// How long requests and jobs under way may take once asked to stop, in seconds.
    pub shutdown_seconds: u64,
    /// How long `/readyz` says that a stop is near before new connections are refused, in seconds.
    pub drain_seconds: u64,
    /// Threads that answer requests; one a processor when left out.
    pub workers: Option<usize>,
    /// What a scraper of `/metrics` shows as its bearer token; without one there is no such page.
    pub metrics_token: Option<String>,
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
    /// The address people type, without a slash at its end.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://localhost:{}", self.listen.port()),
        }
    }

    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let url = self.public_url();
        if !url.starts_with("http://") && !url.starts_with("https://") {
            faults.push(format!("server.public_url must start with http:// or https://, not {url:?}"));
        }
        if let Some(secret) = &self.secret
            && crate::id::Secret::parse(secret).is_err()
        {
            faults.push("server.secret must be 64 hexadecimal digits, as `openssl rand -hex 32` prints".to_owned());
        }
        if self.metrics_token.as_ref().is_some_and(|token| token.len() < 16) {
            faults.push("server.metrics_token must have 16 characters or more".to_owned());
        }
        faults
    }
}
