//! Labs over HTTP, on a mock of the Kubernetes interface.

mod crashes;
mod faults;
mod health;
mod provisioning;
mod sessions;
mod terminal;
mod upkeep;

use std::time::Duration;

use jiff::SignedDuration;
use seaworthy::labs::{Session, SessionState, Upkeep};

use crate::support::{Page, TestApp, Visitor};

const LAB: &str = "service-annotations";
const PAGE: &str = "/labs/service-annotations";

async fn start(visitor: &Visitor) {
    assert_eq!(visitor.post("/labs/service-annotations/start", &[]).await.location(), PAGE);
}

async fn find_session(app: &TestApp, visitor: &Visitor) -> Option<Session> {
    app.app.labs.find_session(&visitor.person().id, LAB).await.unwrap()
}

async fn state(app: &TestApp, visitor: &Visitor) -> Option<SessionState> {
    find_session(app, visitor).await.map(|session| session.state)
}

/// Runs what is due, and moves on to what comes due, until the learner's session is in the state.
async fn settle(app: &TestApp, visitor: &Visitor, expected: Option<SessionState>) {
    for _ in 0..10 {
        app.run_jobs().await;
        if state(app, visitor).await == expected {
            return;
        }
        app.advance(SignedDuration::from_secs(2));
        // The watches beside the jobs run on this runtime too.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the session is {:?}, not {expected:?}", find_session(app, visitor).await);
}

pub(crate) async fn start_and_settle(app: &TestApp, visitor: &Visitor) -> Session {
    start(visitor).await;
    settle(app, visitor, Some(SessionState::Ready)).await;
    find_session(app, visitor).await.unwrap()
}

async fn upkeep(app: &TestApp) {
    let mut tx = app.app.db.write().await.unwrap();
    app.app.jobs.enqueue(&mut tx, &Upkeep {}).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}

async fn page(visitor: &Visitor) -> Page {
    visitor.get(PAGE).await.expect(200)
}

fn assert_says(page: &Page, expected: &str) {
    let text = page.text("main");
    assert!(text.contains(expected), "{expected:?} is not in: {text}");
}
