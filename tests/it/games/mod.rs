//! Games over HTTP, on a mock of the cluster: what a load would measure is written by the test.

mod playing;
mod writing;

use jiff::{SignedDuration, Timestamp};
use seaworthy::games::{Game, GameId, GameState};
use seaworthy::labs::{LabSession, SessionState};
use seaworthy::loads::LoadCounts;
use serde_json::{Value, json};

use crate::support::{MockCluster, TestApp, Visitor};

const LAB: &str = "day-2-game-day";
const PAGE: &str = "/labs/day-2-game-day/games";

/// Ada, who is on call for the system of her running lab.
struct Setting {
    app: TestApp,
    kube: MockCluster,
    ada: Visitor,
    session: LabSession,
}

impl Setting {
    async fn open() -> Self {
        let (app, kube) = TestApp::spawn_with_cluster().await;
        kube.put_part(("emissary", "emissary-ingress"), 9);
        app.app.cluster.find_parts().await.unwrap();
        let ada = app.learner("ada").await;
        let session = start_lab(&app, &ada).await;
        app.leave_jobs();
        Self { app, kube, ada, session }
    }

    /// Runs what is due, without the load, whose seconds the tests write.
    async fn run(&self) {
        execute(&self.app, "DELETE FROM jobs WHERE kind = 'loads.apply'").await;
        Box::pin(self.app.run_jobs()).await;
    }

    /// Begins a game; answers its id.
    async fn begin(&self) -> GameId {
        let page = self.ada.post(PAGE, &[]).await.location();
        let id = page.strip_prefix("/games/").unwrap_or_else(|| panic!("no game begins: {page}")).to_owned();
        execute(&self.app, "UPDATE loads SET started_at = requested_at WHERE started_at IS NULL").await;
        self.run().await;
        id.into()
    }

    async fn game(&self, id: &GameId) -> Game {
        self.app.app.games.find_game(self.ada.person(), id).await.unwrap().unwrap().0
    }

    /// Lets time pass in which so many of five requests succeed in each second, and runs what is due then.
    async fn pass(&self, id: &GameId, seconds: i64, succeeded: u32) {
        let load = self.game(id).await.load.unwrap();
        let found = self.app.app.loads.find(&load.clone().into()).await.unwrap().unwrap();
        let begin = found.second_at(self.app.clock.now());
        self.write_seconds(&load, (begin, u32::try_from(seconds).unwrap()), succeeded).await;
        self.app.advance(SignedDuration::from_secs(seconds));
        self.run().await;
    }

    /// Writes what a load would measure in so many seconds from one on.
    async fn write_seconds(&self, load: &str, (begin, seconds): (u32, u32), succeeded: u32) {
        let mut tx = self.app.app.core.db.write().await.unwrap();
        for second in 0..seconds {
            let mut counts = LoadCounts::default();
            counts.statuses.insert(200, succeeded);
            counts.statuses.insert(503, 5 - succeeded);
            sqlx::query("INSERT INTO load_seconds (load_id, second, planned, counts) VALUES ($1, $2, 5, $3)")
                .bind(load)
                .bind(i64::from(begin + second))
                .bind(serde_json::to_string(&counts).unwrap())
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Waits with good requests until the fault has come.
    async fn until_injected(&self, id: &GameId) -> Game {
        let moment = self.game(id).await.inject_at.unwrap();
        let wait = moment.duration_since(self.app.clock.now()).as_secs() + 1;
        self.pass(id, wait, 5).await;
        let game = self.game(id).await;
        assert_eq!(game.state, GameState::Running, "{:?}", game.reason);
        game
    }

    async fn log(&self, id: &GameId, kind: &str, text: &str) {
        let sent =
            self.ada.post(&format!("/games/{id}/entries"), &[("kind", kind), ("text", text), ("time", "")]).await;
        assert_eq!(sent.location(), format!("/games/{id}#log"));
        self.run().await;
    }

    /// Plays a game to its end: detected after 10 s, and mitigated after some 30.
    async fn play(&self) -> Game {
        let id = self.begin().await;
        self.until_injected(&id).await;
        self.pass(&id, 10, 0).await;
        self.log(&id, "detected", "Requests fail.").await;
        self.pass(&id, 20, 0).await;
        self.pass(&id, 22, 5).await;
        let game = self.game(&id).await;
        assert_eq!((game.state, game.reason.as_deref()), (GameState::Over, None));
        self.heal();
        game
    }

    /// Puts the lab's objects back.
    fn heal(&self) {
        for (kind, name) in [("Deployment", "qotm"), ("Deployment", "store"), ("Service", "qotm")] {
            self.kube.put(&object(&self.session.namespace, kind, name));
        }
    }
}

/// An object of the system, as small as a fault needs it.
fn object(namespace: &str, kind: &str, name: &str) -> Value {
    let metadata = json!({ "name": name, "namespace": namespace });
    match kind {
        "Service" => {
            json!({ "apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": { "selector": { "a": name } } })
        }
        _ => json!({ "apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": { "replicas": 1 } }),
    }
}

async fn start_lab(app: &TestApp, visitor: &Visitor) -> LabSession {
    app.app.labs.start(&visitor.person().id, LAB).await.unwrap();
    for _ in 0..10 {
        app.run_jobs().await;
        let session = app.app.labs.find_session(&visitor.person().id, LAB).await.unwrap();
        if let Some(session) = session.filter(|session| session.state == SessionState::Ready) {
            return session;
        }
        app.advance(SignedDuration::from_secs(2));
    }
    panic!("the session does not become ready");
}

async fn execute(app: &TestApp, statement: &'static str) {
    let mut tx = app.app.core.db.write().await.unwrap();
    sqlx::query(statement).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

fn milliseconds(from: Timestamp, to: Timestamp) -> i64 {
    i64::try_from(to.duration_since(from).as_millis()).unwrap()
}
