//! Every attempt of `acts/` with a learner's own kubeconfig: those that must be refused, with their messages, and those
//! that must pass.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::ListParams;
use kube::{Api, Client};
use serde_json::Value;

use crate::Site;
use crate::acts::{Act, Bases, Names, Request, collection, load};
use crate::site::{PATIENCE, client};

/// The learner's credentials and what acts are about.
struct Learner<'a> {
    client: Client,
    names: Names<'a>,
    bases: Bases,
}

/// What an act created: its path and the object.
struct Made {
    path: String,
    object: Value,
}

impl Learner<'_> {
    /// Does it as often as it says or until it is refused, and answers what was made and the refusal.
    async fn perform(&self, act: &Act, name: &str) -> (Vec<Made>, Option<String>) {
        let mut made = Vec::new();
        for time in 0..act.times {
            let request = match self.bases.object(act, &format!("{name}-{time}")) {
                Some(object) => Request::creation(collection(&object, self.names.namespace).0, object),
                None => act.request.clone().unwrap_or_else(|| panic!("{}: it does nothing", act.title)),
            };
            match self.send_patiently(&request, act.wait_while.as_deref()).await {
                Ok(object) if act.create.is_some() => {
                    let name = object["metadata"]["name"].as_str().unwrap();
                    made.push(Made { path: format!("{}/{name}", request.path), object });
                }
                Ok(object) => made.push(Made { path: request.path.clone(), object }),
                Err(refusal) => return (made, Some(refusal)),
            }
        }
        (made, None)
    }

    async fn undo(&self, act: &Act, made: Vec<Made>) {
        for made in made.into_iter().filter(|_| act.create.is_some()) {
            self.send(&Request::deletion(made.path)).await.unwrap();
        }
    }

    /// Sends it, and again for a while where the refusal is one that passes.
    async fn send_patiently(&self, request: &Request, passing: Option<&str>) -> Result<Value, String> {
        let begun = Instant::now();
        loop {
            match (self.send(request).await, passing) {
                (Err(refusal), Some(passing)) if refusal.contains(passing) && begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                (answer, _) => return answer,
            }
        }
    }

    /// Sends it, and again where the quota's own count changed, as the message says.
    async fn send(&self, request: &Request) -> Result<Value, String> {
        loop {
            match self.send_once(request).await {
                Err(refusal) if refusal.contains("please apply your changes to the latest version") => {}
                answer => return answer,
            }
        }
    }

    async fn send_once(&self, request: &Request) -> Result<Value, String> {
        let mut sent = http::Request::builder().method(request.verb.as_str()).uri(&request.path);
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        let body = if request.body.is_null() { Vec::new() } else { serde_json::to_vec(&request.body).unwrap() };
        let sent = sent.header("content-type", &request.content_type).body(body).unwrap();
        match self.client.request_text(sent).await {
            Ok(text) => Ok(serde_json::from_str(&text).unwrap_or_default()),
            Err(kube::Error::Api(status)) => Err(status.message.clone()),
            Err(fault) => Err(format!("{fault:?}")),
        }
    }

    /// What is wrong with how the cluster took a hostile act.
    async fn try_hostile(&self, act: &Act, name: &str) -> Vec<String> {
        let (made, refusal) = self.perform(act, name).await;
        let is_harmless =
            |made: &Made| act.unless_without.as_ref().is_some_and(|field| made.object.pointer(field).is_none());
        let faults = match refusal {
            None if made.iter().all(is_harmless) => Vec::new(),
            None => vec![format!("{}: it went through, past {} ({})", act.title, act.by, made[0].path)],
            Some(refusal) if act.says.is_empty() => {
                vec![format!("{}: what {refusal:?} should say is not written", act.title)]
            }
            Some(refusal) => {
                let silent = act.says.iter().filter(|says| !refusal.contains(says.as_str()));
                silent.map(|says| format!("{}: {says:?} is not in {refusal:?}", act.title)).collect()
            }
        };
        self.undo(act, made).await;
        faults
    }

    /// What is wrong with how the cluster took a lawful act; what was undone before it may count in the quota for a while.
    async fn try_lawful(&self, act: &Act, name: &str) -> Option<String> {
        let begun = Instant::now();
        loop {
            let (made, refusal) = self.perform(act, name).await;
            self.undo(act, made).await;
            match refusal {
                Some(refusal) if refusal.contains("exceeded quota") && begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                refusal => return refusal.map(|refusal| format!("{}: {refusal}", act.title)),
            }
        }
    }
}

/// A pod of the lab's service.
async fn find_pod(namespace: &str) -> String {
    let pods: Api<Pod> = Api::namespaced(client(None).await, namespace);
    let found = pods.list(&ListParams::default().labels("app.kubernetes.io/name=qotm")).await.unwrap();
    found.items[0].metadata.name.clone().unwrap()
}

/// The value of the label that the platform's own objects have.
async fn find_installation(namespace: &str) -> String {
    let namespaces: Api<Namespace> = Api::all(client(None).await);
    let found = namespaces.get(namespace).await.unwrap();
    found.metadata.labels.unwrap()["seaworthy.dev/installation"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_acts_are_refused_with_helpful_messages_and_lawful_ones_pass() {
    let site = Site::spawn().await;
    let (ada, ben) = (site.learner("ada").await, site.learner("ben").await);
    let (own, other) = (site.start(&ada).await, site.start(&ben).await);
    let pod = find_pod(&own.namespace).await;
    let installation = find_installation(&own.namespace).await;
    let names = Names { namespace: &own.namespace, other: &other.namespace, pod: &pod, installation: &installation };
    let text = ada.get("/labs/service-annotations/kubeconfig").await.expect(200).body;
    let learner = Learner { client: client(Some(&text)).await, names, bases: Bases::load(names) };

    let (hostile, lawful) = (load("hostile", names), load("lawful", names));
    let mut faults = Vec::new();
    for (number, act) in hostile.iter().enumerate() {
        faults.extend(learner.try_hostile(act, &format!("hostile-{number}")).await);
    }
    for (number, act) in lawful.iter().enumerate() {
        faults.extend(learner.try_lawful(act, &format!("lawful-{number}")).await);
    }
    site.stop(&ada).await;
    site.stop(&ben).await;
    site.shut_down().await;
    assert!(hostile.len() >= 60 && lawful.len() >= 25, "{} and {}", hostile.len(), lawful.len());
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), hostile.len() + lawful.len(), faults.join("\n"));
}
