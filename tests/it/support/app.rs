//! The real server on a port of its own, with a manual clock, seeded randomness and mail kept in memory.

use jiff::{SignedDuration, Timestamp};
use seaworthy::app::{App, World};
use seaworthy::clock::Clock;
use seaworthy::config::Config;
use seaworthy::id::Random;
use seaworthy::mail::{SentMail, Transport};
use seaworthy::server;
use seaworthy::view::Strictness;
use tempfile::TempDir;

use super::{TestDatabase, Visitor};

/// A running site.
pub(crate) struct TestApp {
    /// Its services, for looking behind the pages.
    pub app: App,
    /// Its time: Wednesday, 4 March 2026, noon, until moved.
    pub clock: Clock,
    /// Where it is served.
    pub url: String,
    mail: Transport,
    handle: actix_web::dev::ServerHandle,
    _database: TestDatabase,
    _folder: TempDir,
}

impl TestApp {
    /// A site with the shipped content and no cluster.
    pub(crate) async fn spawn() -> Self {
        Self::spawn_with(|_config| {}).await
    }

    /// A site whose configuration `adjust` changes.
    pub(crate) async fn spawn_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::create().await;
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.database = database.settings();
        config.server.listen = ([127, 0, 0, 1], 0).into();
        config.server.secret = Some("5e".repeat(32));
        config.server.workers = Some(1);
        config.server.shutdown_seconds = 1;
        adjust(&mut config);
        let clock = Clock::manual("2026-03-04T12:00:00Z".parse::<Timestamp>().unwrap());
        let mail = Transport::memory();
        let world = World {
            clock: clock.clone(),
            random: Random::seeded(42),
            mail: mail.clone(),
            strictness: Strictness::Tests,
        };
        let app = App::build(&config, world).await.unwrap();
        let listener = server::bind(&config.server).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let running = server::build(&app, listener, &config.server).unwrap();
        let handle = running.handle();
        tokio::spawn(running);
        Self { app, clock, url, mail, handle, _database: database, _folder: folder }
    }

    /// Somebody new with an empty cookie jar.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Runs all background work that is due; answers how many jobs were run.
    pub(crate) async fn run_jobs(&self) -> usize {
        self.app.worker.run_due().await.unwrap()
    }

    /// The mails sent so far, the queued ones among them sent first.
    pub(crate) async fn mails(&self) -> Vec<SentMail> {
        self.run_jobs().await;
        self.mail.sent()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // Asking is enough: the runtime of the test ends with it.
        drop(self.handle.stop(false));
    }
}
