//! The audit log: one event a change, each covering the one before.

use jiff::Timestamp;
use seaworthy::audit::{Audit, Event, find_break};
use seaworthy::db::Db;

use crate::support::TestDatabase;

async fn record(db: &Db, audit: &Audit, subject: &str) {
    let mut tx = db.write().await.unwrap();
    let event = Event { actor: "system", action: "entry.accept", subject, detail: serde_json::json!({}) };
    audit.record(&mut tx, event, Timestamp::UNIX_EPOCH).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn events_recorded_at_the_same_time_make_one_chain() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone());
    let writers: Vec<_> = (0..20)
        .map(|number| {
            let (db, audit) = (db.clone(), audit.clone());
            tokio::spawn(async move {
                let mut tx = db.write().await.unwrap();
                let subject = format!("entry-{number}");
                let detail = serde_json::json!({ "number": number });
                let event = Event { actor: "system", action: "entry.accept", subject: &subject, detail };
                audit.record(&mut tx, event, Timestamp::UNIX_EPOCH).await.unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let events = audit.list_after(0, 100).await.unwrap();
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert_eq!(find_break(&events), None);
}

#[tokio::test]
async fn a_change_that_is_rolled_back_leaves_no_event() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone());
    let mut tx = db.write().await.unwrap();
    let event = Event { actor: "system", action: "entry.accept", subject: "entry", detail: serde_json::json!({}) };
    audit.record(&mut tx, event, Timestamp::UNIX_EPOCH).await.unwrap();
    drop(tx);
    assert!(audit.list_of_subject("entry").await.unwrap().is_empty());
}

/// Where verifying a log of four events finds a break after the tables were changed directly.
async fn check_after(change: &'static [&'static str]) -> Option<i64> {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone());
    for number in 1..=4 {
        record(&db, &audit, &format!("entry-{number}")).await;
    }
    let mut tx = db.write().await.unwrap();
    for statement in change {
        sqlx::query(*statement).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    audit.verify().await.unwrap().broken_at
}

#[tokio::test]
async fn whatever_is_done_to_the_tables_directly_is_found_at_its_place() {
    let swap: &[_] = &[
        "UPDATE audit_events SET seq = 99 WHERE seq = 2",
        "UPDATE audit_events SET seq = 2 WHERE seq = 3",
        "UPDATE audit_events SET seq = 3 WHERE seq = 99",
    ];
    let cut = "DELETE FROM audit_events WHERE seq > 2";
    let zeros = "UPDATE audit_head SET hash = '0000000000000000000000000000000000000000000000000000000000000000'";
    let cases: [(&str, &'static [&'static str], Option<i64>); 11] = [
        ("nothing", &[], None),
        ("an event changed", &["UPDATE audit_events SET detail = '[]' WHERE seq = 2"], Some(2)),
        ("an event missing", &["DELETE FROM audit_events WHERE seq = 3"], Some(3)),
        ("two events in each other's place", Box::leak(swap.to_vec().into_boxed_slice()), Some(2)),
        ("the first event missing", &["DELETE FROM audit_events WHERE seq = 1"], Some(1)),
        (
            "a first event that follows from another",
            &["UPDATE audit_events SET previous_hash = 'f' WHERE seq = 1"],
            Some(1),
        ),
        ("the last event missing", &["DELETE FROM audit_events WHERE seq = 4"], Some(4)),
        (
            "the end cut off, and the head's place with it",
            Box::leak(vec![cut, "UPDATE audit_head SET seq = 2"].into_boxed_slice()),
            Some(2),
        ),
        ("events past the end", &["UPDATE audit_head SET seq = 3"], Some(4)),
        ("everything missing", &["DELETE FROM audit_events"], Some(1)),
        ("no head", &["DELETE FROM audit_head"], Some(5)),
    ];
    for (what, change, expected) in cases {
        assert_eq!(check_after(change).await, expected, "{what}");
    }
    assert_eq!(check_after(Box::leak(vec![zeros].into_boxed_slice())).await, Some(4), "a head of zeros");
}

#[tokio::test]
async fn an_empty_log_is_whole_and_one_that_claims_to_be_empty_is_not() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone());
    assert_eq!(audit.verify().await.unwrap().broken_at, None);
    record(&db, &audit, "entry").await;
    assert_eq!(audit.verify().await.unwrap().broken_at, None);
    let mut tx = db.write().await.unwrap();
    let empty =
        "UPDATE audit_head SET seq = 0, hash = '0000000000000000000000000000000000000000000000000000000000000000'";
    sqlx::query(empty).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(audit.verify().await.unwrap().broken_at, Some(1));
}

#[tokio::test]
async fn events_recorded_meanwhile_do_not_break_the_chain() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let audit = Audit::new(db.clone());
    let writer = tokio::spawn({
        let (db, audit) = (db.clone(), audit.clone());
        async move {
            for number in 0..60 {
                record(&db, &audit, &format!("entry-{number}")).await;
            }
        }
    });
    while !writer.is_finished() {
        assert_eq!(audit.verify().await.unwrap().broken_at, None);
    }
    writer.await.unwrap();
    assert_eq!(audit.verify().await.unwrap().events, 60);
}
