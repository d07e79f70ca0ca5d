//! A newer version of the program: it has one more step of the schema, one more kind of job, another payload for a kind
//! that the older version knows, and a newer set of rules.

use std::path::Path;
use std::sync::Mutex;

use seaworthy::accounts::register_jobs as register_accounts;
use seaworthy::app::App;
use seaworthy::checkpoints::EntryId;
use seaworthy::credentials::register_jobs as register_credentials;
use seaworthy::db::Db;
use seaworthy::games::jobs::register_jobs as register_games;
use seaworthy::grading::jobs::{Grade, Prune};
use seaworthy::grading::{Grading, GradingRequestId};
use seaworthy::jobs::{Job, JobError, Queue, Registry, Worker, register_jobs};
use seaworthy::labs::SessionFinished;
use seaworthy::labs::jobs::register_jobs as register_labs;
use seaworthy::loads::jobs::register_jobs as register_loads;
use seaworthy::prizes::register_jobs as register_prizes;
use seaworthy::reviews::register_jobs as register_reviews;
use seaworthy::server;
use serde::{Deserialize, Serialize};
use sqlx::migrate::Migrator;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::process::program::Installation;

/// The step of the schema that the newer version adds: a table, a column of a table that is written all the time, and the
/// payloads of jobs that wait, as the newer version writes them.
const STEP: (&str, &str) = (
    "9001_announcements.sql",
    "CREATE TABLE announcements (entry_id TEXT NOT NULL PRIMARY KEY REFERENCES entries (id));
     ALTER TABLE entries ADD COLUMN announced_at BIGINT;
     UPDATE jobs SET payload = '{\"requests\":[\"' || substr(payload, 13, 36) || '\"]}'
     WHERE kind = 'grading.grade' AND state = 'queued' AND payload LIKE '{\"request\":\"%';",
);

/// A kind of job that the older version does not know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Announce {
    pub(super) entry: EntryId,
}

impl Job for Announce {
    const KIND: &'static str = "prizes.announce";
}

/// Several requests to be graded, or one as the older version writes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum GradeAll {
    Several { requests: Vec<GradingRequestId> },
    One(Grade),
}

impl Job for GradeAll {
    const KIND: &'static str = Grade::KIND;
    const QUEUE: Queue = Queue::Grading;
}

/// One process of the newer version.
pub(super) struct Newer {
    pub(super) app: Box<App>,
    pub(super) installation: Installation,
    stop: CancellationToken,
    serving: Mutex<Option<JoinHandle<anyhow::Result<()>>>>,
}

impl Newer {
    /// A process that does not serve yet. It is made while its own program finds the schema that it brings itself.
    pub(super) async fn load(installation: Installation) -> Self {
        let mut app = installation.open_app().await;
        let mut registry = Registry::default();
        register_jobs(&mut registry, &app.core.jobs);
        register_accounts(&mut registry, &app.accounts);
        register_labs(&mut registry, &app.labs);
        register_loads(&mut registry, &app.loads);
        register_reviews(&mut registry, &app.reviews);
        register_credentials(&mut registry, &app.credentials);
        register_prizes(&mut registry, &app.prizes);
        register_grading(&mut registry, &app.grading);
        register_games(&mut registry, &app.games);
        register_announcements(&mut registry, &app.core.db);
        app.worker = Worker::new(app.core.jobs.clone(), registry, &installation.config().jobs).unwrap();
        Self { app, installation, stop: CancellationToken::new(), serving: Mutex::default() }
    }

    pub(super) fn url(&self) -> String {
        self.installation.url()
    }

    /// Brings the schema to this version, as its start would.
    pub(super) async fn migrate(&self) {
        let folder = tempfile::tempdir().unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        for step in std::fs::read_dir(shipped).unwrap() {
            let step = step.unwrap().path();
            std::fs::copy(&step, folder.path().join(step.file_name().unwrap())).unwrap();
        }
        std::fs::write(folder.path().join(STEP.0), STEP.1).unwrap();
        let migrator = Migrator::new(folder.path()).await.unwrap();
        migrator.run(&mut *self.app.core.db.read().await.unwrap()).await.unwrap();
    }

    /// Begins to serve, and to do background work.
    pub(super) async fn serve(&self) {
        self.app.checkpoints.check_rules().await.unwrap();
        let (app, settings, stop) = (self.app.clone(), self.installation.config().server, self.stop.clone());
        let listener = server::bind(&settings).unwrap();
        let serving = async move { Box::pin(server::run(&app, listener, &settings, stop)).await };
        *self.serving.lock().unwrap() = Some(tokio::spawn(serving));
    }

    /// Has an entry announced, which is something that only this version does.
    pub(super) async fn announce(&self, entry: &EntryId) {
        let mut tx = self.app.core.db.write().await.unwrap();
        self.app.core.jobs.enqueue(&mut tx, &Announce { entry: entry.clone() }).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Stops as the program does when told.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        let serving = self.serving.lock().unwrap().take();
        serving.unwrap().await.unwrap().unwrap();
    }
}

fn register_grading(registry: &mut Registry, grading: &Grading) {
    let owner = grading.clone();
    registry.reconcile(move |job: GradeAll| {
        let grading = owner.clone();
        async move {
            let requests = match job {
                GradeAll::Several { requests } => requests,
                GradeAll::One(Grade { request }) => vec![request],
            };
            for request in requests {
                Box::pin(grading.grade(&request)).await?;
            }
            Ok(None)
        }
    });
    let owner = grading.clone();
    registry.every(jiff::SignedDuration::from_hours(6), move |_prune: Prune| {
        let grading = owner.clone();
        async move {
            grading.prune().await?;
            Ok::<(), JobError>(())
        }
    });
    // It has no checks that run by themselves, which a session's end would end.
    registry.on(|_finished: SessionFinished| async { Ok::<(), JobError>(()) });
}

fn register_announcements(registry: &mut Registry, db: &Db) {
    let owner = db.clone();
    registry.on(move |job: Announce| {
        let db = owner.clone();
        async move {
            let mut tx = db.write().await?;
            sqlx::query("INSERT INTO announcements (entry_id) VALUES ($1) ON CONFLICT DO NOTHING")
                .bind(job.entry.as_str())
                .execute(&mut *tx)
                .await?;
            sqlx::query("UPDATE entries SET announced_at = 1 WHERE id = $1")
                .bind(job.entry.as_str())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(())
        }
    });
}
