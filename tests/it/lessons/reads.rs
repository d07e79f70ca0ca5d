//! What is read of a person's progress: as much as a page shows.

use super::{harbour, with_file};
use crate::support::TestApp;

const LAMPS: &str = "/modules/watch/first-watch/lamps";

/// The harbour module twice, the second under a name that begins with that of the first.
async fn spawn_with_two_modules() -> TestApp {
    let programme = std::fs::read_to_string(harbour().join("programme.toml")).unwrap();
    let folder = with_file("programme.toml", &programme.replace("[\"watch\"]", "[\"watch\", \"watch-2\"]"));
    let (first, second) = (folder.path().join("watch"), folder.path().join("watch-2"));
    for section in ["01-first-watch", "02-second-watch"] {
        std::fs::create_dir_all(second.join(section)).unwrap();
        for file in std::fs::read_dir(first.join(section)).unwrap().map(|entry| entry.unwrap().path()) {
            std::fs::copy(&file, second.join(section).join(file.file_name().unwrap())).unwrap();
        }
    }
    for file in ["module.toml", "pool.toml", "glossary.toml"] {
        std::fs::copy(first.join(file), second.join(file)).unwrap();
    }
    TestApp::spawn_with(|config| config.content.folder = Some(folder.path().to_owned())).await
}

#[tokio::test]
async fn the_progress_of_a_module_holds_nothing_of_another() {
    let app = spawn_with_two_modules().await;
    let ada = app.learner("ada").await;
    ada.post(&format!("{LAMPS}/read"), &[]).await.location();
    ada.post("/modules/watch-2/first-watch/lamps/read", &[]).await.location();
    ada.post("/modules/watch-2/second-watch/bell/read", &[]).await.location();
    let library = app.app.lessons.library();
    let [watch, other] = library.modules() else { panic!("two modules") };
    let person = &ada.person().id;
    let all = app.app.lessons.find_progress(person).await.unwrap();
    assert_eq!((all.count_module(watch), all.count_module(other)), (1, 2));
    let own = app.app.lessons.find_module_progress(person, watch).await.unwrap();
    assert_eq!((own.count_module(watch), own.count_module(other)), (1, 0));
    assert!(ada.get("/modules/watch").await.text(".progress-line").contains("1 of 2 read"));
    assert!(ada.get("/modules/watch-2").await.text(".progress-line").contains("2 of 2 read"));
}

#[tokio::test]
async fn the_marks_of_a_lesson_are_its_own_with_the_newest_answers() {
    let app = spawn_with_two_modules().await;
    let ada = app.learner("ada").await;
    for selected in ["2", "1", "0"] {
        ada.post(&format!("{LAMPS}/questions/colour"), &[("answer", selected)]).await.location();
    }
    ada.post("/modules/watch-2/first-watch/lamps/questions/colour", &[("answer", "1")]).await.location();
    ada.get("/modules/watch-2/first-watch/lamps").await.expect(200);
    ada.get(LAMPS).await.expect(200);
    ada.post(&format!("{LAMPS}/read"), &[]).await.location();
    let library = app.app.lessons.library();
    let person = &ada.person().id;
    let marks = async |module: &str| {
        let module = library.find_module(module).unwrap();
        let (_, _, lesson) = module.find_lesson("first-watch", "lamps").unwrap();
        let colour = lesson.questions().find(|question| question.id == "colour").unwrap();
        let marks = app.app.lessons.find_marks(person, lesson).await.unwrap();
        let answer = app.app.lessons.find_answer(person, lesson, colour).await.unwrap();
        assert_eq!(marks.answers.get("colour"), answer.as_ref());
        (marks.is_read, marks.is_last_opened, answer.unwrap().selected)
    };
    assert_eq!(marks("watch").await, (true, true, vec![0]));
    assert_eq!(marks("watch-2").await, (false, false, vec![1]));
}
