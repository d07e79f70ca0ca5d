//! An empty database for each test, on the engine that the run is for.

use seaworthy::db::{Conn, DatabaseSettings, Db};
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;

/// A database that goes away with the test.
pub(crate) struct TestDatabase {
    settings: DatabaseSettings,
    server: Option<(String, String)>,
    _folder: TempDir,
}

impl TestDatabase {
    /// A file in a folder of its own, or a database of its own on the server that `TEST_POSTGRES_URL` names.
    ///
    /// Such a folder is made in the one that `TEST_DATABASES` names: each commit waits for the disk, and memory is quicker.
    pub(crate) async fn create() -> Self {
        let folder = match std::env::var_os("TEST_DATABASES") {
            Some(folders) => tempfile::tempdir_in(folders).unwrap(),
            None => tempfile::tempdir().unwrap(),
        };
        let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
            let url = format!("sqlite://{}", folder.path().join("test.db").display());
            let settings = DatabaseSettings { url: url.into(), max_connections: 8, ..DatabaseSettings::default() };
            return Self { settings, server: None, _folder: folder };
        };
        sqlx::any::install_default_drivers();
        let name = format!("test_{}", uuid::Uuid::from_bytes(rand_bytes()).simple());
        let mut conn = Conn::connect(&server).await.unwrap();
        // The name is made here of hexadecimal digits alone.
        let create: &'static str = Box::leak(format!("CREATE DATABASE {name}").into_boxed_str());
        conn.execute(create).await.unwrap();
        let (base, _old) = server.rsplit_once('/').unwrap();
        let settings = DatabaseSettings {
            url: format!("{base}/{name}").into(),
            max_connections: 8,
            ..DatabaseSettings::default()
        };
        Self { settings, server: Some((server, name)), _folder: folder }
    }

    /// Where the database is.
    pub(crate) fn settings(&self) -> DatabaseSettings {
        self.settings.clone()
    }

    /// The database, opened and brought up to date.
    pub(crate) async fn open(&self) -> Db {
        let db = Db::open(&self.settings).await.unwrap();
        db.migrate().await.unwrap();
        db
    }
}

impl TestDatabase {
    /// The jobs that are due at `now`, run, failed, or met a fault; those that recur or look again later are none of these.
    pub(crate) fn jobs_left_over(&self, now: jiff::Timestamp) -> Vec<String> {
        let url = self.settings.url.expose().to_owned();
        // Dropping cannot wait, so a thread of its own does.
        let looking = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut conn = Conn::connect(&url).await.unwrap();
                let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
                    "SELECT kind, state, last_error FROM jobs
                     WHERE state IN ('failed', 'running')
                        OR (state = 'queued' AND (due_at <= $1 OR last_error IS NOT NULL))
                     ORDER BY id",
                )
                .bind(now.as_microsecond())
                .fetch_all(&mut conn)
                .await
                .unwrap();
                rows.into_iter().map(|(kind, state, fault)| format!("{kind} {state} {}", fault.unwrap_or_default()))
            })
        });
        looking.join().unwrap().collect()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.server.take() else { return };
        // Dropping cannot wait, so a thread of its own does.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let drop: &'static str =
                    Box::leak(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)").into_boxed_str());
                if let Ok(mut conn) = Conn::connect(&server).await {
                    conn.execute(drop).await.ok();
                }
            });
        })
        .join()
        .ok();
    }
}

fn rand_bytes() -> [u8; 16] {
    seaworthy::id::Random::system().unwrap().bytes()
}
