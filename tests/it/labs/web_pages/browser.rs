//! A browser that follows redirects between hosts, with a cookie jar for each.

use std::collections::BTreeMap;
use std::sync::Mutex;

use http::Method;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};

use crate::support::{Page, Visitor};

pub(super) struct Browser {
    client: Client,
    /// Where the server is reached, whatever host is asked for.
    server: String,
    jars: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
}

impl Browser {
    /// Nobody's browser.
    pub(super) fn new(server: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, server: server.to_owned(), jars: Mutex::default() }
    }

    /// The browser in which a visitor is signed in.
    pub(super) fn of(server: &str, visitor: &Visitor) -> Self {
        let browser = Self::new(server);
        let platform = server.strip_prefix("http://").unwrap().to_owned();
        let session = visitor.cookie("session").unwrap();
        // The page does not know by which name of this machine the platform was reached, and takes the usual one.
        for host in [platform.replace("127.0.0.1", "localhost"), platform] {
            browser.set_cookie(&host, "session", &session);
        }
        browser
    }

    /// The platform's host.
    pub(super) fn platform(&self) -> &str {
        self.server.strip_prefix("http://").unwrap()
    }

    /// A request to a host, with its cookies.
    pub(super) fn request(&self, method: Method, host: &str, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.server)).header("host", host);
        match self.cookie_header(host) {
            Some(cookies) => request.header("cookie", cookies),
            None => request,
        }
    }

    pub(super) fn cookie_header(&self, host: &str) -> Option<String> {
        let jars = self.jars.lock().unwrap();
        let jar = jars.get(host)?;
        Some(jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; "))
    }

    /// The cookie of a host.
    pub(super) fn cookie(&self, host: &str, name: &str) -> Option<String> {
        self.jars.lock().unwrap().get(host)?.get(name).cloned()
    }

    /// Has a cookie at a host.
    pub(super) fn set_cookie(&self, host: &str, name: &str, value: &str) {
        self.jars.lock().unwrap().entry(host.to_owned()).or_default().insert(name.to_owned(), value.to_owned());
    }

    /// Sends a request and keeps the cookies that come back.
    pub(super) async fn send(&self, host: &str, request: RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        for set in response.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.set_cookie(host, name, value);
        }
        Page {
            status: response.status(),
            headers: response.headers().clone(),
            body: String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned(),
        }
    }

    /// Asks a host for a page.
    pub(super) async fn get(&self, host: &str, path: &str) -> Page {
        self.send(host, self.request(Method::GET, host, path).header("accept", "text/html")).await
    }

    /// Where a host sends this browser.
    pub(super) async fn step(&self, host: &str, path: &str) -> (String, String) {
        let location = self.get(host, path).await.location();
        match location.strip_prefix("http://") {
            Some(absolute) => {
                let (host, path) = absolute.split_once('/').unwrap();
                (host.to_owned(), format!("/{path}"))
            }
            None => (host.to_owned(), location),
        }
    }

    /// Follows a link of the platform to where it leads at last.
    pub(super) async fn open(&self, path: &str) -> Page {
        self.open_at(self.platform(), path).await
    }

    /// Follows a link to where it leads at last.
    pub(super) async fn open_at(&self, host: &str, path: &str) -> Page {
        let (mut host, mut path) = (host.to_owned(), path.to_owned());
        for _ in 0..8 {
            let page = self.get(&host, &path).await;
            if page.status != 303 {
                return page;
            }
            let location = page.location();
            match location.strip_prefix("http://") {
                Some(absolute) => {
                    let (to, rest) = absolute.split_once('/').unwrap();
                    (host, path) = (to.to_owned(), format!("/{rest}"));
                }
                None => path = location,
            }
        }
        panic!("{path} at {host} leads on and on");
    }
}
