//! The toolbox's charts, installed by its helm in a lab's own namespace, as a learner types it.

mod demo;
mod grafana;
mod hostile;
mod prometheus;

use std::time::{Duration, Instant};

use seaworthy::cluster::ScriptOutcome;
use serde_json::Value;

use crate::site::PATIENCE;
use crate::{Site, Visitor};

/// Curl for what a command has just started: a new pod is closed to the others until its policies are in force, and its
/// Service leads nowhere until the node knows of it.
const CURL: &str = "curl --silent --max-time 10 --retry 100 --retry-delay 1 --retry-all-errors";

/// The shell of a learner's toolbox, which has the learner's own rights.
struct Shell<'a> {
    site: &'a Site,
    namespace: String,
}

impl<'a> Shell<'a> {
    /// Starts a lab and waits for its toolbox.
    async fn open(site: &'a Site, visitor: &Visitor) -> Self {
        let session = site.start(visitor).await;
        Self { site, namespace: session.namespace }
    }

    async fn outcome(&self, command: &str) -> ScriptOutcome {
        let cluster = &self.site.app.cluster;
        cluster.run_in_pod(&self.namespace, "toolbox", "toolbox", &["bash", "-euc", command]).await.unwrap()
    }

    /// What a command that must succeed wrote.
    async fn run(&self, command: &str) -> String {
        let outcome = self.outcome(command).await;
        assert!(outcome.is_success, "{command}\n{}", outcome.output);
        outcome.output
    }

    /// What a command that must fail wrote.
    async fn refused(&self, command: &str) -> String {
        let outcome = self.outcome(command).await;
        assert!(!outcome.is_success, "it went through: {command}\n{}", outcome.output);
        outcome.output
    }

    /// Writes a file in the home directory.
    async fn write(&self, file: &str, text: &str) {
        self.run(&format!("cat >~/{file} <<'END'\n{text}\nEND")).await;
    }

    /// What Prometheus answers at a path.
    async fn fetch(&self, path: &str) -> String {
        self.run(&format!("{CURL} 'http://prometheus-server{path}'")).await
    }

    /// What Prometheus answers at a path of its API, as JSON.
    async fn ask(&self, path: &str) -> Value {
        let answer = self.fetch(path).await;
        serde_json::from_str(&answer).unwrap_or_else(|fault| panic!("{path}: {fault}: {answer}"))
    }

    /// The value of a query that has one result at the moment: a target that has gone keeps its series for a while.
    async fn query(&self, query: &str) -> Option<f64> {
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let answer = self.ask(&format!("/api/v1/query?query={encoded}")).await;
        match &answer["data"]["result"].as_array().unwrap()[..] {
            [only] => Some(only["value"][1].as_str().unwrap().parse().unwrap()),
            _ => None,
        }
    }

    /// Waits until a query has one result, and that value.
    async fn value_is(&self, query: &str, value: f64) {
        self.wait_for(&format!("{value} of {query}"), async || {
            let seen = self.query(query).await;
            when(seen == Some(value), &seen)
        })
        .await;
    }

    /// The active targets of a job.
    async fn targets(&self, job: &str) -> Vec<Value> {
        let answer = self.ask(&format!("/api/v1/targets?state=active&scrapePool={job}")).await;
        answer["data"]["activeTargets"].as_array().unwrap().clone()
    }

    /// Waits until `find` finds something, and says what it saw last where it never does.
    async fn wait_for<T>(&self, what: &str, mut find: impl AsyncFnMut() -> Result<T, String>) -> T {
        let begun = Instant::now();
        loop {
            match find().await {
                Ok(found) => return found,
                Err(seen) => assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}. Last seen: {seen}"),
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

/// A condition for `wait_for`.
fn when(holds: bool, seen: &impl std::fmt::Debug) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{seen:?}")) }
}
