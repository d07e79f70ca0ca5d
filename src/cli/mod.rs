//! The commands of the program: the parser of the command line, and one function for each command. It has no tables.
//!
//! `content.rs`, `labs.rs`, `regrade.rs` and `credentials.rs` hold the commands of those names; the rest is here.

mod content;
mod credentials;
mod labs;
mod regrade;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::accounts::{Email, FirstAdminLink, NewPerson, Role, SignUpFaults};
use crate::app::{self, App, Environment};
use crate::cluster::ImagesSettings;
use crate::config::Config;
use crate::labs::{Lab, LabParts};
use crate::view::list_words;
use crate::{db, server, telemetry};

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
    /// Check the configuration, the content, the templates and the database without serving.
    Check {
        /// Try the cluster too: whether it answers, and whether its network policies are enforced.
        #[arg(long)]
        cluster: bool,
    },
    /// Manage people.
    #[command(subcommand)]
    User(UserCommand),
    /// Work on lessons.
    #[command(subcommand)]
    Content(ContentCommand),
    /// Work on labs.
    #[command(subcommand)]
    Lab(LabCommand),
    /// Check and sign credentials.
    #[command(subcommand)]
    Credential(CredentialCommand),
}

#[derive(Debug, Subcommand)]
enum CredentialCommand {
    /// Check a credential by its file alone, without a database or a network.
    Verify {
        /// The signed file.
        file: PathBuf,
        /// The issuer's key, if it is known, as a Multikey.
        #[arg(long)]
        key: Option<String>,
        /// The status list that the file names, if it was fetched.
        #[arg(long)]
        status: Option<PathBuf>,
    },
    /// Sign with a new key from now on; what older keys signed goes on to hold.
    RotateKey,
}

#[derive(Debug, Subcommand)]
enum LabCommand {
    /// Verify a lab on the cluster: untouched, solved twice, and with each known mistake.
    ///
    /// Exits with 0 when the untouched lab fails every task, the solution passes all of them, and each mistake fails the tasks
    /// that it should and no other.
    Verify {
        /// The lab; left out, every lab.
        lab: Option<String>,
        /// Write what the grader saw beside the lab, for `--recorded`.
        #[arg(long)]
        record: bool,
        /// How many sessions share the mistakes; more take less time, and more of the cluster.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=16))]
        sessions: u8,
        /// Judge what was recorded, without a cluster.
        #[arg(long, conflicts_with = "record")]
        recorded: bool,
    },
    /// Print the JSON Schema of `lab.yaml`, by which editors complete and check it.
    Schema {
        /// That of the files of `tasks/` instead.
        #[arg(long)]
        tasks: bool,
    },
    /// Replay stored evidence through the checks as they are now, and list whose verdict would change.
    ///
    /// Nothing is written. Exits with 0 whether verdicts would change or not, and with 1 when evidence was changed after it
    /// was sealed.
    Regrade {
        /// The lab.
        lab: String,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add somebody, with a password asked for at the terminal or read from a pipe.
    Add {
        /// What they may do.
        #[arg(long, value_enum, default_value_t = RoleArgument::Learner)]
        role: RoleArgument,
        /// The name they go by.
        #[arg(long)]
        name: String,
        /// Their address, which needs no verification.
        email: String,
    },
    /// Change what somebody may do.
    SetRole {
        /// What they may do.
        #[arg(value_enum)]
        role: RoleArgument,
        /// Their address.
        email: String,
    },
}

#[derive(Debug, Subcommand)]
enum ContentCommand {
    /// Read all content and print its faults: errors stop a start, warnings do not.
    ///
    /// Exits with 0 when nothing stops a start, and with 1 on an error, or on a warning with --strict.
    Check(content::CheckArguments),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArgument {
    Learner,
    Instructor,
    Admin,
}

impl From<RoleArgument> for Role {
    fn from(argument: RoleArgument) -> Self {
        match argument {
            RoleArgument::Learner => Self::Learner,
            RoleArgument::Instructor => Self::Instructor,
            RoleArgument::Admin => Self::Admin,
        }
    }
}

/// Reads the arguments and runs the command they name.
pub async fn run() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let config = Config::load(cli.config.as_deref())?;
    telemetry::start(&config.log)?;
    match cli.command {
        Command::Serve => serve(&config).await,
        Command::Migrate => {
            app::open_database(&config).await?;
            print_line("The schema is up to date.")
        }
        Command::Check { cluster } => check(&config, cluster).await,
        Command::User(UserCommand::Add { role, name, email }) => add_user(&config, role.into(), &name, &email).await,
        Command::User(UserCommand::SetRole { role, email }) => set_role(&config, role.into(), &email).await,
        Command::Lab(LabCommand::Verify { lab, recorded: true, .. }) => labs::verify_recorded(&config, lab.as_deref()),
        Command::Lab(LabCommand::Verify { lab, record, sessions, .. }) => {
            labs::verify(&config, lab.as_deref(), sessions, record).await
        }
        Command::Lab(LabCommand::Schema { tasks }) => labs::print_schema(tasks),
        Command::Credential(CredentialCommand::Verify { file, key, status }) => {
            credentials::verify(&file, key.as_deref(), status.as_deref())
        }
        Command::Credential(CredentialCommand::RotateKey) => credentials::rotate_key(&config).await,
        Command::Lab(LabCommand::Regrade { lab, json }) => regrade::regrade(&config, &lab, json).await,
        Command::Content(ContentCommand::Check(arguments)) => content::check(&config, &arguments),
    }
}

/// Prints a line for the person at the terminal.
fn print_line(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// Every service of a command; on the heap, since together they are too large for the stack.
async fn build(config: &Config, environment: Environment) -> anyhow::Result<Box<App>> {
    Ok(Box::new(Box::pin(App::build(config, environment)).await?))
}

async fn check(config: &Config, is_cluster_checked: bool) -> anyhow::Result<()> {
    let built = build(config, Environment::production(config)?).await;
    let app = built.map_err(|fault| match fault.downcast_ref::<db::Error>() {
        Some(_) => {
            fault.context("whether the rules in programme.toml were changed cannot be told without the database")
        }
        None => fault,
    })?;
    app.checkpoints.check_rules().await?;
    print_line("Configuration, content, templates and database are sound.")?;
    if is_cluster_checked { check_cluster(&app).await } else { Ok(()) }
}

/// Says how the cluster is; an error when labs cannot run on it.
async fn check_cluster(app: &App) -> anyhow::Result<()> {
    let version = app.cluster.find_version().await?;
    print_line(&format!("The cluster answers: Kubernetes {version}."))?;
    for part in app.cluster.find_parts().await? {
        print_line(&part.to_string())?;
        if let Some(command) = &part.remedy {
            print_line(&format!("  This mends it: {command}"))?;
        }
    }
    print_line(&describe_grafana(&app.cluster.settings().images))?;
    for lab in app.labs.catalogue().list() {
        print_line(&describe_readiness(lab, &app.labs.lab_parts(lab)))?;
    }
    print_line(&app.cluster.probe_policies().await.to_string())
}

/// What learners install as their Grafana, in a line.
fn describe_grafana(images: &ImagesSettings) -> String {
    let image = images.grafana();
    let stands_in = if images.has_grafana_stand_in() { "a stand-in for Grafana, " } else { "" };
    format!("Grafana: learners install {stands_in}{image}.")
}

/// Whether a lab can run, in a line.
fn describe_readiness(lab: &Lab, parts: &LabParts) -> String {
    let with = match parts.stand_ins.as_slice() {
        [] => String::new(),
        stand_ins => format!(", with what stands in for {}", list_words(stand_ins)),
    };
    if parts.missing.is_empty() {
        return format!("Lab {}: it can run{with}.", lab.name);
    }
    let missing: Vec<String> = parts.missing.iter().map(|part| part.kind.to_string().to_lowercase()).collect();
    let cannot = format!("Lab {}: it cannot run without {}.", lab.name, missing.join(", "));
    let mut remedies: Vec<&str> = parts.missing.iter().filter_map(|part| part.remedy.as_deref()).collect();
    remedies.dedup();
    if remedies.is_empty() { cannot } else { format!("{cannot} This mends it: {}", remedies.join("; ")) }
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let listener = server::bind(&config.server)?;
    let app = build(config, Environment::production(config)?).await?;
    app.checkpoints.check_rules().await?;
    let stop = CancellationToken::new();
    tokio::spawn(StopSignals::catch().context("signals cannot be caught")?.cancel_on_signal(stop.clone()));
    let _watch = app.watch(&config.content)?;
    let url = config.server.public_url();
    tracing::info!(url, "server started");
    if let Some(FirstAdminLink { url, expires_at }) = app.accounts.create_first_admin_link().await? {
        let until = expires_at.strftime("%-d %B %Y, %H:%M UTC");
        print_line(&format!(
            "\n  There is no admin yet. This link makes the first one, once, until {until}:\n  {url}\n"
        ))?;
    }
    server::run(&app, listener, &config.server, stop).await
}

/// The signals that stop the server, caught from the creation of this value.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn catch() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }

    /// Cancels `stop` on the first signal; a second one exits the process at once.
    async fn cancel_on_signal(mut self, stop: CancellationToken) {
        self.next().await;
        stop.cancel();
        self.next().await;
        std::process::exit(130);
    }
}

/// A password typed at the terminal without being shown, or the first line of a pipe.
fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").context("no password could be read from the terminal");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("a password is read from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn add_user(config: &Config, role: Role, name: &str, email: &str) -> anyhow::Result<()> {
    let password = read_password()?;
    let app = build(config, Environment::production(config)?).await?;
    let new = NewPerson::parse(name, email, &password, &app.site.own_words()).map_err(
        |SignUpFaults { name, email, password }| {
            let faults: Vec<String> = [name, email, password].into_iter().flatten().collect();
            anyhow::anyhow!("{}", faults.join(" "))
        },
    )?;
    let person = app.accounts.create_person(&new, role, "system").await?.context("the address is taken")?;
    print_line(&format!("{} is added as {}.", person.email, role.as_str()))
}

async fn set_role(config: &Config, role: Role, email: &str) -> anyhow::Result<()> {
    let email = Email::parse(email)?;
    let app = build(config, Environment::production(config)?).await?;
    let person = app.accounts.find_person_by_email(&email).await?.context("nobody has this address")?;
    app.accounts.set_role("system", &person.id, role).await?;
    print_line(&format!("{email} is now {}.", role.as_str()))
}
