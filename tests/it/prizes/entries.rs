//! `/checkpoints/{module}`, `/entries` and their limits

use jiff::SignedDuration;

use super::{ANSWERS, CHECKPOINT, enter, spawn};

#[tokio::test]
async fn the_pages_are_for_people_who_are_signed_in() {
    let app = spawn().await;
    for path in [CHECKPOINT, "/entries", "/entries/none"] {
        assert!(app.visitor().get(path).await.location().starts_with("/sign-in"), "{path}");
    }
    app.visitor().post(CHECKPOINT, &ANSWERS).await.expect(401);
    let ada = app.learner("ada").await;
    ada.get("/checkpoints/none").await.expect(404);
    ada.get("/entries/none").await.expect(404);
    assert!(ada.get(CHECKPOINT).await.expect(200).text("aside").contains("3 of 3 left"));
    assert!(ada.get("/entries").await.expect(200).text(".empty").contains("not entered"));
}

#[tokio::test]
async fn an_entry_shows_its_place_and_state() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let page = enter(&ada).await;
    let shown = ada.get(&page).await.expect(200);
    assert_eq!(shown.text(".page-header .pill"), "Waiting for review");
    assert!(shown.text(".page-header").contains("1st entry of its week"));
    assert!(
        ada.get(&format!("{page}/eligibility")).await.expect(200).text(".verdicts").contains("waits for a reviewer")
    );
    app.learner("bo").await.get(&page).await.expect(404);
}

#[tokio::test]
async fn missing_answers_come_back_with_the_others_kept() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.post(CHECKPOINT, &[("answer-lamp", "1"), ("answer-duty", "dunno")]).await.expect(422);
    assert!(page.attribute("#answer-lamp-1", "checked").is_some());
    assert_eq!(page.text("#answer-duty"), "dunno");
    assert_eq!(page.texts(".error").len(), 1);
    assert!(ada.get("/entries").await.text(".lead").contains('3'));
}

#[tokio::test]
async fn a_second_entry_in_one_week_is_refused() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let first = enter(&ada).await;
    let page = ada.post(CHECKPOINT, &ANSWERS).await.expect(422);
    assert_eq!(page.attribute(".notice a", "href").unwrap(), first);
    assert_eq!(page.text("#answer-duty"), ANSWERS[1].1);
}

#[tokio::test]
async fn a_fourth_entry_is_refused() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    for _ in 0..3 {
        enter(&ada).await;
        app.advance(SignedDuration::from_hours(7 * 24));
    }
    // Two weeks on the same device need a new sign-in, which the clock's leaps have made due.
    let page = ada.post(CHECKPOINT, &ANSWERS).await.expect(422);
    assert!(page.text(".notice").contains("All your entries are used"));
}

#[tokio::test]
async fn a_withdrawn_entry_frees_its_slot_and_loses_its_place() {
    let app = spawn().await;
    let (ada, bo) = (app.learner("ada").await, app.learner("bo").await);
    let first = enter(&ada).await;
    enter(&bo).await;
    bo.post(&format!("{first}/withdraw"), &[]).await.expect(404);
    assert_eq!(ada.post(&format!("{first}/withdraw"), &[]).await.location(), "/entries");
    assert_eq!(ada.post(&format!("{first}/withdraw"), &[]).await.location(), first);
    let second = enter(&ada).await;
    assert!(ada.get(&second).await.text(".page-header").contains("3rd entry of its week"));
    assert!(ada.get("/entries").await.text(".lead").contains('2'));
    app.run_jobs().await;
}

#[tokio::test]
async fn an_entry_counts_for_the_week_in_which_it_arrives() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let began = ada.get(CHECKPOINT).await.attribute("input[name=week]", "value").unwrap();
    // Noon in London is the small hours of Thursday in Auckland: the week ends on Sunday at 11:00 UTC.
    app.clock.set("2026-03-08T11:00:00Z".parse().unwrap());
    let mut fields = ANSWERS.to_vec();
    fields.push(("week", &began));
    let page = ada.post(CHECKPOINT, &fields).await.location();
    assert!(ada.get(&page).await.body.contains("A new week began while you wrote"));
}

#[tokio::test]
async fn lists_of_entries_read_no_answers() {
    let app = spawn().await;
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    let entry = enter(&ada).await;
    let mut tx = app.app.core.db.write().await.unwrap();
    sqlx::query("UPDATE entries SET answers = 'not JSON'").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let week = ada.get(&entry).await.expect(200).attribute("main section a", "href").unwrap();
    for path in ["/entries", "/", week.as_str()] {
        ada.get(path).await.expect(200);
    }
    assert_eq!(imre.get("/review").await.expect(200).texts(".rows li").len(), 1);
    imre.get(&entry.replace("/entries/", "/review/")).await.expect(500);
}
