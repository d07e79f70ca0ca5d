//! Another program holds the database for longer than anybody waits.

use jiff::SignedDuration;
use seaworthy::db::{Conn, Error};
use sqlx::Executor as _;

use super::{CONNECTIONS, LESSON, assert_not_now, connect, is_sqlite, on_every_connection, sign_up, spawn};
use crate::support::{PASSWORD, TestApp};

/// Takes the lock that every change needs, and lets the site wait for it briefly.
pub(super) async fn lock(app: &TestApp) -> Conn {
    let mut other = connect(app).await;
    if is_sqlite(app) {
        on_every_connection(app, "PRAGMA busy_timeout = 50").await;
        other.execute("BEGIN IMMEDIATE").await.unwrap();
    } else {
        on_every_connection(app, "SET lock_timeout = 50").await;
        let tables =
            "people, registrations, account_locks, sessions, limit_counts, jobs, last_opened_lessons, lesson_reads";
        other.execute("BEGIN").await.unwrap();
        let statement = format!("LOCK TABLE {tables} IN EXCLUSIVE MODE");
        other.execute(&*Box::leak(statement.into_boxed_str())).await.unwrap();
    }
    other
}

#[tokio::test]
async fn while_the_database_is_locked_reading_goes_on_and_changes_are_put_off() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    sign_up(&app, "waiting@example.org").await.expect(200);
    // The next page would note the visit, and the next lesson where she is: neither may keep her from reading.
    app.advance(SignedDuration::from_hours(2));
    let mut other = lock(&app).await;

    let lesson = ada.get(LESSON).await.expect(200);
    assert_not_now(&ada.press(&lesson, "I have read this", &[]).await, "The database is busy. Nothing was changed");
    assert_not_now(&sign_up(&app, "bo@example.org").await, "try again");
    let fields = [("email", "ada@example.org"), ("password", PASSWORD)];
    assert_not_now(&app.visitor().post("/sign-in", &fields).await, "The database is busy");
    app.visitor().get("/readyz").await.expect(200);
    assert!(matches!(app.app.worker.run_due().await, Err(Error::Busy(_))), "work waits in the queue");

    other.execute("ROLLBACK").await.unwrap();
    for number in 0..CONNECTIONS {
        sign_up(&app, &format!("bo{number}@example.org")).await.expect(200);
    }
    ada.press(&lesson, "I have read this", &[]).await.location();
    app.visitor().post("/sign-in", &fields).await.location();
    assert_eq!(app.mails().await.len(), 1 + CONNECTIONS as usize);
}
