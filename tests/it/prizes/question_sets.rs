//! What each learner is asked: drawn from the shipped module's pool

use std::collections::BTreeSet;

use jiff::SignedDuration;
use seaworthy::checkpoints::{Answers, EnterError, Submission};
use seaworthy::lessons::Module;

use crate::lessons::{harbour, with_file};
use crate::support::{Page, TestApp, Visitor};

const CHECKPOINT: &str = "/checkpoints/full-service-ownership";

fn shipped(app: &TestApp) -> Module {
    app.app.lessons.library().find_module("full-service-ownership").unwrap().clone()
}

/// The ids of the questions on a page of the checkpoint.
fn asked(page: &Page) -> BTreeSet<String> {
    let names = page.attributes(".questions [name^=answer-]", "name");
    names.iter().map(|name| name.strip_prefix("answer-").unwrap().to_owned()).collect()
}

/// Sound answers to all questions of a page, which carry the week of its form.
fn answers(page: &Page) -> Vec<(String, String)> {
    let mut fields = vec![("week".to_owned(), page.attribute("input[name=week]", "value").unwrap())];
    for id in asked(page) {
        let is_choice = page.attribute(&format!("#answer-{id}-0"), "type").is_some();
        let value = if is_choice { "0" } else { "As the team that owns it would say." };
        fields.push((format!("answer-{id}"), value.to_owned()));
    }
    fields
}

async fn send(visitor: &Visitor, fields: &[(String, String)]) -> Page {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    visitor.post(CHECKPOINT, &fields).await
}

#[tokio::test]
async fn neighbours_are_asked_different_questions_and_each_the_same_again() {
    let app = TestApp::spawn().await;
    let mut sets = BTreeSet::new();
    for name in ["ada", "bo", "cy", "di"] {
        let learner = app.learner(name).await;
        let page = learner.get(CHECKPOINT).await.expect(200);
        let ids = asked(&page);
        assert_eq!(ids.len(), 8);
        let again = learner.get(CHECKPOINT).await;
        assert_eq!(asked(&again), ids);
        assert_eq!(again.texts(".questions label"), page.texts(".questions label"));
        let module = shipped(&app);
        let sections = module.checkpoint.pool.iter().filter(|pooled| ids.contains(&pooled.question.id));
        assert_eq!(sections.map(|pooled| pooled.section).collect::<Vec<_>>(), [1, 1, 2, 2, 3, 3, 4, 4]);
        let asked_of = |kind: &str| {
            let questions = module.checkpoint.pool.iter().map(|pooled| &pooled.question);
            questions.filter(|question| question.kind_name() == kind && ids.contains(&question.id)).count()
        };
        assert_eq!(["single", "multiple", "order", "short", "text"].map(asked_of), [3, 2, 0, 2, 1]);
        assert!(page.text(".lead").contains(
            "8 questions, drawn for you: 5 choices, 2 short answers, 1 to write in a few sentences. \
             Everybody is asked as many of each kind."
        ));
        sets.insert(ids);
    }
    assert_eq!(sets.len(), 4);
}

#[tokio::test]
async fn an_author_says_how_many_of_each_kind_are_asked() {
    let pool = std::fs::read_to_string(harbour().join("watch/pool.toml")).unwrap();
    let other = pool.replace("id = \"lamp\"", "id = \"lamp-again\"");
    let pool = format!("[draw]\nsingle = 2\n\n{pool}\n{other}").replacen("id = \"duty\"", "id = \"first-duty\"", 1);
    let folder = with_file("watch/pool.toml", &pool);
    let app = TestApp::spawn_with(|config| config.content.folder = Some(folder.path().to_owned())).await;
    let page = app.learner("ada").await.get("/checkpoints/watch").await.expect(200);
    assert_eq!(asked(&page), BTreeSet::from(["lamp".to_owned(), "lamp-again".to_owned()]));
    assert!(page.text(".lead").contains("2 questions, drawn for you: 2 choices."), "{}", page.text(".lead"));
}

#[tokio::test]
async fn choices_stand_in_an_order_of_the_learners_own_and_are_kept_by_what_they_say() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.get(CHECKPOINT).await;
    let (mut fields, mut moved) = (answers(&page), 0);
    for (name, value) in fields.iter_mut().filter(|(_, value)| value == "0") {
        let module = shipped(&app);
        let question = module.checkpoint.find(name.strip_prefix("answer-").unwrap()).unwrap();
        let shown: Vec<String> =
            (0..question.choices().len()).map(|at| page.text(&format!("label[for={name}-{at}]"))).collect();
        let right = question.choices().iter().position(|choice| choice.correct).unwrap();
        let text = scraper::Html::parse_fragment(question.choices()[right].text.as_str());
        let text: Vec<String> = text.root_element().text().flat_map(str::split_whitespace).map(str::to_owned).collect();
        let place = shown.iter().position(|label| *label == text.join(" ")).unwrap();
        moved += usize::from(place != right);
        *value = place.to_string();
    }
    assert!(moved > 0, "no choice has moved from where it was written");
    let entry = send(&ada, &fields).await.location();
    let entries = app.app.checkpoints.list_of_person(&ada.person().id).await.unwrap();
    let answers = app.app.checkpoints.find_answers(&entries[0].id).await.unwrap().unwrap();
    for (id, answer) in answers.iter().filter(|(_, answer)| !answer.selected.is_empty()) {
        assert!(shipped(&app).checkpoint.find(id).unwrap().choices()[answer.selected[0]].correct, "{id}");
    }
    let review = entry.replace("/entries/", "/review/");
    let prompts = app.instructor("imre").await.get(&review).await.texts(".question-prompt");
    let asked: Vec<String> = page.texts(".questions legend, .questions .question-prompt");
    let without_hint = |text: &String| text.replace(" Choose all that are right.", "");
    assert_eq!(
        prompts.iter().collect::<BTreeSet<_>>(),
        asked.iter().map(without_hint).collect::<Vec<_>>().iter().collect()
    );
}

#[tokio::test]
async fn questions_that_were_not_drawn_are_shown_nowhere() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.get(CHECKPOINT).await;
    let ids = asked(&page);
    let module = shipped(&app);
    let mut paths = vec!["/".to_owned(), "/modules/full-service-ownership".to_owned(), "/entries".to_owned()];
    paths.extend(module.lessons().map(|(_, lesson)| lesson.path.clone()));
    paths.push(send(&ada, &answers(&page)).await.location());
    paths.push(CHECKPOINT.to_owned());
    for path in paths {
        let body = ada.get(&path).await.expect(200).body;
        for pooled in &module.checkpoint.pool {
            let prompt = pooled.question.prompt.as_str();
            let may_show = path == CHECKPOINT && ids.contains(&pooled.question.id);
            assert!(may_show || !body.contains(prompt), "{path} shows {prompt}");
        }
        for why in module.checkpoint.pool.iter().flat_map(|pooled| pooled.question.choices()).map(|choice| &choice.why)
        {
            assert!(!body.contains(why.as_str()) || path != CHECKPOINT, "{path} shows {}", why.as_str());
        }
    }
    for path in ["/media/full-service-ownership/pool.toml", "/assets/pool.toml"] {
        app.visitor().get(path).await.expect(404);
    }
}

#[tokio::test]
async fn a_question_set_of_last_week_is_taken_for_some_hours_and_then_gives_way() {
    let app = TestApp::spawn().await;
    let (ada, bo) = (app.learner("ada").await, app.learner("bo").await);
    let (of_ada, of_bo) = (answers(&ada.get(CHECKPOINT).await), answers(&bo.get(CHECKPOINT).await));
    app.clock.set("2026-03-09T01:00:00Z".parse().unwrap());
    let entry = send(&ada, &of_ada).await.location();
    assert!(ada.get(&entry).await.body.contains("A new week began while you wrote"));
    app.advance(SignedDuration::from_hours(4));
    let page = send(&bo, &of_bo).await.expect(422);
    assert!(page.text(".notice-warning").contains("A new week has begun"));
    assert_ne!(asked(&page), of_bo.iter().skip(1).map(|(name, _)| name["answer-".len()..].to_owned()).collect());
    send(&bo, &answers(&page)).await.location();
}

#[tokio::test]
async fn answers_to_other_questions_than_those_drawn_are_not_taken() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.get(CHECKPOINT).await;
    let mut fields = answers(&page);
    let module = shipped(&app);
    let other = module.checkpoint.pool.iter().find(|pooled| !asked(&page).contains(&pooled.question.id)).unwrap();
    fields[1].0 = format!("answer-{}", other.question.id);
    let refused = send(&ada, &fields).await.expect(422);
    assert_eq!((asked(&refused), refused.texts(".error").len()), (asked(&page), 1));
}

#[tokio::test]
async fn an_order_can_be_asked_and_is_reviewed_beside_the_right_one() {
    let pool = std::fs::read_to_string(harbour().join("watch/pool.toml")).unwrap();
    let (_, duty) = pool.split_once("id = \"duty\"").unwrap();
    let order = "[[questions]]\nid = \"lamp\"\nsection = \"01-first-watch\"\nkind = \"order\"\nprompt = \"?\"\n\
                 items = [{ text = \"a\", why = \"x\" }, { text = \"b\", why = \"x\" }, { text = \"c\", why = \"x\" }]\n\n";
    let folder = with_file("watch/pool.toml", &format!("{order}[[questions]]\nid = \"duty\"{duty}"));
    let app = TestApp::spawn_with(|config| config.content.folder = Some(folder.path().to_owned())).await;
    let ada = app.learner("ada").await;
    let page = ada.get("/checkpoints/watch").await.expect(200);
    let value = |text: &str, number: usize| {
        let place = (0..3).find(|place| page.text(&format!("#answer-lamp-{place}-text")) == text).unwrap();
        format!("{place}.{number}")
    };
    let (a, b, c) = (value("a", 1), value("b", 3), value("c", 2));
    let duty = ("answer-duty", "It raises the alarm, and says where.");
    let refused = ada.post("/checkpoints/watch", &[duty, ("answer-lamp", &a), ("answer-lamp", &b)]).await.expect(422);
    assert_eq!(refused.texts(".error"), ["Please give every line a number of its own."]);
    assert_eq!(refused.attributes(".order option[selected]", "value").len(), 2);
    let fields = [duty, ("answer-lamp", &a), ("answer-lamp", &b), ("answer-lamp", &c)];
    let entry = ada.post("/checkpoints/watch", &fields).await.location();
    let review = app.instructor("imre").await.get(&entry.replace("/entries/", "/review/")).await.expect(200);
    assert_eq!(review.texts(".given")[..3], ["1. a Right", "2. c Wrong", "3. b Wrong"]);
    assert_eq!(review.texts(".bullets li")[..3], ["1. a", "2. b", "3. c"]);
    assert_eq!(review.text(".questions .pill"), "Wrong");
}

#[tokio::test]
async fn nobody_answers_last_weeks_questions_again_in_this_week() {
    let app = TestApp::spawn().await;
    let (ada, bo, imre) = (app.learner("ada").await, app.learner("bo").await, app.instructor("imre").await);
    let (of_ada, of_bo) = (answers(&ada.get(CHECKPOINT).await), answers(&bo.get(CHECKPOINT).await));
    let first = send(&ada, &of_ada).await.location();
    app.clock.set("2026-03-09T01:00:00Z".parse().unwrap());
    let asked_last_week: BTreeSet<String> =
        of_ada[1..].iter().map(|(name, _)| name["answer-".len()..].to_owned()).collect();
    let page = send(&ada, &of_ada).await.expect(422);
    assert!(page.text(".notice-warning").contains("A new week has begun"));
    assert_ne!(asked(&page), asked_last_week, "she entered last week with these");

    // Whoever has not may, once: a rejected entry leads to this week's questions.
    let entry = send(&bo, &of_bo).await.location();
    let review = entry.replace("/entries/", "/review/");
    imre.post(&format!("{review}/claim"), &[]).await.location();
    imre.post(&format!("{review}/decide"), &[("decision", "reject"), ("reason", "No.")]).await.location();
    send(&bo, &of_bo).await.expect(422);
    send(&bo, &answers(&bo.get(CHECKPOINT).await)).await.location();

    // So does an entry of last week that was taken back.
    ada.post(&format!("{first}/withdraw"), &[]).await.location();
    send(&ada, &of_ada).await.expect(422);
    app.run_jobs().await;
}

#[tokio::test]
async fn the_verb_itself_takes_no_questions_of_another_week_than_it_should() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await.person().id.clone();
    let library = app.app.lessons.library();
    let module = library.find_module("full-service-ownership").unwrap();
    let open = app.app.checkpoints.open(&ada, module, None).await.unwrap();
    let day = SignedDuration::from_hours(24);
    for (drawn_for, received_at) in
        [(open.drawn_for + day * 7, app.clock.now()), (open.drawn_for, app.clock.now() + day * 7)]
    {
        let sent = Submission { drawn_for, received_at, answers: Answers::new() };
        let refused = app.app.checkpoints.enter(&ada, &module.slug, &sent).await.unwrap_err();
        assert!(matches!(refused, EnterError::QuestionsExpired), "{refused:?}");
    }
}
