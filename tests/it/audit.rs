//! The ledger: one line a change, each covering the one before.

use seaworthy::audit::{Audit, Event, Filter, find_break};
use seaworthy::clock::Clock;

use crate::support::TestDatabase;

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
    let mut lines = audit.list_before(None, Filter::default(), 100).await.unwrap();
    lines.reverse();
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
