//! Rules that hold under a race.

use std::sync::Arc;

use seaworthy::accounts::Role;
use seaworthy::checkpoints::EnterError;
use seaworthy::prizes::Rank;
use seaworthy::reviews::Decision;

use super::{enter_as, person};
use crate::support::TestApp;

/// A site with the shipped module, whose weeks have fifty vouchers.
async fn shipped() -> Arc<TestApp> {
    Arc::new(TestApp::spawn().await)
}

const MODULE: &str = "full-service-ownership";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_entries_of_one_developer_at_once_leave_exactly_one() {
    let app = shipped().await;
    let ada = person(&app, "ada", Role::Learner).await;
    let attempts: Vec<_> = (0..100)
        .map(|_| {
            let (app, id) = (Arc::clone(&app), ada.id.clone());
            tokio::spawn(async move { enter_as(&app.app, &id, MODULE).await })
        })
        .collect();
    let mut taken = 0;
    for result in attempts {
        match result.await.unwrap() {
            Ok(_) => taken += 1,
            Err(EnterError::AlreadyEntered(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(taken, 1);
    let entries = app.app.checkpoints.list_of_person(&ada.id).await.unwrap();
    assert_eq!((entries.len(), entries[0].week_seq, entries[0].entry_no), (1, 1, Some(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_hundred_developers_racing_for_fifty_vouchers_get_exactly_fifty_in_order() {
    let app = shipped().await;
    let noor = person(&app, "noor", Role::Admin).await;
    let codes: Vec<String> = (0..60).map(|number| format!("CODE-{number}")).collect();
    app.app.prizes.import(&noor.id, codes.join("\n").as_bytes()).await.unwrap().unwrap();
    let mut people = Vec::new();
    for number in 0..300 {
        people.push(person(&app, &format!("person{number}"), Role::Learner).await);
    }
    let entering = people.into_iter().map(|learner| {
        let app = Arc::clone(&app);
        tokio::spawn(async move { enter_as(&app.app, &learner.id, MODULE).await.unwrap() })
    });
    let mut entries = Vec::new();
    for entry in entering.collect::<Vec<_>>() {
        entries.push(entry.await.unwrap());
    }
    entries.sort_by_key(|entry| entry.week_seq);
    let places: Vec<i64> = entries.iter().map(|entry| entry.week_seq).collect();
    assert_eq!(places, (1..=300).collect::<Vec<_>>(), "places have gaps or doubles");

    // Decided from the end to the beginning, every seventh rejected, with awards made at the same time.
    let week = entries[0].week.clone();
    // As many at a time as several replicas would have under way; more only wait for a connection.
    let permits = Arc::new(tokio::sync::Semaphore::new(24));
    let deciding = entries.iter().rev().map(|entry| {
        let (app, noor, id, week) = (Arc::clone(&app), noor.clone(), entry.id.clone(), week.clone());
        let permits = Arc::clone(&permits);
        let decision = if entry.week_seq % 7 == 0 { Decision::Reject("No.".to_owned()) } else { Decision::Accept };
        tokio::spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            app.app.reviews.decide(&noor, &id, &decision).await.unwrap();
            app.app.prizes.award(&week).await.unwrap();
        })
    });
    for decided in deciding.collect::<Vec<_>>() {
        decided.await.unwrap();
    }
    app.app.prizes.award(&week).await.unwrap();
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap().awarded, 50);

    let expected: Vec<i64> = (1..=300).filter(|place| place % 7 != 0).take(50).collect();
    let ranking = app.app.prizes.find_ranking(&week).await.unwrap().unwrap();
    let won = ranking.entries.iter().filter(|entry| matches!(entry.rank, Rank::Won { .. }));
    assert_eq!(won.map(|entry| entry.week_seq).collect::<Vec<_>>(), expected);
    for entry in &entries {
        let has_code = app.app.prizes.find_code(entry).await.unwrap().is_some();
        assert_eq!(has_code, expected.contains(&entry.week_seq), "entry {}", entry.week_seq);
    }
    app.leave_jobs();
}
