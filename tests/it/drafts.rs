//! What is typed into a form and not sent is there again, on any device, until the form is taken.

use jiff::SignedDuration;
use seaworthy::drafts::{KEEP, MAX_DRAFTS};

use crate::lessons::harbour;
use crate::prizes::{accept, enter};
use crate::support::{PASSWORD, TestApp, Visitor};

const CHECKPOINT: &str = "/checkpoints/watch";
const LAMPS: &str = "/modules/watch/first-watch/lamps";
const QUESTIONS: &str = "/modules/watch/first-watch/lamps/questions";

async fn spawn() -> TestApp {
    TestApp::spawn_with(|config| config.content.folder = Some(harbour())).await
}

/// Another device of the same person.
async fn other_device(app: &TestApp, visitor: &Visitor) -> Visitor {
    Visitor::sign_in(&app.app, &app.url, visitor.person().clone()).await
}

async fn count(app: &TestApp) -> i64 {
    let mut conn = app.app.core.db.read().await.unwrap();
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM drafts").fetch_one(&mut *conn).await.unwrap();
    count
}

#[tokio::test]
async fn a_checkpoint_is_there_again_on_another_device_until_it_is_sent() {
    let app = spawn().await;
    let (ada, bea) = (app.learner("ada").await, app.learner("bea").await);
    let typed = [("answer-lamp", "0"), ("answer-duty", "It raises the alarm, and says where.")];
    ada.put(CHECKPOINT, &typed).await.expect(204);
    let phone = other_device(&app, &ada).await;
    let page = phone.get(CHECKPOINT).await.expect(200);
    assert_eq!(page.text("#answer-duty"), typed[1].1);
    assert_eq!(page.attributes("input[name=answer-lamp][checked]", "value"), ["0"]);
    assert!(page.text("[data-draft-state]").contains("is here again"));
    assert_eq!(bea.get(CHECKPOINT).await.text("#answer-duty"), "", "it is hers alone");

    phone.put(CHECKPOINT, &[("answer-duty", "It raises")]).await.expect(204);
    assert_eq!(ada.get(CHECKPOINT).await.text("#answer-duty"), "It raises");
    ada.post(CHECKPOINT, &[("answer-lamp", "0"), ("answer-duty", "")]).await.expect(422);
    assert_eq!(count(&app).await, 1, "what is refused is still a draft");
    assert!(ada.post(CHECKPOINT, &typed).await.location().starts_with("/entries/"));
    assert_eq!(count(&app).await, 0);
}

#[tokio::test]
async fn a_checkpoint_written_across_an_ended_session_and_a_new_week_is_there_whole() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let week = ada.get(CHECKPOINT).await.attribute("input[name=week]", "value").unwrap();
    let typed = [("week", &*week), ("answer-lamp", "0"), ("answer-duty", "It raises the alarm, and says where.")];
    ada.put(CHECKPOINT, &typed).await.expect(204);
    ada.post("/sign-out", &[]).await.location();
    ada.put(CHECKPOINT, &typed).await.expect(401);
    app.advance(SignedDuration::from_hours(7 * 24));
    let page = other_device(&app, &ada).await.get(CHECKPOINT).await.expect(200);
    assert!(page.text("[role=alert]").contains("A new week has begun"), "{}", page.text("main"));
    assert!(page.texts("textarea").iter().any(|text| text == typed[2].1), "{:?}", page.texts("textarea"));
}

#[tokio::test]
async fn what_is_typed_into_other_questions_stays_when_one_is_checked() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.get(LAMPS).await.expect(200);
    assert_eq!(page.attribute("#smoke-answer", "form").as_deref(), Some("questions"));
    let both = [("answer-colour", "0"), ("answer-smoke", "So that nobody")];
    ada.post(&format!("{QUESTIONS}/colour"), &both).await.location();
    let page = ada.get(LAMPS).await;
    assert!(page.text("#question-colour .judgement").contains("Not yet"));
    assert_eq!(page.text("#smoke-answer"), "So that nobody");
    assert!(page.texts("#question-smoke .judgement").is_empty(), "it was not sent");

    let refused = ada.post(&format!("{QUESTIONS}/smoke"), &[("answer-colour", "1"), ("answer-smoke", "no")]).await;
    let refused = refused.expect(422);
    assert_eq!(refused.attributes("input[name=answer-colour][checked]", "value"), ["1"]);
    assert!(refused.text("#question-smoke .error").len() > 5 && refused.text("#smoke-answer") == "no");
    assert_eq!(ada.get(LAMPS).await.attributes("input[name=answer-colour][checked]", "value"), ["1"]);

    let both = [("answer-colour", "0"), ("answer-colour", "1"), ("answer-smoke", "So that nobody is run over.")];
    assert_eq!(ada.post(QUESTIONS, &both).await.location(), format!("{LAMPS}#question-colour"));
    let page = ada.get(LAMPS).await;
    assert!(page.text("#question-colour .judgement").contains("That is right"));
    assert!(page.text("#question-smoke .model-answer").contains("out of the dark"));
    assert_eq!(count(&app).await, 0);
    assert_eq!(ada.post(QUESTIONS, &both).await.location(), LAMPS, "nothing in it is new");
}

#[tokio::test]
async fn what_was_sent_and_refused_is_there_again_on_a_page_that_is_opened_anew() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let part = "It raises the alarm, and says where.";
    ada.post(CHECKPOINT, &[("answer-duty", part)]).await.expect(422);
    assert_eq!(ada.get(CHECKPOINT).await.text("#answer-duty"), part);
    app.advance(SignedDuration::from_secs(1));
    ada.post(CHECKPOINT, &[("answer-duty", "Shorter."), ("password", "secret")]).await.expect(422);
    let kept = app.app.drafts.find(&ada.person().id, CHECKPOINT).await.unwrap().unwrap();
    assert_eq!(kept.fields.into_iter().collect::<Vec<_>>(), [("answer-duty".to_owned(), vec!["Shorter.".to_owned()])]);
}

#[tokio::test]
async fn a_page_that_lacks_what_was_typed_elsewhere_does_not_write_over_it() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let opened = app.app.core.clock.now().to_string();
    app.advance(SignedDuration::from_secs(5));
    let newer = ada.put(CHECKPOINT, &[("answer-duty", "From the phone")]).await.expect(204);
    for old in [&[("answer-duty", "From the desk")][..], &[("answer-duty", "")]] {
        ada.put_knowing(&opened, CHECKPOINT, old).await.expect(409);
    }
    assert_eq!(ada.get(CHECKPOINT).await.text("#answer-duty"), "From the phone");
    let again = ada.put_knowing(&opened, CHECKPOINT, &[("answer-duty", "From the phone")]).await.expect(204);
    assert_eq!(again.headers["draft-saved"], newer.headers["draft-saved"], "the same is no other text");
    let known = newer.headers["draft-saved"].to_str().unwrap().to_owned();
    app.advance(SignedDuration::from_secs(5));
    ada.put_knowing(&known, CHECKPOINT, &[("answer-duty", "From the phone, and on")]).await.expect(204);
    ada.put_knowing(&known, CHECKPOINT, &[("answer-duty", "")]).await.expect(409);
    ada.put(CHECKPOINT, &[("answer-duty", "From the desk after all")]).await.expect(204);
    assert_eq!(ada.get(CHECKPOINT).await.text("#answer-duty"), "From the desk after all");
}

#[tokio::test]
async fn checking_a_question_in_a_page_that_is_behind_leaves_what_was_typed_elsewhere() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    ada.put(QUESTIONS, &[("answer-smoke", "So that nobody")]).await.expect(204);
    let behind = [("answer-colour", "0"), ("answer-smoke", "")];
    ada.post(&format!("{QUESTIONS}/colour"), &behind).await.location();
    assert_eq!(ada.get(LAMPS).await.text("#smoke-answer"), "So that nobody");
    let both = [("answer-colour", "0"), ("answer-colour", "1"), ("answer-smoke", "So that nobody is run over.")];
    ada.post(QUESTIONS, &both).await.location();
    assert_eq!(count(&app).await, 0, "what was taken is no draft any more");
}

#[tokio::test]
async fn a_reviewers_reason_is_there_again() {
    let app = spawn().await;
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    let entry = enter(&ada).await;
    let review = entry.replace("/entries/", "/review/");
    imre.post(&format!("{review}/claim"), &[]).await.location();
    imre.put(&format!("{review}/decide"), &[("reason", "Say who is on call.")]).await.expect(204);
    assert_eq!(other_device(&app, &imre).await.get(&review).await.text("#reason"), "Say who is on call.");
    ada.put(&format!("{review}/decide"), &[("reason", "x")]).await.expect(403);
    accept(&imre, &entry).await;
    assert_eq!(count(&app).await, 0);
    app.run_jobs().await;
}

#[tokio::test]
async fn drafts_are_bounded_and_go_with_time_and_with_the_account() {
    let app = spawn().await;
    let (ada, bea) = (app.learner("ada").await, app.learner("bea").await);
    let drafts = &app.app.drafts;
    let fields = |text: &str| [("text".to_owned(), vec![text.to_owned()])].into();
    for number in 0..=MAX_DRAFTS {
        app.advance(SignedDuration::from_secs(1));
        drafts.save(&ada.person().id, &format!("/labs/{number}/x"), &fields("typed")).await.unwrap();
    }
    let kept = drafts.list(&ada.person().id, "/labs/").await.unwrap();
    assert!(kept.len() == 60 && !kept.contains_key("/labs/0/x") && kept.contains_key("/labs/60/x"), "{kept:?}");
    drafts.save(&ada.person().id, "/labs/60/x", &fields(" \n")).await.unwrap();
    assert_eq!(count(&app).await, 59, "what is empty is no draft");

    drafts.save(&bea.person().id, CHECKPOINT, &fields("typed")).await.unwrap();
    app.advance(KEEP);
    drafts.save(&ada.person().id, CHECKPOINT, &fields("typed")).await.unwrap();
    drafts.prune().await.unwrap();
    assert_eq!(count(&app).await, 2, "hers of this moment, and the one of just sixty days ago");
    app.app.accounts.close(&bea.person().id, PASSWORD).await.unwrap();
    drafts.prune().await.unwrap();
    assert!(drafts.find(&bea.person().id, CHECKPOINT).await.unwrap().is_none());
    assert!(drafts.find(&ada.person().id, CHECKPOINT).await.unwrap().is_some());
    app.run_jobs().await;
}
