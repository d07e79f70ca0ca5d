//! Tasks that are checked by themselves: a change in the namespace, and no click.

use std::sync::Arc;

use jiff::SignedDuration;
use seaworthy::app::App;
use seaworthy::labs::{LabSession, SessionState};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{PAGE, TASKS, annotate, check, check_only, count, solve, verdict};
use crate::labs::start_until_ready;
use crate::support::{MockCluster, TestApp, Visitor, eventually, link_shipped_labs};

/// A learner with a running lab, whose objects are watched until the guard is dropped.
struct Setting {
    app: TestApp,
    kube: MockCluster,
    ada: Visitor,
    session: LabSession,
    _watching: DropGuard,
}

fn watch(app: &App) -> DropGuard {
    let (grading, stop) = (app.grading.clone(), CancellationToken::new());
    let until = stop.clone();
    tokio::spawn(async move { grading.watch(until).await });
    stop.drop_guard()
}

impl Setting {
    async fn open() -> Self {
        let (app, kube) = TestApp::spawn_with_cluster().await;
        let ada = app.learner("ada").await;
        let session = start_until_ready(&app, &ada).await;
        let watching = watch(&app.app);
        eventually("nothing is watched", async || kube.count_watches("services") > 0).await;
        let setting = Self { app, kube, ada, session, _watching: watching };
        setting.wait_until_first_checked().await;
        setting
    }

    /// What is found in a lab at first is checked like any change.
    async fn wait_until_first_checked(&self) {
        eventually("it is never checked", async || {
            self.app.advance(SignedDuration::from_millis(100));
            self.app.run_jobs().await;
            !self.ada.get(PAGE).await.texts("#task-owner a[href*='/seen']").is_empty()
        })
        .await;
    }

    /// Asks for the hints of some tasks, whose checks are called like them.
    async fn ask_hints(&self, tasks: &[&str]) {
        for task in tasks {
            self.ada.post(&format!("{PAGE}/tasks/{task}/checks/{task}/hint"), &[]).await.location();
        }
    }

    /// Lets time pass, and runs what is due, until the page shows that verdict.
    async fn wait_for(&self, task: &str, expected: &str) {
        eventually(&format!("{task} is never {expected}"), async || {
            self.app.advance(SignedDuration::from_millis(100));
            self.app.run_jobs().await;
            verdict(&self.ada.get(PAGE).await.expect(200), task).as_deref() == Some(expected)
        })
        .await;
    }

    fn annotate(&self, annotations: &[(&str, &str)]) {
        annotate(&self.kube, &self.session, annotations);
    }

    fn count_reads(&self) -> usize {
        self.kube.count_reads(&format!("/api/v1/namespaces/{}/services/qotm", self.session.namespace))
    }
}

#[tokio::test]
async fn a_change_ticks_a_task_without_a_click() {
    let setting = Setting::open().await;
    setting.annotate(&[("a8r.io/owner", "ada")]);
    setting.wait_for("owner", "pass").await;
    let page = setting.ada.get(PAGE).await;
    assert!(page.text("#tasks").contains("1 of 5 passed"));
    solve(&setting.kube, &setting.session, "ada");
    setting.wait_for("chat", "pass").await;
    assert!(setting.ada.get(PAGE).await.text("#tasks").contains("All done."));
    // What is read is sealed, so that the verdicts can be replayed.
    let found = setting.app.app.grading.regrade("service-annotations").await.unwrap();
    assert_eq!((found.changes.len(), found.broken.len()), (0, 0));
    assert!(found.replayed >= 10, "{}", found.replayed);
}

#[tokio::test]
async fn a_task_that_nobody_has_touched_is_open_until_its_learner_works_on_it_or_has_it_checked() {
    let setting = Setting::open().await;
    let page = setting.ada.get(PAGE).await;
    for task in TASKS {
        assert_eq!(verdict(&page, task), None, "{task}");
        assert!(page.texts(&format!("#task-{task} .verdict-unmet")).is_empty(), "{task}");
    }
    // One of its checks passes, and another says something else than before.
    setting.annotate(&[("a8r.io/owner", "Bea")]);
    setting.wait_for("owner", "fail").await;
    let page = setting.ada.get(PAGE).await;
    assert!(page.text("#task-owner .verdict-unmet").contains("Owner: not yet."));
    assert_eq!(verdict(&page, "chat"), None);
    let page = check_only(&setting.app, &setting.ada).await;
    for task in TASKS {
        assert_eq!(verdict(&page, task).as_deref(), Some("fail"), "{task}");
    }
    // A lab that is started anew is one that nobody has touched.
    setting.ada.post(&format!("{PAGE}/stop"), &[]).await.location();
    setting.app.run_jobs().await;
    start_until_ready(&setting.app, &setting.ada).await;
    assert_eq!(verdict(&setting.ada.get(PAGE).await, "owner"), None);
    assert!(setting.ada.get(PAGE).await.texts("#task-owner a[href*='/seen']").is_empty(), "nothing of it is read yet");
    setting.wait_until_first_checked().await;
    assert_eq!(verdict(&setting.ada.get(PAGE).await, "owner"), None, "it was read, and nobody has worked on it");
}

#[tokio::test]
async fn a_verdict_without_a_pass_takes_no_request_and_a_pass_is_read_anew() {
    let setting = Setting::open().await;
    let before = setting.count_reads();
    setting.ask_hints(&["chat"]).await;
    setting.annotate(&[("a8r.io/chat", "harbour")]);
    eventually("the hint is never another", async || {
        setting.app.advance(SignedDuration::from_millis(100));
        setting.app.run_jobs().await;
        setting.ada.get(PAGE).await.text("#task-chat").contains("neither a channel")
    })
    .await;
    assert_eq!(setting.count_reads(), before);
    setting.annotate(&[("a8r.io/chat", "#harbour")]);
    setting.wait_for("chat", "pass").await;
    assert_eq!(setting.count_reads(), before + 1);
}

#[tokio::test]
async fn a_button_is_answered_by_the_state_that_the_cluster_has_and_not_by_a_reported_one() {
    let setting = Setting::open().await;
    let before = setting.count_reads();
    check(&setting.app, &setting.ada).await;
    assert_eq!(setting.count_reads(), before + 1);
}

#[tokio::test]
async fn many_changes_leave_no_more_behind_than_what_is_shown() {
    let setting = Setting::open().await;
    setting.ask_hints(&["owner"]).await;
    for round in 0..12 {
        let (owner, told) = (format!("Bea {round}"), format!("\"Bea {round}\""));
        setting.annotate(&[("a8r.io/owner", &owner)]);
        eventually("the hint is never another", async || {
            setting.app.advance(SignedDuration::from_millis(100));
            setting.app.run_jobs().await;
            setting.ada.get(PAGE).await.text("#task-owner").contains(&told)
        })
        .await;
    }
    assert_eq!(count(&setting.app, "grading_requests").await, 1);
    assert_eq!(count(&setting.app, "grading_evidence").await, 2, "the session, and its Service in one state");
    assert_eq!(count(&setting.app, "grading_chain_links").await, 2, "the newest, and a gap before it");
    setting.annotate(&[("a8r.io/owner", "ada")]);
    setting.wait_for("owner", "pass").await;
    setting.annotate(&[]);
    setting.wait_for("owner", "pass").await;
    let found = setting.app.app.grading.regrade("service-annotations").await.unwrap();
    assert_eq!((found.changes.len(), found.broken.len()), (0, 0));
    // None of them counts towards what a learner may ask for.
    for _ in 0..60 {
        check(&setting.app, &setting.ada).await;
    }
    setting.ada.post("/labs/service-annotations/check", &[]).await.location();
    assert!(setting.ada.get(PAGE).await.text("body").contains("That was a lot of checks"));
}

#[tokio::test]
async fn what_changes_nothing_is_not_recorded() {
    let setting = Setting::open().await;
    let chain = count(&setting.app, "grading_chain_links").await;
    for round in 0..3 {
        setting.annotate(&[("of-no-account", &round.to_string())]);
        let before = checked_at(&setting.app).await;
        eventually("it is not checked", async || {
            setting.app.advance(SignedDuration::from_millis(100));
            setting.app.run_jobs().await;
            checked_at(&setting.app).await > before
        })
        .await;
    }
    assert_eq!(count(&setting.app, "grading_chain_links").await, chain);
}

async fn checked_at(app: &TestApp) -> i64 {
    let mut conn = app.app.core.db.read().await.unwrap();
    let (at,): (i64,) = sqlx::query_as("SELECT checked_at FROM grading_live").fetch_one(&mut *conn).await.unwrap();
    at
}

#[tokio::test]
async fn of_two_replicas_one_grades() {
    let setting = Setting::open().await;
    let other = Arc::new(setting.app.replica().await);
    let _watching = watch(&other);
    eventually("the other does not watch", async || setting.kube.count_watches("services") == 2).await;
    setting.ask_hints(&["owner"]).await;
    for (round, owner) in ["Bea", "Cleo", "Dora"].into_iter().enumerate() {
        let before = count(&setting.app, "grading_chain_links").await;
        setting.annotate(&[("a8r.io/owner", owner)]);
        eventually("the hint is never another", async || {
            setting.app.advance(SignedDuration::from_millis(100));
            let (one, two) = tokio::join!(setting.app.app.worker.run_due(), other.worker.run_due());
            assert!(one.is_ok() && two.is_ok());
            setting.ada.get(PAGE).await.text("#task-owner").contains(owner)
        })
        .await;
        assert_eq!(count(&setting.app, "grading_requests").await, 1, "round {round}");
        assert!(count(&setting.app, "grading_chain_links").await <= before + 1);
    }
    let found = setting.app.app.grading.regrade("service-annotations").await.unwrap();
    assert_eq!(found.broken.len(), 0);
    // Each has seen each change, so the job is due once more.
    setting.app.advance(SignedDuration::from_secs(2));
    setting.app.leave_jobs();
}

#[tokio::test]
async fn changes_while_the_watch_is_broken_are_noticed_when_it_is_whole_again() {
    let mut setting = Setting::open().await;
    setting.kube.go_down().await;
    setting.annotate(&[("a8r.io/owner", "ada")]);
    setting.kube.go_up();
    setting.wait_for("owner", "pass").await;
}

#[tokio::test]
async fn an_open_page_is_told_that_verdicts_were_recorded() {
    let setting = Setting::open().await;
    let page = setting.ada.get(PAGE).await;
    let events = page.attribute("#tasks", "data-events").unwrap();
    let client = reqwest::Client::new();
    let request = client.get(format!("{}{events}", setting.app.url)).header("accept", "text/event-stream");
    let mut answer = request.header("cookie", setting.ada.cookie_header()).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    setting.annotate(&[("a8r.io/owner", "ada")]);
    setting.wait_for("owner", "pass").await;
    // What is shown of the namespace changes first, and the verdict follows.
    let mut told = String::new();
    while !told.contains("recorded") {
        told.push_str(&String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()));
    }
    let known: i64 = events.rsplit('=').next().unwrap().parse().unwrap();
    let expected = format!("id: {0}\nevent: recorded\ndata: {0}\n\n", known + 1);
    assert!(told.starts_with("event: changed\ndata: namespace\n\n") && told.ends_with(&expected), "{told}");
    // A page that comes late is told at once.
    let late = client.get(format!("{}{events}", setting.app.url)).header("accept", "text/event-stream");
    let mut answer = late.header("cookie", setting.ada.cookie_header()).send().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()), expected);
}

#[tokio::test]
async fn the_checks_of_a_session_end_with_it() {
    let setting = Setting::open().await;
    let list = async || {
        let unfinished = setting.app.app.core.jobs.list_unfinished(100).await.unwrap();
        unfinished.into_iter().filter(|job| job.kind.starts_with("grading.check_live")).count()
    };
    assert_eq!(list().await, 1, "it is done again while the session runs");
    setting.ada.post(&format!("{PAGE}/stop"), &[]).await.location();
    setting.app.run_jobs().await;
    assert_eq!(list().await, 0);
    setting.app.leave_jobs();
}

#[tokio::test]
async fn without_a_running_lab_there_are_no_events() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let request = reqwest::Client::new().get(format!("{}{PAGE}/events", app.url)).header("accept", "text/event-stream");
    let answer = request.header("cookie", ada.cookie_header()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 204);
    assert_eq!(ada.get(PAGE).await.attribute("#tasks", "data-events"), None);
}

const HELD: &str = "name: held\ntitle: Held\nsummary: It holds.\nminutes: 5\ntime_to_live_minutes: 60\nextend_minutes: 30\n\
    max_extensions: 1\nguide: guide.md\nquota: { pods: '5' }\ntasks:\n- id: held\n  title: Held\n  text: It stays.\n  \
    read: { it: { apiVersion: v1, kind: ConfigMap, name: a } }\n  \
    checks: [{ id: a, title: A, pass: it != null, stable_seconds: 1 }]\n";

#[tokio::test]
async fn what_must_hold_is_checked_when_the_namespace_has_settled() {
    let folder = tempfile::tempdir().unwrap();
    let (app, kube, ada) = spawn_held(&folder).await;
    let session = app.app.labs.find_session(&ada.person().id, "held").await.unwrap().unwrap();
    let _watching = watch(&app.app);
    eventually("nothing is watched", async || kube.count_watches("configmaps") > 0).await;
    kube.put(&serde_json::json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a", "namespace": session.namespace },
    }));
    let begun = app.clock.now();
    eventually("it is never passed", async || {
        app.advance(SignedDuration::from_millis(100));
        app.run_jobs().await;
        verdict(&ada.get("/labs/held").await.expect(200), "held").as_deref() == Some("pass")
    })
    .await;
    assert!(app.clock.now().duration_since(begun) >= SignedDuration::from_secs(3), "it did not wait");
}

#[tokio::test]
async fn what_comes_about_without_a_change_of_an_object_is_found_within_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let (app, kube, ada) = spawn_held(&folder).await;
    let session = app.app.labs.find_session(&ada.person().id, "held").await.unwrap().unwrap();
    let put = |name: &str| {
        kube.put(&serde_json::json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name, "namespace": session.namespace },
        }));
    };
    let watching = watch(&app.app);
    eventually("nothing is watched", async || kube.count_watches("configmaps") > 0).await;
    put("other");
    eventually("it is never looked at", async || {
        app.advance(SignedDuration::from_secs(1));
        app.run_jobs().await;
        count(&app, "grading_live WHERE probed_at IS NOT NULL").await > 0
    })
    .await;
    // Nothing watches, so that nobody is told of what comes about now.
    drop(watching);
    put("a");
    let begun = app.clock.now();
    eventually("it is never passed", async || {
        app.advance(SignedDuration::from_secs(5));
        app.run_jobs().await;
        verdict(&ada.get("/labs/held").await.expect(200), "held").as_deref() == Some("pass")
    })
    .await;
    assert!(app.clock.now().duration_since(begun) < SignedDuration::from_mins(2), "it is found too late");
}

/// A learner with a running lab whose one task must hold for a second.
async fn spawn_held(folder: &TempDir) -> (TestApp, MockCluster, Visitor) {
    link_shipped_labs(folder.path());
    std::fs::create_dir(folder.path().join("held")).unwrap();
    std::fs::write(folder.path().join("held/guide.md"), "## Begin\n").unwrap();
    std::fs::write(folder.path().join("held/lab.yaml"), HELD).unwrap();
    let (app, kube) =
        TestApp::spawn_with_cluster_and(|config| config.labs.folder = Some(folder.path().to_owned())).await;
    let ada = app.learner("ada").await;
    app.app.labs.start(&ada.person().id, "held").await.unwrap();
    eventually("the lab is never ready", async || {
        app.run_jobs().await;
        app.advance(SignedDuration::from_secs(2));
        let session = app.app.labs.find_session(&ada.person().id, "held").await.unwrap();
        session.is_some_and(|session| session.state == SessionState::Ready)
    })
    .await;
    (app, kube, ada)
}
