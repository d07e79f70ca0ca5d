//! Weeks that take vouchers at the same time, and imports in batches

use std::sync::Arc;

use jiff::SignedDuration;
use seaworthy::accounts::Role;
use seaworthy::checkpoints::{Entry, WeekId};
use seaworthy::prizes::VoucherCounts;

use super::{codes, enter_and_accept, person, programme, spawn_under};
use crate::support::{TestApp, interleave};

/// Two weeks with so many winners each, and nothing in stock.
async fn two_weeks(winners: usize) -> (Arc<TestApp>, [WeekId; 2]) {
    let vouchers = i64::try_from(winners).unwrap();
    let app = Arc::new(spawn_under(&programme(1, vouchers, 3)).await);
    let (ines, imre) = (person(&app, "ines", Role::Instructor).await, person(&app, "imre", Role::Instructor).await);
    let first: Vec<Entry> = enter_and_accept(&app, &ines, winners).await;
    app.advance(SignedDuration::from_hours(7 * 24));
    let second = enter_and_accept(&app, &imre, winners).await;
    (app, [first[0].week.clone(), second[0].week.clone()])
}

#[tokio::test]
async fn two_weeks_that_award_at_once_both_get_all_of_theirs_in_one_go() {
    let (app, weeks) = two_weeks(5).await;
    let noor = person(&app, "noor", Role::Admin).await;
    app.app.prizes.import(&noor.id, &codes("A", 10)).await.unwrap().unwrap();
    let award = |week: &WeekId| {
        let (prizes, week) = (app.app.prizes.clone(), week.clone());
        Box::pin(async move { prizes.award(&week).await.unwrap() })
    };
    // The first has taken a voucher and not yet recorded its event when the second comes.
    let hold = "UPDATE audit_head SET seq = seq";
    let awarded = interleave(&app, hold, award(&weeks[0]), award(&weeks[1])).await;
    assert_eq!(awarded, (5, 5));
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap(), VoucherCounts { imported: 10, awarded: 10, missing: 0 });
    app.run_jobs().await;
}

#[tokio::test]
async fn a_week_that_finds_no_voucher_while_some_are_imported_is_woken_for_them() {
    let (app, weeks) = two_weeks(2).await;
    let noor = person(&app, "noor", Role::Admin).await;
    app.run_jobs().await;
    let (prizes, other, week) = (app.app.prizes.clone(), app.app.prizes.clone(), weeks[0].clone());
    let award = Box::pin(async move { prizes.award(&week).await.unwrap() });
    let import = Box::pin(async move { other.import(&noor.id, &codes("A", 4)).await.unwrap().unwrap() });
    // It has seen that there are none, and has not yet noted that it is short of them.
    let hold = "LOCK TABLE voucher_shortages IN SHARE ROW EXCLUSIVE MODE";
    let (awarded, _report) = interleave(&app, hold, award, import).await;
    assert_eq!(awarded, 0);
    app.run_jobs().await;
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap(), VoucherCounts { imported: 4, awarded: 4, missing: 0 });
}

#[tokio::test]
async fn an_import_wakes_the_weeks_that_wait_and_no_others() {
    let (app, _weeks) = two_weeks(2).await;
    let noor = person(&app, "noor", Role::Admin).await;
    app.run_jobs().await;
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap(), VoucherCounts { imported: 0, awarded: 0, missing: 4 });
    app.app.prizes.import(&noor.id, &codes("A", 3)).await.unwrap().unwrap();
    app.run_jobs().await;
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap(), VoucherCounts { imported: 3, awarded: 3, missing: 1 });
    // The first week is served; the second alone waits.
    app.app.prizes.import(&noor.id, &codes("B", 5)).await.unwrap().unwrap();
    assert_eq!(app.app.core.jobs.list_unfinished(10).await.unwrap().len(), 1);
    app.run_jobs().await;
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap(), VoucherCounts { imported: 8, awarded: 4, missing: 0 });
    app.app.prizes.import(&noor.id, &codes("C", 5)).await.unwrap().unwrap();
    assert!(app.app.core.jobs.list_unfinished(10).await.unwrap().is_empty(), "nobody waits for these");
}

#[tokio::test]
async fn others_write_while_a_large_file_is_imported() {
    let app = Arc::new(spawn_under(&programme(1, 2, 3)).await);
    let noor = person(&app, "noor", Role::Admin).await;
    let (importing, file) = (Arc::clone(&app), codes("A", 2_000));
    let import = tokio::spawn(async move { importing.app.prizes.import(&noor.id, &file).await.unwrap().unwrap() });
    let mut counts = Vec::new();
    while !import.is_finished() {
        let mut tx = app.app.core.db.write().await.unwrap();
        let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM vouchers").fetch_one(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        counts.push(count);
        tokio::task::yield_now().await;
    }
    assert_eq!(import.await.unwrap().added, 2_000);
    assert!(counts.iter().any(|count| (1..2_000).contains(count)), "nobody wrote in between: {counts:?}");
}

#[tokio::test]
async fn an_import_that_broke_off_is_finished_by_the_same_file() {
    let app = Arc::new(spawn_under(&programme(1, 2, 3)).await);
    let noor = person(&app, "noor", Role::Admin).await;
    let (importing, file, admin) = (Arc::clone(&app), codes("A", 2_000), noor.id.clone());
    let import = tokio::spawn(async move { importing.app.prizes.import(&admin, &file).await });
    let stored = async || app.app.prizes.count_vouchers().await.unwrap().imported;
    while stored().await == 0 {
        tokio::task::yield_now().await;
    }
    import.abort();
    assert!(import.await.unwrap_err().is_cancelled(), "it was over before it could break off");
    let before = stored().await;
    assert!((1..2_000).contains(&before));
    let report = app.app.prizes.import(&noor.id, &codes("A", 2_000)).await.unwrap().unwrap();
    assert_eq!(i64::try_from(report.added).unwrap(), 2_000 - before);
    assert_eq!(i64::try_from(report.refused.len()).unwrap(), before);
    assert_eq!(stored().await, 2_000);
    let events = app.app.core.audit.list_of_subject("vouchers").await.unwrap();
    let added = |detail: &str| serde_json::from_str::<serde_json::Value>(detail).unwrap()["added"].as_i64().unwrap();
    let told: i64 = events.iter().map(|event| added(&event.detail)).sum();
    assert_eq!(told, 2_000, "the audit log tells of each code once");
}
