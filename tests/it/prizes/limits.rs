//! How many entries a person may make

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use seaworthy::accounts::{PersonId, Role};
use seaworthy::app::{App, Environment};
use seaworthy::checkpoints::{Answers, EnterError, Entry, Submission, WeekBounds};
use seaworthy::config::Config;
use seaworthy::id::Random;
use seaworthy::mail::Transport;
use seaworthy::view::Strictness;
use sqlx::Executor as _;

use super::{enter_as, person, programme, programme_in, replace_file, spawn_under};
use crate::lessons::with_file;
use crate::support::TestApp;

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The services of another process on the site's database, whose programme is another.
async fn replica(app: &TestApp, programme: &str) -> Box<App> {
    let folder = with_file("programme.toml", programme);
    let mut config = Config::default();
    config.database.url = app.database_url().into();
    config.database.max_connections = 8;
    config.content.folder = Some(folder.path().to_owned());
    config.server.secret = Some("5e".repeat(32).into());
    config.cluster.kubeconfig = Some(folder.path().join("no-kubeconfig"));
    config.cluster.status_file = folder.path().join("status.json");
    config.mail.folder = folder.path().join("mail");
    let (clock, random) = (app.clock.clone(), Random::seeded(43));
    let environment = Environment { clock, random, mail: Transport::memory(), strictness: Strictness::Tests };
    Box::new(Box::pin(App::build(&config, environment)).await.unwrap())
}

/// Enters a module of its own number.
async fn send(app: &App, person: &PersonId, number: usize, received_at: Timestamp) -> Result<Entry, EnterError> {
    let zone = TimeZone::get("Pacific/Auckland").unwrap();
    let drawn_for = WeekBounds::of(received_at, &zone).unwrap().starts_at;
    let sent = Submission { received_at, drawn_for, answers: Answers::new() };
    app.checkpoints.enter(person, &format!("module-{number}"), &sent).await
}

async fn count_held(app: &TestApp, person: &PersonId) -> usize {
    let entries = app.app.checkpoints.list_of_person(person).await.unwrap();
    entries.iter().filter(|entry| entry.entry_no.is_some()).count()
}

/// Sends a hundred entries of one person at once, each made by `send`; answers how many were taken.
async fn send_a_hundred<F>(send: impl Fn(usize) -> F) -> usize
where
    F: Future<Output = Result<Entry, EnterError>> + Send + 'static,
{
    let sending: Vec<_> = (0..100).map(|number| tokio::spawn(send(number))).collect();
    let mut taken = 0;
    for sent in sending {
        match sent.await.unwrap() {
            Ok(_) => taken += 1,
            Err(EnterError::LimitReached(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    taken
}

#[tokio::test]
async fn as_many_entries_are_taken_as_the_rules_say() {
    for limit in [1, 2, 4, 5, 10, 100] {
        let app = spawn_under(&programme(1, 2, limit)).await;
        let ada = person(&app, "ada", Role::Learner).await;
        for number in 1..=limit {
            let entry = enter_as(&app.app, &ada.id, "watch").await.unwrap();
            assert_eq!(entry.entry_no, Some(number));
            app.advance(WEEK);
        }
        let refused = enter_as(&app.app, &ada.id, "watch").await.unwrap_err();
        assert!(matches!(refused, EnterError::LimitReached(most) if most == limit), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_entries_at_once_leave_exactly_as_many_as_the_rules_say() {
    for limit in [1, 4, 10] {
        let app = Arc::new(spawn_under(&programme(1, 2, limit)).await);
        let ada = person(&app, "ada", Role::Learner).await.id;
        let taken = send_a_hundred(|number| {
            let (app, ada) = (Arc::clone(&app), ada.clone());
            async move { send(&app.app, &ada, number, app.clock.now()).await }
        });
        assert_eq!(i64::try_from(taken.await).unwrap(), limit);
        assert_eq!(i64::try_from(count_held(&app, &ada).await).unwrap(), limit);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_with_different_rules_keep_to_those_of_the_week() {
    let app = Arc::new(spawn_under(&programme(1, 2, 3)).await);
    let other: Arc<App> = Arc::from(replica(&app, &programme(2, 2, 6)).await);
    let ada = person(&app, "ada", Role::Learner).await.id;
    let taken = send_a_hundred(|number| {
        let (app, other, ada) = (Arc::clone(&app), Arc::clone(&other), ada.clone());
        async move {
            let replica = if number % 2 == 0 { &*app.app } else { &*other };
            send(replica, &ada, number, app.clock.now()).await
        }
    });
    let taken = i64::try_from(taken.await).unwrap();
    let rules = app.app.checkpoints.find_current_week().await.unwrap().rules;
    assert_eq!(taken, rules.entries_per_developer, "under version {}", rules.version);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn entries_at_once_in_two_weeks_leave_exactly_as_many_as_the_rules_say() {
    let app = Arc::new(spawn_under(&programme(1, 2, 4)).await);
    let ada = person(&app, "ada", Role::Learner).await.id;
    let taken = send_a_hundred(|number| {
        let (app, ada) = (Arc::clone(&app), ada.clone());
        let later = if number % 2 == 0 { SignedDuration::ZERO } else { WEEK };
        async move { send(&app.app, &ada, number, app.clock.now() + later).await }
    });
    assert_eq!(taken.await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_with_different_zones_begin_one_week() {
    let app = Arc::new(spawn_under(&programme(1, 2, 3)).await);
    let london = programme_in("Europe/London", (2, 2, 3), "a hot chocolate");
    let other: Arc<App> = Arc::from(replica(&app, &london).await);
    let mut people = Vec::new();
    for number in 0..20 {
        people.push(person(&app, &format!("person{number}"), Role::Learner).await.id);
    }
    let entering = people.into_iter().enumerate().map(|(number, learner)| {
        let (app, other) = (Arc::clone(&app), Arc::clone(&other));
        tokio::spawn(async move {
            let replica = if number % 2 == 0 { &*app.app } else { &*other };
            // Whoever finds that the week is the other's reads its questions and sends them.
            match enter_as(replica, &learner, "watch").await {
                Err(EnterError::QuestionsExpired) => enter_as(replica, &learner, "watch").await.unwrap(),
                entered => entered.unwrap(),
            }
        })
    });
    for entered in entering.collect::<Vec<_>>() {
        entered.await.unwrap();
    }
    assert_eq!(app.app.checkpoints.list_weeks().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_lower_limit_counts_entries_that_were_made_under_a_higher_one() {
    let app = spawn_under(&programme(1, 2, 4)).await;
    let ada = person(&app, "ada", Role::Learner).await.id;
    let mut entries = Vec::new();
    for _ in 0..4 {
        entries.push(enter_as(&app.app, &ada, "watch").await.unwrap());
        app.advance(WEEK);
    }
    for entry in &entries[..2] {
        app.app.checkpoints.withdraw(&ada, &entry.id).await.unwrap();
    }
    replace_file(&app, "programme.toml", &programme(2, 2, 2));
    // Numbers 1 and 2 are free, and two entries are held.
    let refused = enter_as(&app.app, &ada, "watch").await.unwrap_err();
    assert!(matches!(refused, EnterError::LimitReached(2)), "{refused:?}");
    app.app.checkpoints.withdraw(&ada, &entries[2].id).await.unwrap();
    assert_eq!(enter_as(&app.app, &ada, "watch").await.unwrap().entry_no, Some(1));
    app.run_jobs().await;
}

#[tokio::test]
async fn the_schema_takes_no_entry_beyond_the_limit_of_its_weeks_rules() {
    let app = spawn_under(&programme(1, 2, 3)).await;
    let ada = person(&app, "ada", Role::Learner).await.id;
    enter_as(&app.app, &ada, "watch").await.unwrap();
    let beyond = [
        "UPDATE entries SET entry_no = 4",
        "UPDATE entries SET entry_no = 0",
        "UPDATE entries SET entry_no = 4, entry_limit = 9",
        "UPDATE entries SET rules_version = 2",
        "INSERT INTO rules_versions (version, rules, entries_per_developer, published_at) VALUES (2, '{}', 0, 0)",
        "INSERT INTO rules_versions (version, rules, entries_per_developer, published_at) VALUES (2, '{}', 1001, 0)",
    ];
    for statement in beyond {
        let mut tx = app.app.core.db.write().await.unwrap();
        assert!(tx.execute(statement).await.is_err(), "{statement}");
    }
}

#[tokio::test]
async fn an_entry_from_the_future_is_not_this_weeks() {
    let app = spawn_under(&programme(1, 2, 3)).await;
    let ada = app.learner("ada").await;
    let now = app.clock.now();
    app.advance(WEEK + WEEK);
    enter_as(&app.app, &ada.person().id, "watch").await.unwrap();
    app.clock.set(now);
    let page = ada.get("/checkpoints/watch").await.expect(200);
    assert!(!page.body.contains("Your entry of this week is in"));
    assert!(page.text("aside").contains("2 of 3 left"));
    assert!(super::enter(&ada).await.starts_with("/entries/"));
    let weeks = app.app.checkpoints.list_weeks().await.unwrap();
    assert!(weeks[1].bounds.ends_at <= weeks[0].bounds.starts_at);
}

#[tokio::test]
async fn an_entry_counts_for_the_week_in_which_it_arrived_however_long_it_takes_to_store() {
    let app = spawn_under(&programme(1, 2, 3)).await;
    let ada = person(&app, "ada", Role::Learner).await.id;
    let (last_instant, change): (Timestamp, Timestamp) =
        ("2026-03-08T10:59:59.999999Z".parse().unwrap(), "2026-03-08T11:00:00Z".parse().unwrap());
    app.clock.set(last_instant);
    let library = app.app.lessons.library();
    let open = app.app.checkpoints.open(&ada, library.find_module("watch").unwrap(), None).await.unwrap();
    app.clock.set(change);
    let entry = app.app.checkpoints.enter(&ada, "watch", &open.submission(Answers::new())).await.unwrap();
    let bounds = open.participation.week.bounds;
    assert_eq!((entry.submitted_at, entry.drawn_for, bounds.ends_at), (last_instant, bounds.starts_at, change));

    // The next one is the first of the next week, at the very instant at which that begins.
    let next = enter_as(&app.app, &ada, "watch").await.unwrap();
    assert_eq!((next.submitted_at, next.drawn_for, next.week_seq), (change, change, 1));
    let weeks = app.app.checkpoints.list_weeks().await.unwrap();
    let ids: Vec<_> = weeks.iter().map(|week| week.id.clone()).collect();
    assert_eq!(ids, [next.week, entry.week]);
    assert_eq!(weeks[1].bounds, bounds);
}

#[tokio::test]
async fn at_the_very_change_of_weeks_the_page_names_the_limit() {
    let app = spawn_under(&programme(1, 2, 1)).await;
    let ada = app.learner("ada").await;
    app.clock.set("2026-03-08T10:59:59.999999Z".parse().unwrap());
    let first = super::enter(&ada).await;
    let again = ada.post("/checkpoints/watch", &super::ANSWERS).await.expect(422);
    assert_eq!(again.attribute(".notice a", "href").unwrap(), first);
    app.clock.set("2026-03-08T11:00:00Z".parse().unwrap());
    let page = ada.post("/checkpoints/watch", &super::ANSWERS).await.expect(422);
    assert!(page.text(".notice").contains("All your entries are used"), "{}", page.text("main"));
    assert_eq!(page.text("#answer-duty"), super::ANSWERS[1].1);
}
