//! The commands of the program.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::app::{App, World};
use crate::config::Config;
use crate::{server, telemetry};

/// A self-hosted learning platform for Kubernetes courses.
#[derive(Debug, Parser)]
#[command(name = "seaworthy", version, about)]
pub struct Cli {
    /// The configuration file, in TOML.
    #[arg(long, global = true, env = "SEAWORTHY_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the site and run its background work.
    Serve,
    /// Bring the database's schema up to date.
    Migrate,
    /// Check the configuration, the templates and the database without serving.
    Check,
}

/// Reads the arguments and runs the command they name.
pub async fn run() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let config = Config::load(cli.config.as_deref(), std::env::vars())?;
    telemetry::start(&config.log)?;
    match cli.command {
        Command::Serve => serve(&config).await,
        Command::Migrate => {
            config.create_folders()?;
            crate::db::Db::open(&config.database).await?.migrate().await
        }
        Command::Check => App::build(&config, World::real(&config)?).await.map(|_app| ()),
    }
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let listener = server::bind(&config.server)?;
    let app = App::build(config, World::real(config)?).await?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    tracing::info!(url = config.server.public_url(), "serving");
    server::run(app, listener, &config.server, stop).await
}

/// Asks for a stop on the first SIGTERM or SIGINT; a second one ends the process at once.
async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received");
        return;
    };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    stop.cancel();
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    std::process::exit(130);
}
