//! The ledger: one line a change, each covering the one before.

use seaworthy::audit::{Audit, Event, find_break, store};
use seaworthy::clock::Clock;
use seaworthy::db::Db;

use crate::support::TestDatabase;

async fn record(db: &Db, audit: &Audit, subject: &str) {
    let mut tx = db.write().await.unwrap();
    let event = Event { actor: "system", action: "entry.accept", subject, detail: serde_json::json!({}) };
    audit.record(&mut tx, event).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn lines_written_at_the_same_time_make_one_chain() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone(), Clock::System);
    let writers: Vec<_> = (0..20)
        .map(|number| {
            let (db, audit) = (db.clone(), audit.clone());
            tokio::spawn(async move {
                let mut tx = db.write().await.unwrap();
                let subject = format!("entry-{number}");
                let detail = serde_json::json!({ "number": number });
                let event = Event { actor: "system", action: "entry.accept", subject: &subject, detail };
                audit.record(&mut tx, event).await.unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let lines = store::list_after(&mut db.read().await.unwrap(), 0, 100).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert_eq!(find_break(&lines), None);
}

#[tokio::test]
async fn a_change_that_is_rolled_back_leaves_no_line() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone(), Clock::System);
    let mut tx = db.write().await.unwrap();
    let event = Event { actor: "system", action: "entry.accept", subject: "entry", detail: serde_json::json!({}) };
    audit.record(&mut tx, event).await.unwrap();
    drop(tx);
    assert!(audit.list_of_subject("entry").await.unwrap().is_empty());
}

/// What a walk along a ledger of four lines finds after a change behind its back.
async fn check_after(change: &'static [&'static str]) -> Option<i64> {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone(), Clock::System);
    for number in 1..=4 {
        record(&db, &audit, &format!("entry-{number}")).await;
    }
    let mut tx = db.write().await.unwrap();
    for statement in change {
        sqlx::query(*statement).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    audit.check().await.unwrap().broken_at
}

#[tokio::test]
async fn whatever_is_done_to_a_ledger_behind_its_back_is_found_at_its_place() {
    let swap: &[_] = &[
        "UPDATE audit_lines SET seq = 99 WHERE seq = 2",
        "UPDATE audit_lines SET seq = 2 WHERE seq = 3",
        "UPDATE audit_lines SET seq = 3 WHERE seq = 99",
    ];
    let cut = "DELETE FROM audit_lines WHERE seq > 2";
    let zeros = "UPDATE audit_head SET hash = '0000000000000000000000000000000000000000000000000000000000000000'";
    let cases: [(&str, &'static [&'static str], Option<i64>); 11] = [
        ("nothing", &[], None),
        ("a line changed", &["UPDATE audit_lines SET detail = '[]' WHERE seq = 2"], Some(2)),
        ("a line missing", &["DELETE FROM audit_lines WHERE seq = 3"], Some(3)),
        ("two lines in each other's place", Box::leak(swap.to_vec().into_boxed_slice()), Some(2)),
        ("the first line missing", &["DELETE FROM audit_lines WHERE seq = 1"], Some(1)),
        (
            "a first line that follows from another",
            &["UPDATE audit_lines SET previous_hash = 'f' WHERE seq = 1"],
            Some(1),
        ),
        ("the last line missing", &["DELETE FROM audit_lines WHERE seq = 4"], Some(4)),
        (
            "the end cut off, and the head's place with it",
            Box::leak(vec![cut, "UPDATE audit_head SET seq = 2"].into_boxed_slice()),
            Some(2),
        ),
        ("lines past the end", &["UPDATE audit_head SET seq = 3"], Some(4)),
        ("everything missing", &["DELETE FROM audit_lines"], Some(1)),
        ("no head", &["DELETE FROM audit_head"], Some(5)),
    ];
    for (what, change, expected) in cases {
        assert_eq!(check_after(change).await, expected, "{what}");
    }
    assert_eq!(check_after(Box::leak(vec![zeros].into_boxed_slice())).await, Some(4), "a head of zeros");
}

#[tokio::test]
async fn an_empty_ledger_is_whole_and_one_that_claims_to_be_empty_is_not() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone(), Clock::System);
    assert_eq!(audit.check().await.unwrap().broken_at, None);
    record(&db, &audit, "entry").await;
    assert_eq!(audit.check().await.unwrap().broken_at, None);
    let mut tx = db.write().await.unwrap();
    let empty =
        "UPDATE audit_head SET seq = 0, hash = '0000000000000000000000000000000000000000000000000000000000000000'";
    sqlx::query(empty).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(audit.check().await.unwrap().broken_at, Some(1));
}

#[tokio::test]
async fn lines_written_during_a_walk_do_not_break_the_chain() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone(), Clock::System);
    let writer = tokio::spawn({
        let (db, audit) = (db.clone(), audit.clone());
        async move {
            for number in 0..60 {
                record(&db, &audit, &format!("entry-{number}")).await;
            }
        }
    });
    while !writer.is_finished() {
        assert_eq!(audit.check().await.unwrap().broken_at, None);
    }
    writer.await.unwrap();
    assert_eq!(audit.check().await.unwrap().lines, 60);
}
