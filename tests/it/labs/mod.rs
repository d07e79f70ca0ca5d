//! Labs over HTTP, on a mock of the Kubernetes interface.

mod crashes;
mod enforcement;
mod faults;
mod health;
mod isolation;
mod namespace;
mod namespaces;
mod parts;
mod provisioning;
mod resync;
mod sessions;
mod terminal;
mod traces;
mod watches;
mod web_pages;

use jiff::SignedDuration;
use seaworthy::jobs::Job;
use seaworthy::labs::jobs::{CollectGarbage, Resync};
use seaworthy::labs::{LabSession, SessionState};

use crate::support::{MockCluster, Page, TestApp, Visitor, eventually};

const LAB: &str = "service-annotations";
const PAGE: &str = "/labs/service-annotations";

async fn start(visitor: &Visitor) {
    assert_eq!(visitor.post("/labs/service-annotations/start", &[]).await.location(), PAGE);
}

async fn find_session(app: &TestApp, visitor: &Visitor) -> Option<LabSession> {
    app.app.labs.find_session(&visitor.person().id, LAB).await.unwrap()
}

async fn state(app: &TestApp, visitor: &Visitor) -> Option<SessionState> {
    find_session(app, visitor).await.map(|session| session.state)
}

/// Runs what is due, and moves on to what comes due, until the learner's session is in the state.
async fn run_until(app: &TestApp, visitor: &Visitor, expected: Option<SessionState>) {
    for _ in 0..10 {
        app.run_jobs().await;
        if state(app, visitor).await == expected {
            return;
        }
        app.advance(SignedDuration::from_secs(2));
    }
    panic!("the session is {:?}, not {expected:?}", find_session(app, visitor).await);
}

pub(crate) async fn start_until_ready(app: &TestApp, visitor: &Visitor) -> LabSession {
    start(visitor).await;
    run_until(app, visitor, Some(SessionState::Ready)).await;
    find_session(app, visitor).await.unwrap()
}

/// Ends the learner's session as its page does.
async fn stop(visitor: &Visitor) {
    assert_eq!(visitor.post("/labs/service-annotations/stop", &[]).await.location(), PAGE);
}

/// Runs what is due, and moves on to what comes due, until no session's namespace is left.
async fn run_until_deleted(app: &TestApp, kube: &MockCluster) {
    for _ in 0..10 {
        app.run_jobs().await;
        if kube.session_namespaces().is_empty() {
            // So that the site records it too.
            app.advance(SignedDuration::from_secs(2));
            app.run_jobs().await;
            return;
        }
        app.advance(SignedDuration::from_secs(2));
    }
    panic!("not deleted: {:?}", kube.session_namespaces());
}

/// Runs a recurring job now.
async fn run<J: Job>(app: &TestApp, job: &J) {
    let mut tx = app.app.core.db.write().await.unwrap();
    app.app.core.jobs.enqueue(&mut tx, job).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}

async fn resync(app: &TestApp) {
    run(app, &Resync {}).await;
}

async fn collect_garbage(app: &TestApp) {
    run(app, &CollectGarbage {}).await;
}

/// Changes the database as only a crash or another replica could.
async fn execute(app: &TestApp, statement: &'static str) {
    let mut tx = app.app.core.db.write().await.unwrap();
    sqlx::query(statement).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn page(visitor: &Visitor) -> Page {
    visitor.get(PAGE).await.expect(200)
}

fn assert_says(page: &Page, expected: &str) {
    let text = page.text("main");
    assert!(text.contains(expected), "{expected:?} is not in: {text}");
}
