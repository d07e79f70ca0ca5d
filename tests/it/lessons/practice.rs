//! `/practice`, and the questions that come back

use jiff::SignedDuration;

use super::spawn;
use crate::support::{TestApp, Visitor};

const COLOUR: &str = "/modules/watch/first-watch/lamps/questions/colour";
const CARD: &str = "/practice/watch/colour";
const RIGHT: [(&str, &str); 2] = [("answer", "0"), ("answer", "1")];

async fn miss(learner: &Visitor) {
    learner.post(COLOUR, &[("answer", "2")]).await.location();
}

fn advance_days(app: &TestApp, days: i64) {
    app.advance(SignedDuration::from_hours(24 * days));
}

#[tokio::test]
async fn practice_is_for_people_who_are_signed_in() {
    let app = spawn().await;
    for path in ["/practice", CARD] {
        assert!(app.visitor().get(path).await.location().starts_with("/sign-in"), "{path}");
    }
    app.visitor().post(CARD, &RIGHT).await.expect(401);
    let ada = app.learner("ada").await;
    assert!(ada.get("/practice").await.expect(200).text(".empty").contains("Nothing to practise yet"));
    for path in [CARD, "/practice/watch/none", "/practice/none/colour"] {
        ada.get(path).await.expect(404);
        ada.post(path, &RIGHT).await.expect(404);
    }
    app.instructor("imre").await.get("/practice").await.expect(200);
    assert!(app.visitor().get("/modules/watch").await.texts("a[href='/practice']").is_empty());
}

#[tokio::test]
async fn what_was_missed_is_asked_again_on_the_next_day() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    ada.post(COLOUR, &RIGHT).await.location();
    assert!(ada.get("/practice").await.text("main").contains("Nothing to practise yet"));
    miss(&ada).await;
    let page = ada.get("/practice").await;
    assert!(page.text("#due-heading + p").contains("The next question comes back tomorrow."));
    assert!(page.text(".rows li").contains("Due tomorrow"), "{}", page.text(".rows"));
    assert_eq!(page.text(".progress"), "0 of 1 missed question learned");
    assert_eq!((page.texts(".rows li").len(), page.texts(".table td.number")[0].as_str()), (1, "1"));
    assert_eq!(ada.get("/modules/watch").await.text("a[href='/practice']"), "Practise what you missed");
    advance_days(&app, 1);
    assert_eq!(ada.get("/modules/watch").await.text("a[href='/practice']"), "Practise what you missed: 1 due");
    assert_eq!(ada.get("/practice").await.attribute("a.button-primary", "href").unwrap(), CARD);
    let card = ada.get(CARD).await.expect(200);
    assert!(card.texts(".judgement").is_empty() && !card.body.contains("To port."), "the answer shows before the try");
    assert!(card.attributes(".choice input", "checked").is_empty());
    app.learner("bo").await.get(CARD).await.expect(404);
}

#[tokio::test]
async fn a_card_that_is_known_waits_longer_each_time_and_is_learned_in_the_end() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    miss(&ada).await;
    for (at, days) in [1, 3, 7, 16].into_iter().enumerate() {
        // Somebody who looks in every day stays signed in.
        for _ in 1..days {
            advance_days(&app, 1);
            assert!(
                ada.get("/practice").await.expect(200).texts("a.button-primary").is_empty(),
                "due before {days} days"
            );
        }
        advance_days(&app, 1);
        assert_eq!(ada.get("/practice").await.texts(".table td.number")[at], "1");
        assert_eq!(ada.post(CARD, &RIGHT).await.location(), format!("{CARD}#question-colour"));
        let page = ada.get(CARD).await;
        assert!(page.text(".judgement").contains("That is right"));
        assert_eq!(page.text("main").contains("It comes back in"), days < 16);
    }
    assert!(ada.get(CARD).await.text("main").contains("it is learned"));
    let page = ada.get("/practice").await;
    assert!(page.text("#due-heading + p").contains("all that you missed is learned"));
    assert_eq!(page.attribute("progress", "value").unwrap(), "1");
}

#[tokio::test]
async fn a_miss_starts_anew_and_an_early_answer_moves_nothing() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    miss(&ada).await;
    ada.post(CARD, &RIGHT).await.location();
    assert_eq!(ada.get("/practice").await.texts(".table td.number"), ["1", "0", "0", "0"]);
    advance_days(&app, 1);
    ada.post(CARD, &RIGHT).await.location();
    assert_eq!(ada.get("/practice").await.texts(".table td.number"), ["0", "1", "0", "0"]);
    ada.post(CARD, &[("answer", "2")]).await.location();
    assert!(ada.get(CARD).await.text(".judgement").contains("Not yet"));
    assert_eq!(ada.get("/practice").await.texts(".table td.number"), ["1", "0", "0", "0"]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_judged_leaves_the_card_due() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    miss(&ada).await;
    ada.post(
        "/modules/watch/second-watch/bell/questions/watches",
        &[("answer", "0.2"), ("answer", "1.3"), ("answer", "2.1")],
    )
    .await
    .location();
    advance_days(&app, 1);
    let page = ada.post(CARD, &[]).await.expect(422);
    assert!(page.text(".error").contains("choose an answer"));
    let due = ada.get("/practice").await.texts(".rows-linked li").len();
    assert!(due >= 1, "the card is gone");
    ada.post(CARD, &RIGHT).await.location();
    assert_eq!(ada.get("/practice").await.texts(".rows-linked li").len(), due - 1);
}

#[tokio::test]
async fn a_card_tells_how_many_others_are_due_and_leads_to_the_next() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    miss(&ada).await;
    let wrong = [("answer", "0.2"), ("answer", "1.3"), ("answer", "2.1")];
    ada.post("/modules/watch/second-watch/bell/questions/watches", &wrong).await.location();
    assert!(!ada.get("/").await.text("main").contains("due again"), "nothing is due on the same day");
    advance_days(&app, 1);
    assert!(ada.get("/").await.text("main").contains("2 missed questions are due again"));
    assert_eq!(ada.get("/modules/watch").await.text("a[href='/practice']"), "Practise what you missed: 2 due");
    assert!(ada.get(CARD).await.text("main").contains("1 more due"));
    ada.post(CARD, &RIGHT).await.location();
    let page = ada.get(CARD).await;
    assert_eq!(page.attribute("main a.button-primary", "href").unwrap(), "/practice/watch/watches");
    assert_eq!(ada.get("/modules/watch").await.text("a[href='/practice']"), "Practise what you missed: 1 due");
}

#[tokio::test]
async fn a_card_shows_the_answer_after_a_second_miss_or_when_it_is_asked_for() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    miss(&ada).await;
    advance_days(&app, 1);
    ada.post(CARD, &[("answer", "0")]).await.location();
    let page = ada.get(CARD).await;
    assert_eq!(page.texts(".why").len(), 1, "one was chosen");
    assert!(
        page.text(".judgement").contains("what you chose is right, and it is not all"),
        "{}",
        page.text(".judgement")
    );
    assert!(page.text("main").contains("It comes back tomorrow"));
    let show = page.attribute("button.button-quiet[formaction]", "formaction").unwrap();
    assert_eq!(show, format!("{CARD}/show#question-colour"));
    assert_eq!(ada.post(&format!("{CARD}/show"), &[]).await.location(), format!("{CARD}#question-colour"));
    assert_eq!(ada.get(CARD).await.texts(".why").len(), 3);
    ada.post(CARD, &RIGHT).await.location();
    assert_eq!(ada.get("/practice").await.texts(".table td.number"), ["1", "0", "0", "0"], "it stays missed");

    advance_days(&app, 1);
    assert!(ada.get(CARD).await.texts(".why").is_empty(), "it is asked anew");
    ada.post(CARD, &[("answer", "0")]).await.location();
    assert_eq!(ada.get(CARD).await.texts(".why").len(), 1, "and hides the answer again");
    ada.post(CARD, &[("answer", "1")]).await.location();
    assert_eq!(ada.get(CARD).await.texts(".why").len(), 3);
}

#[tokio::test]
async fn a_look_at_the_answer_on_the_day_a_card_is_due_is_a_miss() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    miss(&ada).await;
    advance_days(&app, 1);
    ada.post(&format!("{COLOUR}/show"), &[]).await.location();
    ada.post(COLOUR, &RIGHT).await.location();
    assert_eq!(ada.get("/practice").await.texts(".table td.number"), ["1", "0", "0", "0"]);
    assert!(ada.get("/practice").await.texts("a.button-primary").is_empty(), "it is no longer due today");
}
