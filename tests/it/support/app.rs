//! The real server on a port of its own, with a manual clock, seeded randomness and mail kept in memory.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use seaworthy::accounts::Role;
use seaworthy::app::{App, Content, Environment};
use seaworthy::clock::Clock;
use seaworthy::config::Config;
use seaworthy::id::Random;
use seaworthy::lessons::ContentSettings;
use seaworthy::mail::{MailSettings, RenderedMail, Transport};
use seaworthy::server;
use seaworthy::view::Strictness;
use tempfile::TempDir;

use super::{MockCluster, TestDatabase, Visitor, link_shipped_labs};

/// A running site.
pub(crate) struct TestApp {
    /// Its services, for looking behind the pages.
    pub app: Box<App>,
    /// Its time: Wednesday, 4 March 2026, noon, until moved.
    pub clock: Clock,
    /// Where it is served.
    pub url: String,
    mail: Transport,
    config: Config,
    handle: actix_web::dev::ServerHandle,
    may_leave_jobs: AtomicBool,
    database: TestDatabase,
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
        let mut config = Config { database: database.settings(), ..Config::default() };
        config.server.listen = ([127, 0, 0, 1], 0).into();
        config.server.secret = Some("5e".repeat(32).into());
        config.server.workers = Some(1);
        config.server.shutdown_seconds = 1;
        // The cheapest parameters that argon2 takes: these tests are not about guessing.
        config.accounts.hash_memory_kib = 8;
        config.accounts.hash_passes = 1;
        // No test may find the cluster of whoever runs it.
        config.cluster.kubeconfig = Some(folder.path().join("no-kubeconfig"));
        config.cluster.status_file = folder.path().join("status.json");
        adjust(&mut config);
        if !is_shipped(&config.content) && config.labs.folder.is_none() {
            let labs = folder.path().join("labs");
            std::fs::create_dir(&labs).unwrap();
            link_shipped_labs(&labs);
            config.labs.folder = Some(labs);
        }
        let clock = Clock::manual("2026-03-04T12:00:00Z".parse::<Timestamp>().unwrap());
        let is_own = config.mail.smtp.is_some() || config.mail.folder != MailSettings::default().folder;
        let mail = if is_own {
            Transport::from_settings(&config.mail, &config.server.public_url()).unwrap()
        } else {
            Transport::memory()
        };
        let environment = Environment {
            clock: clock.clone(),
            random: Random::seeded(42),
            mail: mail.clone(),
            strictness: Strictness::Tests,
        };
        let app = build(&config, environment).await;
        let listener = server::bind(&config.server).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let running = server::build(&app, listener, &config.server).unwrap();
        let handle = running.handle();
        tokio::spawn(running);
        let may_leave_jobs = AtomicBool::new(false);
        Self { app, clock, url, mail, config, handle, may_leave_jobs, database, _folder: folder }
    }

    /// A second process of the same site, on its database and its cluster.
    pub(crate) async fn replica(&self) -> Box<App> {
        let environment = Environment {
            clock: self.clock.clone(),
            random: Random::seeded(43),
            mail: self.mail.clone(),
            strictness: Strictness::Tests,
        };
        build(&self.config, environment).await
    }

    /// A site on a mock of a cluster.
    pub(crate) async fn spawn_with_cluster() -> (Self, MockCluster) {
        Self::spawn_with_cluster_and(|_config| {}).await
    }

    /// A site on a mock of a cluster, with a configuration that `adjust` changes.
    pub(crate) async fn spawn_with_cluster_and(adjust: impl FnOnce(&mut Config)) -> (Self, MockCluster) {
        let kube = MockCluster::start();
        let app = Self::spawn_with(|config| {
            kube.write_kubeconfig(config.cluster.kubeconfig.as_deref().unwrap());
            adjust(config);
        });
        let app = app.await;
        // A page waits for the first answer of its cluster no longer than for any other.
        for _ in 0..100 {
            if app.app.cluster.state().await.is_ready() {
                return (app, kube);
            }
        }
        panic!("the mock of a cluster does not answer");
    }

    /// Somebody new with an empty cookie jar.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// A learner who has just signed in; the address is `name@example.org`.
    pub(crate) async fn learner(&self, name: &str) -> Visitor {
        self.somebody(name, Role::Learner).await
    }

    /// An instructor who has just signed in.
    pub(crate) async fn instructor(&self, name: &str) -> Visitor {
        self.somebody(name, Role::Instructor).await
    }

    /// An admin who has just signed in.
    pub(crate) async fn admin(&self, name: &str) -> Visitor {
        self.somebody(name, Role::Admin).await
    }

    async fn somebody(&self, name: &str, role: Role) -> Visitor {
        Visitor::join(&self.app, &self.url, name, role).await
    }

    /// Where its database is.
    pub(crate) fn database_url(&self) -> String {
        self.database.settings().url.expose().to_owned()
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Runs all background work that is due; answers how many jobs were run.
    pub(crate) async fn run_jobs(&self) -> usize {
        self.app.worker.run_due().await.unwrap()
    }

    /// Lets the test end with jobs that wait, run or have failed, because that is what it is about.
    pub(crate) fn leave_jobs(&self) {
        self.may_leave_jobs.store(true, Ordering::Relaxed);
    }

    /// The mails sent so far, the queued ones among them sent first.
    pub(crate) async fn mails(&self) -> Vec<RenderedMail> {
        self.run_jobs().await;
        self.mail.sent()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // Asking is enough: the runtime of the test ends with it.
        drop(self.handle.stop(false));
        if std::thread::panicking() || self.may_leave_jobs.load(Ordering::Relaxed) {
            return;
        }
        let left = self.database.jobs_left_over(self.clock.now());
        let advice = "run them, or say app.leave_jobs() if it is about them";
        assert!(left.is_empty(), "the test ends with jobs left over; {advice}:\n{}", left.join("\n"));
    }
}

/// The services of a site; those of the shipped content share it, since reading it takes longer than most tests.
async fn build(config: &Config, environment: Environment) -> Box<App> {
    static SHIPPED: LazyLock<Content> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        link_shipped_labs(folder.path());
        Content::load(&ContentSettings::default(), Some(folder.path())).unwrap()
    });
    let built = if is_shipped(&config.content) && config.labs.folder.is_none() {
        Box::pin(App::build_with(config, environment, SHIPPED.clone())).await
    } else {
        Box::pin(App::build(config, environment)).await
    };
    Box::new(built.unwrap())
}

/// Whether the content is the shipped one, as it is.
fn is_shipped(settings: &ContentSettings) -> bool {
    let ContentSettings { folder, watch, edit_url } = settings;
    folder.is_none() && !watch && edit_url.is_none()
}
