//! The real server with its workers, on the system's clock and the real cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Api;
use kube::api::{ApiResource, DeleteParams, DynamicObject};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersionKind;
use seaworthy::accounts::Role;
use seaworthy::app::{App, Environment};
use seaworthy::clock::Clock;
use seaworthy::config::Config;
use seaworthy::id::Random;
use seaworthy::labs::{LabSession, SessionState};
use seaworthy::mail::Transport;
use seaworthy::server;
use seaworthy::view::Strictness;
use tempfile::TempDir;
use tokio::sync::{OnceCell, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::Visitor;

pub(crate) const LAB: &str = "service-annotations";
pub(crate) const PAGE: &str = "/labs/service-annotations";

/// How long anything may take that the cluster does: longer than the program itself waits for the pods of a session.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// Whoever changes the cluster itself holds it alone, everybody else together.
static CLUSTER: RwLock<()> = RwLock::const_new(());

/// A part of the cluster, or all of it, for as long as a test.
pub(crate) enum Hold {
    Shared { _guard: RwLockReadGuard<'static, ()> },
    Alone { _guard: RwLockWriteGuard<'static, ()> },
}

impl Hold {
    pub(crate) async fn shared() -> Self {
        Self::Shared { _guard: CLUSTER.read().await }
    }

    async fn alone() -> Self {
        Self::Alone { _guard: CLUSTER.write().await }
    }
}

/// The API service that a test has nobody answer for.
pub(crate) const DEAD_API: &str = "v1.dead.seaworthy.dev";

/// Deletes what a run that was killed left behind, once in each run: with it no namespace can go.
async fn clear_leftovers() {
    static CLEARED: OnceCell<()> = OnceCell::const_new();
    let clear = async || {
        let kind = GroupVersionKind::gvk("apiregistration.k8s.io", "v1", "APIService");
        let services: Api<DynamicObject> = Api::all_with(client(None).await, &ApiResource::from_gvk(&kind));
        services.delete(DEAD_API, &DeleteParams::default()).await.ok();
    };
    CLEARED.get_or_init(clear).await;
}

/// Waits until `holds`, and fails the test with `fault` when it never does.
pub(crate) async fn eventually(fault: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "{fault}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The kubeconfig that the suite runs against.
pub(crate) fn kubeconfig() -> PathBuf {
    let path = std::env::var_os("TEST_KUBECONFIG").expect("TEST_KUBECONFIG must name a cluster's kubeconfig");
    std::fs::canonicalize(path).expect("TEST_KUBECONFIG must name a file that is there")
}

/// A running site of an installation of its own.
pub(crate) struct Site {
    pub app: Arc<App>,
    pub url: String,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
    _folder: TempDir,
    _hold: Hold,
}

impl Site {
    pub(crate) async fn spawn() -> Self {
        Self::spawn_with(|_config, _folder| {}).await
    }

    pub(crate) async fn spawn_with(adjust: impl FnOnce(&mut Config, &Path)) -> Self {
        Self::spawn_holding(Hold::shared().await, adjust).await
    }

    /// A site whose test changes what all sites share, so that no other test of this suite runs meanwhile.
    pub(crate) async fn spawn_alone_with(adjust: impl FnOnce(&mut Config, &Path)) -> Self {
        Self::spawn_holding(Hold::alone().await, adjust).await
    }

    async fn spawn_holding(hold: Hold, adjust: impl FnOnce(&mut Config, &Path)) -> Self {
        clear_leftovers().await;
        let folder = tempfile::tempdir().unwrap();
        let config = configure(folder.path(), adjust);
        let app = Arc::new(App::build(&config, environment()).await.unwrap());
        let listener = server::bind(&config.server).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let (served, settings, stopped) = (Arc::clone(&app), config.server.clone(), stop.clone());
        let running = tokio::spawn(async move { server::run(&served, listener, &settings, stopped).await });
        let site = Self { app, url, stop, running, _folder: folder, _hold: hold };
        // A page waits for the first answer of its cluster no longer than for any other.
        eventually("the cluster does not answer", async || site.app.cluster.state().await.is_ready()).await;
        site
    }

    /// A learner who has just signed in.
    pub(crate) async fn learner(&self, name: &str) -> Visitor {
        learner(&self.app, &self.url, name).await
    }

    pub(crate) async fn session(&self, visitor: &Visitor) -> Option<LabSession> {
        self.app.labs.find_session(&visitor.person().id, LAB).await.unwrap()
    }

    pub(crate) async fn start(&self, visitor: &Visitor) -> LabSession {
        // A cluster that is too busy to answer for a moment has no session started.
        eventually("no lab starts", async || {
            visitor.post("/labs/service-annotations/start", &[]).await.location();
            self.session(visitor).await.is_some()
        })
        .await;
        self.wait_for(visitor, Some(SessionState::Ready)).await.unwrap()
    }

    /// Waits until the learner's session is in the state.
    pub(crate) async fn wait_for(&self, visitor: &Visitor, expected: Option<SessionState>) -> Option<LabSession> {
        let begun = Instant::now();
        loop {
            let session = self.session(visitor).await;
            let state = session.as_ref().map(|session| session.state);
            if state == expected {
                return session;
            }
            assert!(state != Some(SessionState::Failed), "it failed: {session:?}");
            assert!(begun.elapsed() < PATIENCE, "it is still not {expected:?}: {session:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Stops the learner's session.
    pub(crate) async fn stop_at_once(&self, visitor: &Visitor) {
        visitor.post("/labs/service-annotations/stop", &[]).await.location();
        assert!(self.session(visitor).await.is_none(), "a session that is stopped is over");
    }

    /// Stops the learner's session and waits until its namespace is deleted.
    pub(crate) async fn stop(&self, visitor: &Visitor) {
        let session = self.session(visitor).await.unwrap();
        self.stop_at_once(visitor).await;
        self.wait_until_deleted(&session).await;
    }

    /// Waits until the namespace of a session is deleted, and the site has recorded it.
    pub(crate) async fn wait_until_deleted(&self, session: &LabSession) {
        let fault = format!("{} is not deleted", session.namespace);
        eventually(&fault, async || !self.app.labs.is_namespace_terminating(session).await.unwrap()).await;
        assert!(self.app.cluster.find_namespace(&session.namespace).await.unwrap().is_none());
    }

    /// Ends the site with the labs of these learners, without waiting for their namespaces' deletion.
    pub(crate) async fn abandon(self, visitors: &[&Visitor]) {
        for visitor in visitors {
            let session = self.session(visitor).await.unwrap();
            self.app.cluster.delete_namespace(&session.namespace).await.unwrap();
        }
        self.shut_down().await;
    }

    /// Stops the server as a signal would.
    pub(crate) async fn shut_down(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

pub(crate) fn environment() -> Environment {
    Environment {
        clock: Clock::System,
        random: Random::system().unwrap(),
        mail: Transport::memory(),
        strictness: Strictness::Tests,
    }
}

/// A configuration whose installation is no other test's, so that no test's garbage collection deletes another's namespaces.
pub(crate) fn configure(folder: &Path, adjust: impl FnOnce(&mut Config, &Path)) -> Config {
    let mut config = Config::default();
    config.database.url = format!("sqlite://{}", folder.join("test.db").display()).into();
    config.server.listen = ([127, 0, 0, 1], 0).into();
    config.server.secret = Some(Random::system().unwrap().hex::<32>().into());
    config.server.workers = Some(2);
    config.server.shutdown_seconds = 2;
    config.accounts.hash_memory_kib = 8;
    config.accounts.hash_passes = 1;
    config.cluster.kubeconfig = Some(kubeconfig());
    // Each site of this suite would make pods of its own.
    config.cluster.policy_probe_minutes = 0;
    let labs = folder.join("shipped-labs");
    std::fs::create_dir(&labs).unwrap();
    crate::link_shipped_labs(&labs);
    config.labs.folder = Some(labs);
    adjust(&mut config, folder);
    config
}

pub(crate) async fn learner(app: &App, url: &str, name: &str) -> Visitor {
    Visitor::join(app, url, name, Role::Learner).await
}

/// A client with all rights, or with those of a downloaded kubeconfig.
pub(crate) async fn client(text: Option<&str>) -> kube::Client {
    let config = match text {
        Some(text) => Kubeconfig::from_yaml(text).unwrap(),
        None => Kubeconfig::read_from(kubeconfig()).unwrap(),
    };
    let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap();
    kube::Client::try_from(config).unwrap()
}
