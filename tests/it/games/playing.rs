//! Games from their beginning to their end, alone and for two.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use seaworthy::games::GameState;

use super::{LAB, PAGE, Setting, execute, milliseconds};

#[actix_web::test]
async fn a_game_is_detected_mitigated_and_measured() {
    let setting = Setting::open().await;
    let id = setting.begin().await;
    let page = setting.ada.get(&format!("/games/{id}")).await.expect(200);
    let game = setting.game(&id).await;
    let body = page.text("body");
    assert!(
        !body.contains(game.fault.as_deref().unwrap()) && body.contains(game.commitment.as_deref().unwrap()),
        "{body}"
    );
    let wait = game.inject_at.unwrap().duration_since(game.created_at);
    assert!((120..=600).contains(&wait.as_secs()), "{wait:?}");
    let game = setting.until_injected(&id).await;
    let body = setting.ada.get(&format!("/games/{id}")).await.expect(200).text("body");
    assert!(
        body.contains("Being played") && !body.contains("The fault has come"),
        "who is on call is told nothing: {body}"
    );
    setting.pass(&id, 10, 0).await;
    let declared = setting.app.clock.now();
    setting.log(&id, "detected", "").await;
    setting.pass(&id, 20, 0).await;
    let good = setting.app.clock.now();
    setting.pass(&id, 19, 5).await;
    assert_eq!(setting.game(&id).await.state, GameState::Running, "19 s are too few");
    setting.pass(&id, 3, 5).await;
    let over = setting.game(&id).await;
    let figures = over.figures.clone().unwrap();
    assert_eq!(over.state, GameState::Over);
    let injected_at = game.injected_at.unwrap();
    assert_eq!(figures.detected_after_ms, Some(milliseconds(injected_at, declared)));
    let mitigated = figures.mitigated_after_ms.unwrap();
    assert!((mitigated - milliseconds(injected_at, good)).abs() <= 2_000, "{figures:?}");
    assert_eq!(figures.requests - figures.succeeded, 150);
    let page = setting.ada.get(&format!("/games/{id}")).await.expect(200);
    assert!(page.text("body").contains("150 of"), "{}", page.text("body"));
    assert!(page.text("aside").contains(over.salt.as_str()));
    // The load has ended with the game, and the audit log has its three steps.
    assert!(setting.app.app.loads.find_current(&setting.session.id).await.unwrap().is_none());
    let events = setting.app.app.core.audit.list_of_subject(id.as_str()).await.unwrap();
    let actions: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["game.plan", "game.inject", "game.end"]);
}

#[actix_web::test]
async fn no_fault_comes_twice_before_all_eight_were_had() {
    let setting = Setting::open().await;
    let mut had = BTreeSet::new();
    for _ in 0..8 {
        assert!(had.insert(setting.play().await.fault.unwrap()));
        execute(
            &setting.app,
            "DELETE FROM loads WHERE ended_at IS NOT NULL AND id NOT IN (SELECT load_id FROM load_seconds)",
        )
        .await;
    }
    assert_eq!(had.len(), 8);
    assert!(had.contains(&setting.play().await.fault.unwrap()), "the ninth is one of them again");
}

#[actix_web::test]
async fn deleting_everything_is_no_mitigation() {
    let setting = Setting::open().await;
    let id = setting.begin().await;
    setting.until_injected(&id).await;
    setting.log(&id, "detected", "").await;
    // Where there is nothing, the ingress answers 404, or 503.
    setting.pass(&id, 31 * 60, 0).await;
    let game = setting.game(&id).await;
    assert_eq!((game.state, game.figures.unwrap().mitigated_after_ms), (GameState::Over, None));
    assert!(game.reason.unwrap().contains("half an hour"));
}

#[actix_web::test]
async fn a_system_that_fails_already_gets_no_fault_and_keeps_it_for_another_game() {
    let setting = Setting::open().await;
    let id = setting.begin().await;
    let moment = setting.game(&id).await.inject_at.unwrap();
    let wait = moment.duration_since(setting.app.clock.now()).as_secs();
    setting.pass(&id, wait + 70, 0).await;
    let game = setting.game(&id).await;
    assert_eq!((game.state, game.injected_at), (GameState::Cancelled, None));
    assert!(game.reason.unwrap().contains("failed before any fault came"));
    let body = setting.ada.get(&format!("/games/{id}")).await.expect(200).text("body");
    assert!(!body.contains("mitigat") || !body.contains("undo"), "its fault may come yet: {body}");
}

#[actix_web::test]
async fn an_object_that_is_gone_is_named_and_the_game_cancelled() {
    let setting = Setting::open().await;
    let id = setting.begin().await;
    execute(&setting.app, "UPDATE games SET fault = 'scaled-to-zero'").await;
    let kube = &setting.kube;
    kube.delete("Deployment", &setting.session.namespace, "qotm");
    let moment = setting.game(&id).await.inject_at.unwrap();
    setting.pass(&id, moment.duration_since(setting.app.clock.now()).as_secs() + 1, 5).await;
    let game = setting.game(&id).await;
    assert_eq!(game.state, GameState::Cancelled);
    assert!(game.reason.unwrap().contains("The Deployment qotm is not there"));
}

#[actix_web::test]
async fn an_injection_that_was_interrupted_is_done_once() {
    let setting = Setting::open().await;
    let id = setting.begin().await;
    execute(&setting.app, "UPDATE games SET fault = 'scaled-to-zero'").await;
    setting.until_injected(&id).await;
    let replicas = || {
        let found = setting.kube.object("Deployment", &setting.session.namespace, "qotm").unwrap();
        found["spec"]["replicas"].as_i64()
    };
    assert_eq!(replicas(), Some(0));
    // As a process left it that died once the object was changed, and whose learner has repaired it meanwhile.
    let mut repaired = setting.kube.object("Deployment", &setting.session.namespace, "qotm").unwrap();
    repaired["spec"]["replicas"] = 2.into();
    setting.kube.put(&repaired);
    execute(&setting.app, "UPDATE games SET state = 'injecting', injected_at = NULL").await;
    execute(&setting.app, "UPDATE jobs SET due_at = 0 WHERE kind = 'games.drive' AND finished_at IS NULL").await;
    setting.run().await;
    assert_eq!((setting.game(&id).await.state, replicas()), (GameState::Running, Some(2)));
    // As one left it that died before it changed the object.
    let before = setting.kube.object("Deployment", &setting.session.namespace, "qotm").unwrap();
    let hash = seaworthy::id::hash_token(&before["spec"].to_string());
    let mut tx = setting.app.app.core.db.write().await.unwrap();
    sqlx::query("UPDATE games SET state = 'injecting', injected_at = NULL, before_hash = $1")
        .bind(format!("[\"{hash}\"]"))
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    execute(&setting.app, "UPDATE jobs SET due_at = 0 WHERE kind = 'games.drive' AND finished_at IS NULL").await;
    setting.run().await;
    assert_eq!((setting.game(&id).await.state, replicas()), (GameState::Running, Some(0)));
}

#[actix_web::test]
async fn two_replicas_inject_a_fault_once() {
    let setting = Setting::open().await;
    let replica = setting.app.replica().await;
    let id = setting.begin().await;
    let moment = setting.game(&id).await.inject_at.unwrap();
    let wait = moment.duration_since(setting.app.clock.now()).as_secs() + 1;
    let load = setting.game(&id).await.load;
    setting.write_seconds(load.as_deref().unwrap(), (0, u32::try_from(wait).unwrap()), 5).await;
    setting.app.advance(SignedDuration::from_secs(wait));
    execute(&setting.app, "DELETE FROM jobs WHERE kind = 'loads.apply'").await;
    let (one, other) = tokio::join!(setting.app.app.worker.run_due(), replica.worker.run_due());
    assert!(one.unwrap() + other.unwrap() > 0);
    assert_eq!(setting.game(&id).await.state, GameState::Running);
    let events = setting.app.app.core.audit.list_of_subject(id.as_str()).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.action == "game.inject").count(), 1);
}

#[actix_web::test]
async fn when_a_game_is_ended_the_next_one_may_begin_at_once() {
    let setting = Setting::open().await;
    let id = setting.begin().await;
    setting.ada.post(&format!("/games/{id}/end"), &[]).await.location();
    let next = setting.ada.post(PAGE, &[]).await.location();
    assert!(next.starts_with("/games/") && !next.ends_with(id.as_str()), "{next}");
}

#[actix_web::test]
async fn a_second_game_and_one_without_a_lab_are_refused_in_words() {
    let setting = Setting::open().await;
    let id = setting.begin().await;
    assert_eq!(setting.ada.post(PAGE, &[]).await.location(), PAGE);
    assert!(setting.ada.get(PAGE).await.expect(200).text("body").contains("You are playing a game already"));
    let bea = setting.app.learner("bea").await;
    bea.get(&format!("/games/{id}")).await.expect(404);
    bea.post(&format!("/games/{id}/end"), &[]).await.expect(404);
    assert_eq!(bea.post(PAGE, &[]).await.location(), PAGE);
    assert!(bea.get(PAGE).await.expect(200).text("body").contains("The lab is not running"));
    bea.get("/labs/service-annotations/games").await.expect(404);
    bea.post("/labs/service-annotations/games", &[]).await.expect(404);
    let visitor = setting.app.visitor();
    assert!(visitor.get(PAGE).await.location().starts_with("/sign-in"));
    assert!(visitor.get(&format!("/games/{id}")).await.location().starts_with("/sign-in"));
    assert!(visitor.get("/games/join").await.location().starts_with("/sign-in"));
    // Ended by whoever is on call, before the fault came.
    assert_eq!(setting.ada.post(&format!("/games/{id}/end"), &[]).await.location(), format!("/games/{id}"));
    setting.run().await;
    assert_eq!(setting.game(&id).await.state, GameState::Cancelled);
    setting.ada.post(&format!("/games/{id}/end"), &[]).await.location();
    assert!(setting.ada.get(&format!("/games/{id}")).await.expect(200).text("body").contains("over already"));
    setting.app.advance(SignedDuration::from_hours(31 * 24));
    setting.app.app.games.prune().await.unwrap();
    assert!(setting.app.app.games.find_game(setting.ada.person(), &id).await.unwrap().is_none());
}

#[actix_web::test]
async fn somebody_else_plans_the_fault_and_looks_on() {
    let setting = Setting::open().await;
    let bea = setting.app.learner("bea").await;
    let refused = setting.ada.post(&format!("{PAGE}/invite"), &[("email", "no address")]).await.expect(422);
    assert_eq!(refused.attribute("#email", "value").as_deref(), Some("no address"));
    let page = setting.ada.post(&format!("{PAGE}/invite"), &[("email", "bea@example.org")]).await.location();
    let id = page.strip_prefix("/games/").unwrap().to_owned();
    let code = setting.ada.get(&page).await.expect(200).text(".game-code");
    let mails = setting.app.mails().await;
    assert!(mails.last().unwrap().text.contains(&code), "{:?}", mails.last());
    setting.ada.post("/games/join", &[("code", &code)]).await.expect(422);
    let wrong = bea.post("/games/join", &[("code", "0000000000")]).await.expect(422);
    assert!(wrong.text("body").contains("No game waits for this code"));
    assert_eq!(bea.post("/games/join", &[("code", &format!(" {} ", code.to_uppercase()))]).await.location(), page);
    let plan = format!("{page}/plan");
    bea.post(&plan, &[("fault", "none"), ("minutes", "3")]).await.expect(422);
    let late = bea.post(&plan, &[("fault", "selector"), ("minutes", "11")]).await.expect(422);
    assert!(late.text("#minutes-error").contains("from 2 to 10"), "{}", late.text("body"));
    setting.ada.post(&plan, &[("fault", "selector"), ("minutes", "3")]).await.expect(404);
    assert_eq!(bea.post(&plan, &[("fault", "selector"), ("minutes", "3")]).await.location(), page);
    bea.post(&plan, &[("fault", "selector"), ("minutes", "3")]).await.expect(422);
    let id = id.into();
    execute(&setting.app, "UPDATE loads SET started_at = requested_at WHERE started_at IS NULL").await;
    setting.until_injected(&id).await;
    assert!(bea.get(&page).await.expect(200).text("body").contains("The fault has come"));
    assert!(!setting.ada.get(&page).await.expect(200).text("body").contains("selects nothing"));
    // She writes notes, and detects nothing.
    let detected = bea.post(&format!("{page}/entries"), &[("kind", "detected"), ("text", "x")]).await.expect(422);
    assert!(detected.text("#text-error").contains("write a note"));
    bea.post(&format!("{page}/entries"), &[("kind", "note"), ("text", "Now!")]).await.location();
    let log = setting.ada.get(&page).await.expect(200).text(".log");
    assert!(log.contains("Now!") && log.contains("bea"), "{log}");
}

#[actix_web::test]
async fn a_lab_that_ends_ends_its_game() {
    let setting = Setting::open().await;
    let id = setting.begin().await;
    setting.until_injected(&id).await;
    setting.ada.post(&format!("/labs/{LAB}/stop"), &[]).await.location();
    setting.app.advance(SignedDuration::from_secs(5));
    setting.run().await;
    let game = setting.game(&id).await;
    assert_eq!((game.state, game.reason.as_deref()), (GameState::Over, Some("The lab ended.")));
}

#[actix_web::test]
async fn the_requests_of_a_game_are_not_its_players_to_stop() {
    let setting = Setting::open().await;
    setting.begin().await;
    setting.ada.post("/labs/day-2-game-day/loads/stop", &[]).await.location();
    let load = setting.app.app.loads.find_current(&setting.session.id).await.unwrap();
    assert!(load.is_some_and(|load| load.name == "game"));
}
