//! The listener: middleware in their order, and a shutdown that lets work under way finish.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::app::App;
use crate::router;
use crate::web::{ServerSettings, Sockets, configure_extractors, layout, metrics, problem, submitted};

/// How long a connection is kept on which nothing is asked: longer than browsers (Firefox's `keep-alive.timeout` is 115 s) and
/// proxies (nginx's `keepalive_timeout` is 60 s) keep theirs, so that it is they who close it. A request that is sent just as
/// the server closes is lost, or is given the empty 408 that was meant for nobody; a form would be a blank page then.
const IDLE_TIMEOUT: Duration = Duration::from_mins(2);

/// Binds the address of `settings`.
pub fn bind(settings: &ServerSettings) -> anyhow::Result<TcpListener> {
    TcpListener::bind(settings.listen).with_context(|| {
        format!(
            "{} cannot be listened on. If another program has it, stop that one, or set server.listen \
             (SEAWORTHY_SERVER__LISTEN) to another address.",
            settings.listen
        )
    })
}

/// The HTTP server for `app` on `listener`; it stops when told through its handle.
pub fn build(app: &App, listener: TcpListener, settings: &ServerSettings) -> anyhow::Result<Server> {
    // Shared, since each step of the builder moves it.
    let (services, sockets) = (Arc::new(app.clone()), Sockets::default());
    let mut server = actix_web::HttpServer::new(move || {
        let (app, sockets) = (Arc::clone(&services), Data::new(sockets.clone()));
        actix_web::App::new()
            .configure(move |config| share(config, &app))
            .app_data(sockets)
            .configure(configure_extractors)
            .configure(router::routes)
            .wrap(from_fn(submitted::read))
            .wrap(from_fn(problem::render))
            .wrap(from_fn(layout::open))
            .wrap(from_fn(router::lab_hosts))
            .wrap(from_fn(metrics::measure))
    })
    .disable_signals()
    .keep_alive(IDLE_TIMEOUT)
    .client_request_timeout(IDLE_TIMEOUT)
    .shutdown_timeout(settings.shutdown_seconds);
    if let Some(workers) = settings.workers {
        server = server.workers(workers);
    }
    Ok(server.listen(listener)?.run())
}

/// Gives every service to the handlers that ask for it.
fn share(config: &mut ServiceConfig, app: &App) {
    config
        .app_data(Data::new(app.site.clone()))
        .app_data(Data::new(app.limits.clone()))
        .app_data(Data::new(app.core.audit.clone()))
        .app_data(Data::new(app.core.jobs.clone()))
        .app_data(Data::new(app.worker.clone()))
        .app_data(Data::new(app.labs.clone()))
        .app_data(Data::new(app.loads.clone()))
        .app_data(Data::new(app.grading.clone()))
        .app_data(Data::new(app.games.clone()))
        .app_data(Data::new(app.accounts.clone()))
        .app_data(Data::new(app.drafts.clone()))
        .app_data(Data::new(app.account_settings.clone()))
        .app_data(Data::new(app.lessons.clone()))
        .app_data(Data::new(app.checkpoints.clone()))
        .app_data(Data::new(app.reviews.clone()))
        .app_data(Data::new(app.credentials.clone()))
        .app_data(Data::new(app.prizes.clone()))
        .app_data(Data::new(app.home.clone()))
        .app_data(Data::new(app.admin.clone()))
        .app_data(Data::new(app.metrics.clone()))
        .app_data(Data::new(app.draining.clone()))
        .app_data(Data::new(app.core.db.clone()));
}

/// Lets the index of the lessons be made beside the first requests.
fn prepare_search(app: &App) {
    let search = app.lessons.search();
    tokio::task::spawn_blocking(move || search.prepare());
}

/// Serves `app` on `listener` and runs its jobs until `stop`; requests and jobs under way have the settings' time to end.
pub async fn run(
    app: &App,
    listener: TcpListener,
    settings: &ServerSettings,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let server = build(app, listener, settings)?;
    let handle = server.handle();
    let grace = Duration::from_secs(settings.shutdown_seconds);
    let worker = tokio::spawn(app.worker.clone().run(stop.clone(), grace));
    let (cluster, until) = (app.cluster.clone(), stop.clone());
    let probing = tokio::spawn(async move { cluster.keep_probing(until).await });
    let (labs, until) = (app.labs.clone(), stop.clone());
    let watching = tokio::spawn(async move { labs.watch(until).await });
    let (grading, until) = (app.grading.clone(), stop.clone());
    let grading = tokio::spawn(async move { grading.watch(until).await });
    prepare_search(app);
    let (stopper, labs, loads, draining) = (stop.clone(), app.labs.clone(), app.loads.clone(), app.draining.clone());
    let drain = Duration::from_secs(settings.drain_seconds);
    let stopping = tokio::spawn(async move {
        stopper.cancelled().await;
        draining.begin();
        // At once, so that another process goes on with them.
        loads.close();
        if !drain.is_zero() {
            info!(seconds = drain.as_secs(), "stopping: not ready any more, so that new requests go elsewhere");
            tokio::time::sleep(drain).await;
        }
        info!("stopping: requests and jobs under way may finish");
        labs.close_terminals();
        handle.stop(true).await;
    });
    let outcome = server.await;
    stop.cancel();
    let _ended = tokio::join!(worker, probing, watching, grading, stopping);
    app.core.db.close().await;
    outcome.context("the server failed")
}
