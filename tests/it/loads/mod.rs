//! Loads that the platform applies to a lab, on a mock of the cluster with a server of the test's own behind its ingress.

use std::sync::{Arc, Mutex};

use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use jiff::SignedDuration;
use seaworthy::labs::{LabSession, SessionState};
use seaworthy::loads::{Load, LoadState, LoadSummary};
use tempfile::TempDir;

use crate::support::{MockCluster, TestApp, Visitor, eventually, free_port, link_shipped_labs, listen_again};

const PAGE: &str = "/labs/loaded";
const LAB: &str = "name: loaded\ntitle: Loaded\nsummary: It is sent.\nminutes: 5\ntime_to_live_minutes: 60\nextend_minutes: 30\n\
                   max_extensions: 1\nguide: guide.md\nquota: { pods: '5' }\nrequires: [ingress]\nloads:\n  \
                   - { id: short, title: A short one, text: It ends., path: '/qotm/?a=b', phases: [{ per_second: 10, seconds: 1 }, { per_second: 5, seconds: 1 }] }\n  \
                   - { id: long, title: A long one, text: It goes on., path: /status/503, phases: [{ per_second: 20, seconds: 600 }] }\n";

/// What was asked of the ingress: host and path.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

struct Setting {
    app: TestApp,
    kube: MockCluster,
    ada: Visitor,
    session: LabSession,
    asked: Asked,
    _folder: TempDir,
}

impl Setting {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        link_shipped_labs(folder.path());
        let lab = folder.path().join("loaded");
        std::fs::create_dir(&lab).unwrap();
        std::fs::write(lab.join("guide.md"), "## Begin\n").unwrap();
        std::fs::write(lab.join("lab.yaml"), LAB).unwrap();
        let (app, kube) =
            TestApp::spawn_with_cluster_and(|config| config.labs.folder = Some(folder.path().to_owned())).await;
        let asked = Asked::default();
        let port = serve(&asked);
        kube.put_part(("emissary", "emissary-ingress"), port);
        app.app.cluster.find_parts().await.unwrap();
        let ada = app.learner("ada").await;
        app.app.labs.start(&ada.person().id, "loaded").await.unwrap();
        for _ in 0..10 {
            app.run_jobs().await;
            let session = app.app.labs.find_session(&ada.person().id, "loaded").await.unwrap();
            if let Some(session) = session.filter(|session| session.state == SessionState::Ready) {
                return Self { app, kube, ada, session, asked, _folder: folder };
            }
            app.advance(SignedDuration::from_secs(2));
        }
        panic!("the session does not become ready");
    }

    async fn begin(&self, load: &str) -> String {
        let answer = self.ada.post(&format!("{PAGE}/loads/{load}/start"), &[]).await;
        assert_eq!(answer.location(), format!("{PAGE}#loads"));
        self.ada.get(PAGE).await.expect(200).text("body")
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    async fn last(&self) -> Load {
        self.app.app.loads.find_last(&self.session.id).await.unwrap().unwrap()
    }

    async fn summary(&self) -> LoadSummary {
        let load = self.last().await;
        LoadSummary::of(&self.app.app.loads.list_seconds(&load.id).await.unwrap())
    }

    /// Applies the long load until `during` has ended it.
    async fn apply_until(&self, during: impl Future<Output = ()>) {
        self.begin("long").await;
        let ended = async {
            eventually("nothing is sent", async || self.count() > 0).await;
            during.await;
        };
        tokio::join!(self.app.run_jobs(), ended);
    }
}

/// A server that writes down what it is asked, and answers what its path says.
fn serve(asked: &Asked) -> u16 {
    let (port, asked) = (free_port(), Data::new(Arc::clone(asked)));
    let server = HttpServer::new(move || App::new().app_data(asked.clone()).default_service(web::to(answer)))
        .workers(1)
        .disable_signals()
        .listen(listen_again(port))
        .unwrap()
        .run();
    tokio::spawn(server);
    port
}

async fn answer(request: HttpRequest, asked: Data<Asked>) -> HttpResponse {
    let host = request.headers().get("host").unwrap().to_str().unwrap().to_owned();
    asked.lock().unwrap().push((host, request.uri().to_string()));
    match request.path() {
        "/status/503" => HttpResponse::ServiceUnavailable().finish(),
        _ => HttpResponse::Ok().finish(),
    }
}

#[actix_web::test]
async fn a_load_sends_what_its_plan_says_and_shows_what_became_of_it() {
    let setting = Setting::open().await;
    let page = setting.ada.get(PAGE).await.expect(200);
    assert_eq!(page.attributes("#loads [data-load]", "data-state"), ["none", "none"]);
    assert!(setting.begin("short").await.contains("It begins in a moment."));
    assert!(setting.begin("long").await.contains("A load is running already"), "a second one is refused");
    setting.app.run_jobs().await;
    let host = format!("{}.labs.localhost", setting.session.namespace);
    assert_eq!(*setting.asked.lock().unwrap(), vec![(host, "/qotm/?a=b".to_owned()); 15]);
    let page = setting.ada.get(PAGE).await.expect(200);
    assert_eq!(page.attributes("#loads [data-load]", "data-state"), ["done", "none"]);
    let facts = page.text("#loads [data-load=short] dl");
    assert!(facts.contains("15 × 200"), "{facts}");
    assert!(page.attribute("#loads", "data-live").is_none(), "what has ended is not asked for again");
}

#[actix_web::test]
async fn a_load_is_stopped_by_its_learner() {
    let setting = Setting::open().await;
    setting
        .apply_until(async {
            let page = setting.ada.get(PAGE).await.expect(200);
            assert_eq!(page.attribute("#loads", "data-live").as_deref(), Some(PAGE));
            let stopped = setting.ada.post(&format!("{PAGE}/loads/stop"), &[]).await;
            assert_eq!(stopped.location(), format!("{PAGE}#loads"));
        })
        .await;
    let load = setting.last().await;
    assert_eq!((load.state, load.reason.as_deref()), (LoadState::Stopped, Some("You stopped it.")));
    let (count, summary) = (setting.count(), setting.summary().await);
    assert_eq!((summary.sent as usize, summary.succeeded, summary.statuses[&503] as usize), (count, 0, count));
    let again = setting.ada.post(&format!("{PAGE}/loads/stop"), &[]).await;
    assert!(setting.ada.get(&again.location()).await.text("body").contains("No load is running."));
    assert_eq!(setting.app.run_jobs().await, 0);
    assert_eq!(setting.count(), count, "nothing is sent after it");
}

#[actix_web::test]
async fn a_load_ends_with_its_session_and_begins_in_none_that_is_over() {
    let setting = Setting::open().await;
    let person = setting.ada.person().id.clone();
    setting.apply_until(async { setting.app.app.labs.stop(&person, "loaded").await.unwrap() }).await;
    let load = setting.last().await;
    assert_eq!((load.state, load.reason.as_deref()), (LoadState::Stopped, Some("The lab ended.")));
    assert!(setting.begin("short").await.contains("the lab is not running"));
    setting.ada.post(&format!("{PAGE}/loads/none/start"), &[]).await.expect(404);
    setting.ada.post("/labs/none/loads/short/start", &[]).await.expect(404);
    setting.app.leave_jobs();
}

#[actix_web::test]
async fn two_workers_on_one_load_send_each_request_once() {
    let setting = Setting::open().await;
    let replica = setting.app.replica().await;
    setting.begin("short").await;
    let takes_over = async {
        eventually("nothing is sent", async || setting.count() > 0).await;
        // The lease of the first one ends, and it does not know.
        let mut tx = setting.app.app.core.db.write().await.unwrap();
        sqlx::query("UPDATE jobs SET state = 'queued' WHERE kind = 'loads.apply'").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        replica.worker.run_due().await.unwrap();
    };
    tokio::join!(setting.app.run_jobs(), takes_over);
    assert_eq!(setting.count(), 15);
    assert_eq!((setting.last().await.state, setting.summary().await.sent), (LoadState::Done, 15));
    setting.app.run_jobs().await;
}

#[actix_web::test]
async fn a_process_that_stops_gives_its_load_to_another_which_catches_nothing_up() {
    let setting = Setting::open().await;
    let replica = setting.app.replica().await;
    setting.apply_until(async { setting.app.app.loads.close() }).await;
    let before = setting.summary().await;
    assert_eq!(setting.last().await.state, LoadState::Running);
    setting.app.advance(SignedDuration::from_secs(598));
    replica.worker.run_due().await.unwrap();
    assert_eq!(setting.last().await.state, LoadState::Done);
    let load = setting.last().await;
    let seconds = setting.app.app.loads.list_seconds(&load.id).await.unwrap();
    let numbers: Vec<u32> = seconds.iter().map(|second| second.second).collect();
    assert_eq!(numbers[numbers.len() - 2..], [598, 599]);
    assert!(numbers.len() < 10, "{numbers:?}");
    assert_eq!(setting.summary().await.sent as usize, setting.count());
    assert_eq!(setting.summary().await.sent, before.sent + 40);
}

#[actix_web::test]
async fn requests_that_do_not_reach_the_ingress_are_told_apart_from_failures() {
    let setting = Setting::open().await;
    setting.kube.delete("Service", "emissary", "emissary-ingress");
    setting.begin("short").await;
    setting.app.run_jobs().await;
    let summary = setting.summary().await;
    assert_eq!((summary.sent, summary.unanswered, summary.unsent), (0, 0, 15));
    assert!(setting.ada.get(PAGE).await.text("#loads").contains("the site did not reach the ingress"));
}

#[actix_web::test]
async fn so_many_loads_begin_within_an_hour_and_old_ones_are_pruned() {
    let setting = Setting::open().await;
    for _ in 0..30 {
        setting.begin("short").await;
        assert!(setting.app.app.loads.stop(&setting.session.id, "A test.").await.unwrap());
        setting.app.run_jobs().await;
    }
    assert!(setting.begin("short").await.contains("You can begin the next one in 60 minutes."));
    setting.app.advance(SignedDuration::from_hours(31 * 24));
    assert_eq!(setting.app.app.loads.prune().await.unwrap(), 30);
    assert!(setting.app.app.loads.find_last(&setting.session.id).await.unwrap().is_none());
    setting.app.leave_jobs();
}
