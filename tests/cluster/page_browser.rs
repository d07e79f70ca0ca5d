//! A learner's browser at the web pages of a lab.

use seaworthy::labs::LabSession;

use crate::people::{self, Visitor};
use crate::site::{LAB, Site};

/// A learner's browser at the pages of a session.
pub(crate) struct PageBrowser {
    client: reqwest::Client,
    server: String,
    pub(crate) session: String,
}

impl PageBrowser {
    pub(crate) fn of(site: &Site, visitor: &Visitor) -> Self {
        let client = people::client().build().unwrap();
        Self { client, server: site.url.clone(), session: visitor.cookie("session").unwrap() }
    }

    pub(crate) fn platform(&self) -> &str {
        self.server.strip_prefix("http://").unwrap()
    }

    pub(crate) fn host(&self, name: &str, session: &LabSession) -> String {
        let (_, port) = self.platform().rsplit_once(':').unwrap();
        format!("{name}--{}.labs.localhost:{port}", session.namespace)
    }

    /// Asks a host with a cookie; answers the status, the body, where it leads, and the cookie that it sets.
    pub(crate) async fn ask(
        &self,
        host: &str,
        path: &str,
        cookie: &str,
    ) -> (u16, String, Option<String>, Option<String>) {
        let request = self.client.get(format!("{}{path}", self.server)).header("host", host).header("cookie", cookie);
        let answer = request.send().await.unwrap();
        let text = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, set) = (text("location"), text("set-cookie"));
        let set = set.map(|set| set.split(';').next().unwrap().to_owned());
        (answer.status().as_u16(), answer.text().await.unwrap(), location, set)
    }

    /// Follows the link on the lab's page; answers the cookie that shows access, or the status of the refusal.
    pub(crate) async fn open(&self, name: &str) -> Result<String, u16> {
        let session = format!("session={}", self.session);
        let (mut host, mut path) = (self.platform().to_owned(), format!("/labs/{LAB}/web/{name}"));
        let mut kept = String::new();
        for _ in 0..4 {
            let cookie = if host == self.platform() { &session } else { &kept };
            let (status, _, location, set) = self.ask(&host, &path, cookie).await;
            let Some(location) = location else { return Err(status) };
            if let Some(set) = set.filter(|_| host != self.platform()) {
                kept = set;
            }
            match location.strip_prefix("http://") {
                Some(absolute) => {
                    let (to, rest) = absolute.split_once('/').unwrap();
                    (host, path) = (to.to_owned(), format!("/{rest}"));
                }
                None => break,
            }
        }
        Ok(kept)
    }
}
