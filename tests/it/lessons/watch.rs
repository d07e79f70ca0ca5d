//! Content that changes while the site is served.

use std::path::Path;
use std::time::Duration;

use seaworthy::lessons::ContentWatcher;
use tempfile::TempDir;

use super::{harbour, spawn, with_file};
use crate::support::TestApp;

const BELL: &str = "watch/02-second-watch/01-bell.md";
const PAGE: &str = "/modules/watch/second-watch/bell";

async fn spawn_watched() -> (TestApp, TempDir, ContentWatcher) {
    let bell = std::fs::read_to_string(harbour().join(BELL)).unwrap();
    let folder = with_file(BELL, &bell);
    let mut settings = None;
    let app = TestApp::spawn_with(|config| {
        config.content.folder = Some(folder.path().to_owned());
        config.content.watch = true;
        settings = Some(config.content.clone());
    });
    let app = app.await;
    let watcher = app.app.watch(&settings.unwrap()).unwrap().unwrap();
    (app, folder, watcher)
}

fn change(folder: &Path, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(folder.join(file), text.replace(from, to)).unwrap();
}

/// Waits for the revision of this number; longer than any reading takes on a busy machine.
async fn until_revision(app: &TestApp, number: u64) {
    let there = async {
        while app.app.lessons.content().revision() < number {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), there).await.unwrap();
}

/// Waits until it holds; longer than any reading takes on a busy machine.
async fn until(holds: impl AsyncFn() -> bool) {
    let there = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), there).await.unwrap();
}

fn copy(from: &Path, to: &Path) {
    for path in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_saved_change_is_served_and_found_without_a_restart() {
    let (app, folder, _watcher) = spawn_watched().await;
    let visitor = app.visitor();
    let shown = async || visitor.get(PAGE).await.attribute(".lesson-layout", "data-revision").unwrap();
    let first = shown().await;
    assert_eq!(visitor.get("/content/revision").await.expect(200).body, first);
    change(folder.path(), BELL, "The end of the second hour", "The gong of the third hour");
    until_revision(&app, 2).await;
    // To read the content is no change of it.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(app.app.lessons.content().revision() <= 3, "the content is read again without a change");
    let page = visitor.get(PAGE).await;
    assert!(page.body.contains("The gong of the third hour"));
    assert_ne!(shown().await, first);
    assert_ne!(visitor.get("/content/revision").await.expect(200).body, first);
    assert_eq!(visitor.get("/search?q=gong").await.texts(".hit h2"), ["The bell"]);
    assert!(visitor.get("/search?q=second+hour").await.texts(".hit mark").iter().all(|word| word != "second"));
}

#[tokio::test]
async fn faulty_content_is_not_taken_over_and_its_fix_is() {
    let (app, folder, _watcher) = spawn_watched().await;
    change(folder.path(), BELL, "The end", "[The end](nowhere.md)");
    // The fix below is only seen alone once the fault was found.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(app.app.lessons.content().revision(), 1);
    assert!(app.visitor().get(PAGE).await.body.contains("The end of the second hour"));
    change(folder.path(), BELL, "[The end](nowhere.md)", "The start");
    until_revision(&app, 2).await;
    assert!(app.visitor().get(PAGE).await.body.contains("The start of the second hour"));
}

#[tokio::test]
async fn a_folder_that_was_deleted_and_made_again_is_watched_again() {
    let (app, folder, _watcher) = spawn_watched().await;
    let title = async || app.visitor().get(PAGE).await.text("h1");
    // A folder within, and then the whole of it.
    for part in ["watch/02-second-watch", ""] {
        let place = folder.path().join(part);
        let aside = tempfile::tempdir().unwrap();
        copy(&place, aside.path());
        std::fs::remove_dir_all(&place).unwrap();
        std::fs::create_dir_all(&place).unwrap();
        copy(aside.path(), &place);
        for name in ["The gong", "The drum"] {
            let bell = std::fs::read_to_string(folder.path().join(BELL)).unwrap();
            let (_, rest) = bell.split_once('\n').unwrap();
            let (_, rest) = rest.split_once('\n').unwrap();
            std::fs::write(folder.path().join(BELL), format!("+++\ntitle = \"{name} of /{part}\"\n{rest}")).unwrap();
            until(async || title().await == format!("{name} of /{part}")).await;
        }
    }
}

#[tokio::test]
async fn a_changed_pool_leaves_the_entries_made_before_it_readable() {
    let (app, folder, _watcher) = spawn_watched().await;
    let ada = app.learner("ada").await;
    let duty = ("answer-duty", "It raises the alarm and says where the smoke is.");
    let entry = ada.post("/checkpoints/watch", &[("answer-lamp", "0"), duty]).await.location();
    change(folder.path(), "watch/pool.toml", "id = \"duty\"", "id = \"smoke-seen\"");
    until_revision(&app, 2).await;
    ada.get(&entry).await.expect(200);
    let review = app.instructor("imre").await.get(&entry.replace("/entries/", "/review/")).await.expect(200);
    assert!(review.body.contains("It raises the alarm"), "the answer to a question that is no more");
    let refused = app.learner("bo").await.post("/checkpoints/watch", &[("answer-lamp", "0"), duty]).await;
    assert!(refused.expect(422).body.contains("answer-smoke-seen"), "the form asks what is asked now");
}

#[tokio::test]
async fn pages_say_nothing_of_revisions_unless_content_is_watched() {
    let app = spawn().await;
    assert!(app.visitor().get(PAGE).await.attribute(".lesson-layout", "data-revision").is_none());
    app.visitor().get("/content/revision").await.expect(404);
}

#[test]
fn watching_needs_a_folder() {
    let settings = seaworthy::lessons::ContentSettings { folder: None, watch: true, edit_url: None };
    assert_eq!(settings.validate(), ["content.watch needs content.folder, the folder to watch"]);
}
