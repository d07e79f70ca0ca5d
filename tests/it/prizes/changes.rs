//! What changes under a person who writes an entry

use jiff::SignedDuration;

use super::{ANSWERS, CHECKPOINT, enter, programme, replace_file, spawn, spawn_under};
use crate::lessons::harbour;
use crate::support::{Page, Visitor};

const WORDS: &str = "It raises the alarm, and says where.";

fn pool() -> String {
    std::fs::read_to_string(harbour().join("watch/pool.toml")).unwrap()
}

/// Sends the form of `page` with these answers.
async fn send(visitor: &Visitor, page: &Page, answers: &[(&str, &str)]) -> Page {
    visitor.press(page, "Send the entry", answers).await
}

#[tokio::test]
async fn what_was_typed_to_a_question_that_is_replaced_comes_back_to_be_copied() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.get(CHECKPOINT).await.expect(200);
    replace_file(&app, "watch/pool.toml", &pool().replace("id = \"duty\"", "id = \"task\""));
    let again = send(&ada, &page, &[ANSWERS[0], ("answer-duty", WORDS)]).await.expect(422);
    assert!(again.text(".notice-warning").contains("The questions changed while you wrote"));
    assert!(again.attribute("#answer-lamp-0", "checked").is_some(), "the other answer stays");
    assert_eq!((again.text("#answer-task").as_str(), again.text("#preserved-1").as_str()), ("", WORDS));
    assert!(again.texts(".error").is_empty());

    let short = send(&ada, &again, &[("answer-task", "dunno")]).await.expect(422);
    assert_eq!((short.texts(".error").len(), short.text("#preserved-1").as_str()), (1, WORDS), "and comes back again");
    send(&ada, &short, &[("answer-task", WORDS)]).await.location();
    let entries = app.app.checkpoints.list_of_person(&ada.person().id).await.unwrap();
    let answers = app.app.checkpoints.find_answers(&entries[0].id).await.unwrap().unwrap();
    assert_eq!(answers.keys().collect::<Vec<_>>(), ["lamp", "task"]);
}

#[tokio::test]
async fn a_question_that_reads_otherwise_is_asked_again_with_the_words_kept() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.get(CHECKPOINT).await.expect(200);
    let changed = pool().replace("prompt = \"", "prompt = \"Once more: ");
    assert_ne!(changed, pool());
    replace_file(&app, "watch/pool.toml", &changed);
    let again = send(&ada, &page, &ANSWERS).await.expect(422);
    assert_eq!(again.text("#answer-duty"), WORDS);
    assert!(again.attribute("#answer-lamp-0", "checked").is_none(), "a place may mean another choice now");
    assert_eq!(again.texts(".error").len(), 2);
    assert!(again.texts(".error")[0].contains("changed since you answered it"));
    send(&ada, &again, &[ANSWERS[0]]).await.location();
}

#[tokio::test]
async fn an_entry_made_in_another_tab_leaves_what_was_typed_on_the_page() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.get(CHECKPOINT).await.expect(200);
    let entry = enter(&ada).await;
    let again = send(&ada, &page, &ANSWERS).await.expect(422);
    assert_eq!(again.attribute(".notice a", "href").unwrap(), entry);
    assert!(again.attribute("details", "open").is_some());
    assert_eq!(again.text("#answer-duty"), WORDS);
}

#[tokio::test]
async fn a_limit_that_is_lowered_leaves_what_was_typed_on_the_page() {
    let app = spawn_under(&programme(1, 2, 3)).await;
    let ada = app.learner("ada").await;
    enter(&ada).await;
    app.advance(SignedDuration::from_hours(7 * 24));
    let page = ada.get(CHECKPOINT).await.expect(200);
    assert!(page.text("aside").contains("2 of 3 left"));
    replace_file(&app, "programme.toml", &programme(2, 2, 1));
    let again = send(&ada, &page, &ANSWERS).await.expect(422);
    assert!(again.text(".notice").contains("All your entries are used"));
    assert_eq!(again.text("#answer-duty"), WORDS);
}

#[tokio::test]
async fn words_to_last_weeks_questions_stay_when_this_weeks_are_others() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.get(CHECKPOINT).await.expect(200);
    app.advance(SignedDuration::from_hours(7 * 24));
    replace_file(&app, "watch/pool.toml", &pool().replace("id = \"duty\"", "id = \"task\""));
    let again = send(&ada, &page, &ANSWERS).await.expect(422);
    assert!(again.text(".notice-warning").contains("A new week has begun"));
    assert_eq!(again.text("#preserved-1"), WORDS);
}
