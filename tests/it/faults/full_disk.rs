//! No room for the database.

use seaworthy::accounts::Email;
use sqlx::Executor as _;

use super::{CONNECTIONS, LESSON, assert_not_now, connect, is_sqlite, on_every_connection, sign_up, spawn};
use crate::support::TestApp;

/// Lets the database grow no more, as its engine says of a full disk.
async fn fill(app: &TestApp) {
    if is_sqlite(app) {
        on_every_connection(app, "PRAGMA max_page_count = 1").await;
        return;
    }
    let statement = "
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON jobs FOR EACH STATEMENT EXECUTE FUNCTION refuse()";
    for statement in statement.split_inclusive("$$;") {
        connect(app).await.execute(statement).await.unwrap();
    }
}

async fn make_room(app: &TestApp) {
    if is_sqlite(app) {
        on_every_connection(app, "PRAGMA max_page_count = 1000000").await;
    } else {
        connect(app).await.execute("DROP FUNCTION refuse() CASCADE").await.unwrap();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_writes_nothing_by_halves_and_is_forgotten_once_there_is_room() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    fill(&app).await;
    // What room is left in the file may take a few.
    let mut taken = 0;
    let (email, page) = loop {
        let email = format!("early{taken}@example.org");
        let page = sign_up(&app, &email).await;
        if page.status != 200 {
            break (email, page);
        }
        taken += 1;
        assert!(taken < 50, "the disk is never full");
    };
    assert_not_now(&page, "they have to make room");
    let refused = Email::parse(&email).unwrap();
    assert!(app.app.accounts.find_person_by_email(&refused).await.unwrap().is_none(), "half of a sign-up was kept");
    assert_eq!(app.app.core.jobs.list_unfinished(100).await.unwrap().len(), taken);
    ada.get(LESSON).await.expect(200);

    make_room(&app).await;
    // More often than there are connections: none of them may have been spoiled.
    for number in 0..2 * CONNECTIONS {
        sign_up(&app, &format!("late{number}@example.org")).await.expect(200);
    }
    assert_eq!(app.mails().await.len(), taken + 2 * CONNECTIONS as usize);
}
