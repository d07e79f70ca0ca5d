//! Grading over HTTP: a learner's namespace on a mock of the Kubernetes interface, checked by the shipped lab's tasks.

mod answers;
mod catalogue;
mod checks;
mod evidence;
mod faults;
mod fixtures;
mod hints;
mod live;
mod pages;
mod points;
mod reads;
mod schema;
mod seen;
mod statistics;

use jiff::SignedDuration;
use seaworthy::labs::LabSession;
use serde_json::{Value, json};

use crate::support::{MockCluster, Page, TestApp, Visitor};

const PAGE: &str = "/labs/service-annotations";
const TASKS: [&str; 5] = ["owner", "description", "source", "chat", "runbook"];

/// The session's Service with these annotations beside the platform's own.
fn annotate(kube: &MockCluster, session: &LabSession, annotations: &[(&str, &str)]) {
    let mut service = kube.object("Service", &session.namespace, "qotm").unwrap();
    let mut all = json!({ "seaworthy.dev/nonce": session.nonce });
    for (key, value) in annotations {
        all[*key] = Value::from(*value);
    }
    service["metadata"]["annotations"] = all;
    kube.put(&service);
}

pub(crate) fn solve(kube: &MockCluster, session: &LabSession, owner: &str) {
    let solution = [
        ("a8r.io/owner", owner),
        ("a8r.io/description", "Answers each request with a quote."),
        ("a8r.io/repository", "https://git.example.org/harbour/qotm"),
        ("a8r.io/bugs", "https://git.example.org/harbour/qotm/issues"),
        ("a8r.io/chat", "#harbour"),
        ("a8r.io/runbook", "https://docs.example.org/qotm/runbook"),
    ];
    annotate(kube, session, &solution);
}

/// Requests a check, runs the job, asks for the hint of each check that fails, and reads the page.
pub(crate) async fn check(app: &TestApp, visitor: &Visitor) -> Page {
    check_only(app, visitor).await;
    ask_hints(visitor, PAGE).await
}

/// Requests a check, runs the job, and reads the page.
async fn check_only(app: &TestApp, visitor: &Visitor) -> Page {
    app.advance(SignedDuration::from_secs(1));
    assert_eq!(visitor.post("/labs/service-annotations/check", &[]).await.location(), format!("{PAGE}#tasks"));
    app.run_jobs().await;
    visitor.get(PAGE).await.expect(200)
}

/// Asks for every hint that a page of a lab offers, and reads the page again.
pub(crate) async fn ask_hints(visitor: &Visitor, page: &str) -> Page {
    for action in visitor.get(page).await.expect(200).attributes("form[action$='/hint']", "action") {
        visitor.post(&action, &[]).await.location();
    }
    visitor.get(page).await.expect(200)
}

fn verdict(page: &Page, task: &str) -> Option<String> {
    page.attribute(&format!("#task-{task}"), "data-verdict")
}

/// How many rows a table has.
async fn count(app: &TestApp, table: &str) -> i64 {
    let mut conn = app.app.core.db.read().await.unwrap();
    let text = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    let (count,): (i64,) = sqlx::query_as(text).fetch_one(&mut *conn).await.unwrap();
    count
}

/// The newest request of anybody.
pub(crate) async fn newest_request(app: &TestApp) -> String {
    let mut conn = app.app.core.db.read().await.unwrap();
    let (id,): (String,) = sqlx::query_as("SELECT id FROM grading_requests ORDER BY requested_at DESC LIMIT 1")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    id
}
