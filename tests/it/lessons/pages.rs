//! `/`, `/modules/{module}` and its lessons

use super::{harbour, spawn, with_file};
use crate::support::{Page, TestApp, Visitor};

const LAMPS: &str = "/modules/watch/first-watch/lamps";
const BELL: &str = "/modules/watch/second-watch/bell";

#[tokio::test]
async fn the_start_invites_visitors_and_leads_learners_on() {
    let app = spawn().await;
    let page = app.visitor().get("/").await.expect(200);
    assert_eq!(page.text("h1"), "Harbour school");
    assert_eq!(page.attribute(".landing-hero a", "href").unwrap(), "/sign-up");
    let page = app.learner("ada").await.get("/").await.expect(200);
    assert_eq!(page.text("h1"), "Welcome, ada");
    assert_eq!(page.attribute(".card a.button", "href").unwrap(), LAMPS);
}

#[tokio::test]
async fn a_lesson_is_read_by_anyone() {
    let app = spawn().await;
    let page = app.visitor().get(LAMPS).await.expect(200);
    assert_eq!(page.text("h1"), "Lamps");
    assert_eq!(page.attribute(".prose p a", "href").unwrap(), format!("{BELL}#_four-strokes"));
    assert_eq!(page.attribute("a[rel=next]", "href").unwrap(), BELL);
    assert_eq!(page.attribute("a[rel=prev]", "href"), None);
    assert!(page.texts(".question button").is_empty());
    app.visitor().get("/modules/watch").await.expect(200);
    assert_eq!(app.visitor().get("/modules").await.location(), "/modules/watch");
    for path in ["/modules/none", "/modules/watch/first-watch/none", "/modules/watch/none/lamps", "/media/none.svg"] {
        app.visitor().get(path).await.expect(404);
    }
}

/// What a page shows between head and foot, without the tokens of its forms.
fn article(page: &Page) -> String {
    let main = page.body.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    let token = page.attribute("input[name=csrf]", "value").unwrap_or_default();
    if token.is_empty() { main.to_owned() } else { main.replace(&token, "") }
}

#[tokio::test]
async fn an_article_that_is_cached_is_that_of_whoever_asks() {
    let app = spawn().await;
    let (ada, ben, visitor) = (app.learner("ada").await, app.learner("ben").await, app.visitor());
    let first = ada.get(LAMPS).await.expect(200);
    let tokens = |page: &Page| page.attributes("main input[name=csrf]", "value");
    for reader in [&ada, &ben, &ada] {
        let page = reader.get(LAMPS).await.expect(200);
        assert_eq!(article(&page), article(&first));
        let own = page.attribute(".account-menu input[name=csrf]", "value").unwrap();
        assert_eq!(tokens(&page), vec![own; tokens(&first).len()]);
        reader.press_within(&page, ".lesson-footer", "I have read this", &[]).await.location();
        let read = reader.get(LAMPS).await.expect(200);
        assert_eq!(read.text(".lesson-header .pill"), "Read");
        reader.press_within(&read, ".lesson-footer", "Mark as unread", &[]).await.location();
    }
    assert!(tokens(&first).len() > 1 && tokens(&first) != tokens(&ben.get(LAMPS).await));
    let unknown = visitor.get(LAMPS).await.expect(200);
    assert!(tokens(&unknown).is_empty() && unknown.text(".lesson-footer").contains("Sign up"));
    assert_eq!(
        unknown.attributes(".question [disabled]", "id").len(),
        first.attributes(".question .choice input, .question textarea", "id").len()
    );

    // Answers are the reader's own, and leave what is cached as it was.
    ada.post(&format!("{LAMPS}/questions/colour"), &[("answer", "0")]).await.location();
    assert_eq!(ada.get(LAMPS).await.texts(".judgement").len(), 1);
    assert_eq!(article(&ben.get(LAMPS).await), article(&first));
}

#[tokio::test]
async fn images_are_public_and_nothing_else_of_the_folder_is() {
    let folder = with_file("watch/bell.PNG", "image");
    let kept =
        ["pool.toml", "module.toml", "pool.toml.orig", "pool.yaml", "pool.toml~", "01-draft.md~", ".pool.toml.swp"];
    let others = ["answers.csv", "answers.txt", "answers.html", "key.js", "pool.TOML", "answers", "answers.svg.bak"];
    for name in others.iter().chain(&kept[2..]) {
        std::fs::write(folder.path().join("watch").join(name), "accept = [\"secret\"]").unwrap();
    }
    let path = folder.path().to_owned();
    let app = TestApp::spawn_with(|config| config.content.folder = Some(path)).await;
    let visitor = app.visitor();
    assert_eq!(visitor.get("/media/watch/bell.PNG").await.expect(200).body, "image");
    for name in kept.iter().chain(&others) {
        let address = format!("/media/watch/{}", name.replace('~', "%7E"));
        visitor.get(&address).await.expect(404);
    }
}

#[tokio::test]
async fn what_nobody_can_see_is_refused_and_a_curly_apostrophe_is_not() {
    let lamps = std::fs::read_to_string(harbour().join("watch/01-first-watch/01-lamps.md")).unwrap();
    let question = "```question\nid = \"whose\"\nkind = \"short\"\nprompt = \"Whose?\"\naccept = [\"the watch's\"]\n\
                    why = \"Theirs.\"\n```";
    let folder = with_file("watch/01-first-watch/01-lamps.md", &format!("{lamps}\n\n{question}\n"));
    let path = folder.path().to_owned();
    let app = TestApp::spawn_with(|config| config.content.folder = Some(path)).await;
    let ada = app.learner("ada").await;
    let whose = format!("{LAMPS}/questions/whose");
    let page = ada.post(&whose, &[("answer", &"\u{200b}".repeat(25))]).await.expect(422);
    assert!(page.text("#question-whose .error").contains("type an answer"));
    ada.post(&whose, &[("answer", "The\u{a0}watch\u{2019}s\u{200b}")]).await.location();
    let judgement = ada.get(LAMPS).await.text("#question-whose .judgement");
    assert!(judgement.starts_with("That is right."), "{judgement}");
}

#[tokio::test]
async fn reading_goes_on_lesson_by_lesson() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    assert_eq!(ada.post(&format!("{LAMPS}/read"), &[]).await.location(), BELL);
    assert_eq!(ada.post(&format!("{LAMPS}/read"), &[]).await.location(), BELL);
    assert!(ada.get("/modules/watch").await.text(".progress-line").contains("1 of 2 read"));
    assert_eq!(ada.get("/").await.attribute(".card a.button", "href").unwrap(), BELL);
    assert_eq!(ada.post(&format!("{BELL}/read"), &[]).await.location(), "/modules/watch");
    assert_eq!(ada.get("/").await.attribute(".card a.button", "href").unwrap(), "/checkpoints/watch");
    ada.post(&format!("{LAMPS}/unread"), &[]).await.location();
    assert!(ada.get("/modules/watch").await.text(".progress-line").contains("1 of 2 read"));
    app.visitor().post(&format!("{LAMPS}/read"), &[]).await.expect(401);
}

#[tokio::test]
async fn a_question_explains_each_choice_once_answered() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let colour = format!("{LAMPS}/questions/colour");
    assert!(!ada.get(LAMPS).await.body.contains("To port."), "an explanation shows before the answer");
    let page = ada.post(&colour, &[]).await.expect(422);
    assert!(page.text("#question-colour .error").contains("choose an answer"));
    ada.post(&colour, &[("answer", "0")]).await.location();
    let page = ada.get(LAMPS).await;
    assert!(page.text("#question-colour .judgement").contains("what you chose is right, and it is not all"));
    assert_eq!(page.texts("#question-colour .why"), ["Right. To port."], "only what was chosen is explained");
    assert_eq!(page.attribute("#colour-0", "aria-describedby").unwrap(), "colour-0-why");
    let location = ada.post(&colour, &[("answer", "0"), ("answer", "1")]).await.location();
    assert_eq!(location, format!("{LAMPS}#question-colour"));
    let page = ada.get(LAMPS).await;
    assert!(page.text("#question-colour .judgement").contains("That is right"));
    assert_eq!(page.texts("#question-colour .why").len(), 3);
}

#[tokio::test]
async fn a_miss_keeps_the_right_choice_for_a_second_try_or_a_click() {
    let app = spawn().await;
    let (ada, bo) = (app.learner("ada").await, app.learner("bo").await);
    let colour = format!("{LAMPS}/questions/colour");
    let whys = async |visitor: &Visitor| visitor.get(LAMPS).await.texts("#question-colour .why");
    ada.post(&format!("{colour}/show"), &[]).await.location();
    assert!(whys(&ada).await.is_empty(), "nothing shows before an attempt");

    ada.post(&colour, &[("answer", "0"), ("answer", "2")]).await.location();
    let page = ada.get(LAMPS).await;
    assert!(page.text("#question-colour .judgement").contains("1 of the 2 that you chose is right"));
    assert_eq!(whys(&ada).await, ["Right. To port.", "Not this. Not at sea."]);
    assert_eq!(page.texts("#question-colour button"), ["Try again", "Show the answer"]);
    ada.post(&colour, &[("answer", "0"), ("answer", "2")]).await.location();
    assert_eq!(whys(&ada).await.len(), 2, "the same once more is no second try");
    ada.post(&colour, &[("answer", "2")]).await.location();
    assert_eq!(whys(&ada).await.len(), 3);
    assert_eq!(ada.get(LAMPS).await.texts("#question-colour button"), ["Answer again"]);

    bo.post(&colour, &[("answer", "2")]).await.location();
    // What is typed into another question, and chosen in this one, goes along.
    let form = [("answer-colour", "1"), ("answer-smoke", "Because of rocks ahead of us.")];
    let location = bo.post(&format!("{colour}/show"), &form).await.location();
    assert_eq!(location, format!("{LAMPS}#question-colour"));
    let page = bo.get(LAMPS).await;
    assert_eq!((whys(&bo).await.len(), page.text("#smoke-answer").as_str()), (3, "Because of rocks ahead of us."));
    assert!(page.texts("#question-smoke .judgement").is_empty() && page.text("#question-colour").contains("Not yet"));
    assert_eq!(bo.get("/practice").await.texts(".table td.number"), ["1", "0", "0", "0"]);
    bo.post(&colour, &[("answer", "0"), ("answer", "1")]).await.location();
    assert!(bo.get(LAMPS).await.text("#question-colour .judgement").contains("That is right"));
    app.visitor().post(&format!("{colour}/show"), &[]).await.expect(401);
    bo.post(&format!("{LAMPS}/questions/none/show"), &[]).await.expect(404);
}

#[tokio::test]
async fn a_model_answer_shows_after_an_attempt() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let smoke = format!("{LAMPS}/questions/smoke");
    let page = ada.post(&smoke, &[("answer", "dunno")]).await.expect(422);
    assert!(!page.body.contains("out of the dark"));
    assert_eq!(page.text("#smoke-answer"), "dunno");
    ada.post(&smoke, &[("answer", "So that nobody is run over.")]).await.location();
    let page = ada.get(LAMPS).await;
    assert!(page.text("#question-smoke .model-answer").contains("out of the dark"));
    assert_eq!(page.text("#smoke-answer"), "So that nobody is run over.");
    ada.post(&format!("{LAMPS}/questions/none"), &[("answer", "x")]).await.expect(404);
    app.visitor().post(&smoke, &[("answer", "So that nobody is run over.")]).await.expect(401);
}

#[tokio::test]
async fn the_checkpoint_is_not_shown_before_its_time() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    for path in ["/", "/modules/watch", LAMPS, BELL] {
        assert!(!ada.get(path).await.body.contains("Which lamp is on the port side"), "{path}");
    }
}
