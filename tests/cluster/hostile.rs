//! Everything of `acts/` with a learner's own kubeconfig: what must be refused, read as the learner reads it, and what
//! must pass.

use kube::Client;
use serde_json::Value;

use crate::Site;
use crate::acts::{Act, Bases, Names, Request, collection, load};
use crate::site::client;

/// The learner's credentials and what acts are about.
struct Learner<'a> {
    client: Client,
    names: Names<'a>,
    bases: Bases,
}

impl Learner<'_> {
    /// Does it, and answers the object's path if it was made, or else the refusal.
    async fn try_act(&self, act: &Act, name: &str) -> Result<String, String> {
        let request = match self.bases.object(act, name) {
            Some(object) => {
                let (path, _resource) = collection(&object, self.names.namespace);
                Request::creation(path, object)
            }
            None => act.request.clone().unwrap_or_else(|| panic!("{}: it does nothing", act.title)),
        };
        let made = self.send(&request).await?;
        let name = serde_json::from_str::<Value>(&made)
            .ok()
            .and_then(|made| Some(made["metadata"]["name"].as_str()?.to_owned()));
        Ok(format!("{}/{}", request.path, name.unwrap_or_default()))
    }

    async fn send(&self, request: &Request) -> Result<String, String> {
        let mut sent = http::Request::builder().method(request.verb.as_str()).uri(&request.path);
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        let body = if request.body.is_null() { Vec::new() } else { serde_json::to_vec(&request.body).unwrap() };
        let sent = sent.header("content-type", &request.content_type).body(body).unwrap();
        self.client.request_text(sent).await.map_err(|fault| match fault {
            kube::Error::Api(status) => status.message.clone(),
            fault => format!("{fault:?}"),
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_acts_are_refused_in_words_that_help_and_lawful_ones_pass() {
    let site = Site::spawn().await;
    let (ada, ben) = (site.learner("ada").await, site.learner("ben").await);
    let (own, other) = (site.start(&ada).await, site.start(&ben).await);
    let names = Names { namespace: &own.namespace, other: &other.namespace };
    let text = ada.get("/labs/service-annotations/kubeconfig").await.expect(200).body;
    let learner = Learner { client: client(Some(&text)).await, names, bases: Bases::load(names) };

    let mut faults = Vec::new();
    let hostile = load("hostile", names);
    for (number, act) in hostile.iter().enumerate() {
        match learner.try_act(act, &format!("hostile-{number}")).await {
            Ok(made) => faults.push(format!("{}: it went through ({made})", act.title)),
            Err(refusal) => {
                let silent = act.says.iter().filter(|says| !refusal.contains(says.as_str()));
                faults.extend(silent.map(|says| format!("{}: {says:?} is not in {refusal:?}", act.title)));
            }
        }
    }
    let lawful = load("lawful", names);
    for (number, act) in lawful.iter().enumerate() {
        match learner.try_act(act, &format!("lawful-{number}")).await {
            Ok(path) => drop(learner.send(&Request::deletion(path)).await),
            Err(refusal) => faults.push(format!("{}: {refusal}", act.title)),
        }
    }
    site.stop(&ada).await;
    site.stop(&ben).await;
    site.shut_down().await;
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), hostile.len() + lawful.len(), faults.join("\n"));
}
