//! An installation in a folder of its own, and the program run on it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use seaworthy::app::{App, Environment};
use seaworthy::clock::Clock;
use seaworthy::config::Config;
use seaworthy::db::{DatabaseSettings, Db};
use seaworthy::id::Random;
use seaworthy::jobs::Jobs;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::task::JoinHandle;

use crate::lessons::harbour;
use crate::support::{MailServer, TestDatabase, Visitor, free_port, link_shipped_labs};

/// Longer than any step takes on a busy machine; nothing waits for it to pass.
const LIMIT: Duration = Duration::from_mins(3);

/// A folder with a configuration, and a database.
pub(super) struct Installation {
    pub(super) folder: TempDir,
    database: DatabaseSettings,
    port: u16,
    variables: Vec<(String, String)>,
    _created: Option<TestDatabase>,
}

impl Installation {
    /// One on the engine that the run is for.
    pub(super) async fn new() -> Self {
        let created = TestDatabase::create().await;
        let installation = Self { database: created.settings(), _created: Some(created), ..Self::on_sqlite() };
        installation.configure(20, None);
        installation
    }

    /// One whose database is a file in its folder.
    pub(super) fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("seaworthy.db").display());
        let database = DatabaseSettings { url: url.into(), max_connections: 4, ..DatabaseSettings::default() };
        let port = free_port();
        let installation = Self { folder, database, port, variables: Vec::new(), _created: None };
        installation.configure(20, None);
        installation
    }

    /// A folder and a port for another process on the same database.
    pub(super) fn beside(&self) -> Self {
        let installation = Self { database: self.database.clone(), ..Self::on_sqlite() };
        installation.configure(20, None);
        installation
    }

    /// Sets a variable of its environment.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((format!("SEAWORTHY_{name}"), value.to_owned()));
    }

    /// Writes the configuration, with the seconds that a stop may take.
    pub(super) fn configure(&self, shutdown_seconds: u64, mail: Option<&MailServer>) {
        let labs = self.path("labs");
        std::fs::create_dir_all(&labs).unwrap();
        link_shipped_labs(&labs);
        let mut text = format!(
            "[server]\nlisten = \"127.0.0.1:{}\"\nsecret = \"{}\"\nworkers = 1\nshutdown_seconds = {shutdown_seconds}\n\
             [database]\nurl = '{}'\nmax_connections = 4\n[accounts]\nhash_memory_kib = 8\nhash_passes = 1\n\
             [content]\nfolder = '{}'\n[cluster]\nkubeconfig = '{}'\nstatus_file = '{}'\n[mail]\nfolder = '{}'\n\
             [labs]\nfolder = '{}'\n",
            self.port,
            "5e".repeat(32),
            self.database.url.expose(),
            harbour().display(),
            self.path("kubeconfig").display(),
            self.path("status.json").display(),
            self.path("mail").display(),
            labs.display(),
        );
        if let Some(server) = mail {
            let port = server.port();
            write!(text, "[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n").unwrap();
        }
        std::fs::write(self.path("seaworthy.toml"), text).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The configuration as the program reads it.
    pub(super) fn config(&self) -> Config {
        let variables = self.variables.iter().map(|(name, value)| (name.into(), value.into()));
        Config::load_with(Some(&self.path("seaworthy.toml")), variables).unwrap()
    }

    /// Every service on the same database and folder.
    pub(super) async fn open_app(&self) -> Box<App> {
        self.open_app_at(Clock::System).await
    }

    /// The same, with a time of its own.
    pub(super) async fn open_app_at(&self, clock: Clock) -> Box<App> {
        let config = self.config();
        let environment = Environment { clock, ..Environment::production(&config).unwrap() };
        Box::new(Box::pin(App::build(&config, environment)).await.unwrap())
    }

    /// Adds to the configuration.
    pub(super) fn configure_too(&self, text: &str) {
        let path = self.path("seaworthy.toml");
        let whole = std::fs::read_to_string(&path).unwrap() + text;
        std::fs::write(path, whole).unwrap();
    }

    /// The database, beside the program.
    pub(super) async fn open_database(&self) -> Db {
        Db::open(&self.database).await.unwrap()
    }

    /// Kind and state of every job that is not done.
    pub(super) async fn unfinished_jobs(&self) -> Vec<(String, String)> {
        let db = self.open_database().await;
        let jobs = Jobs::new(db, Clock::System, Random::seeded(1)).list_unfinished(100).await.unwrap();
        jobs.into_iter().map(|job| (job.kind, job.state.to_string())).collect()
    }

    /// Starts serving, and waits for the first answer.
    pub(super) async fn serve(&self) -> Program {
        let program = self.start();
        program.until("it answers", async || program.connects().await).await;
        Visitor::new(&self.url()).get("/healthz").await.expect(200);
        program
    }

    /// Starts serving.
    pub(super) fn start(&self) -> Program {
        // A write beyond a limit of the process is to fail, as on a full disk, and not to end it by a signal.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_seaworthy"), "serve"]);
        let mut child = tokio::process::Command::from(self.prepare(command)).kill_on_drop(true).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let readers = [keep(child.stdout.take().unwrap(), &said), keep(child.stderr.take().unwrap(), &said)];
        Program { child, said, readers, port: self.port }
    }

    /// Runs a command to its end.
    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    /// Runs a command to its end, with these variables in its environment.
    pub(super) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        command.args(arguments).envs(variables.iter().copied());
        self.prepare(command).output().unwrap()
    }

    /// A command at a terminal of its own, which shows on standard output what the terminal shows.
    pub(super) fn at_a_terminal(&self, arguments: &[&str]) -> Child {
        let quoted: Vec<String> = arguments.iter().map(|argument| format!("'{argument}'")).collect();
        let line = format!("tty > terminal; exec {} {}", env!("CARGO_BIN_EXE_seaworthy"), quoted.join(" "));
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]).env("PATH", "/usr/bin:/bin");
        let mut command = self.prepare(command);
        command.stdin(Stdio::piped());
        tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap()
    }

    /// Waits until the terminal shows nothing of what is typed.
    pub(super) async fn until_hidden(&self) {
        let hidden = async {
            let name = std::fs::read_to_string(self.path("terminal")).unwrap();
            loop {
                let told = Command::new("stty").args(["-a", "-F", name.trim()]).output().unwrap();
                if String::from_utf8_lossy(&told.stdout).contains(" -echo ") {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(tokio::time::timeout(LIMIT, hidden).await.is_ok(), "the terminal shows what is typed");
    }

    /// Runs a command to its end with `input` on a pipe.
    pub(super) fn run_on(&self, input: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        command.args(arguments);
        let mut child = self.prepare(command).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Keeps whatever surrounds the suite from the program.
    fn prepare(&self, mut command: Command) -> Command {
        let variables: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(Into::into))).collect();
        command.env_clear();
        for (name, value) in variables {
            if let Some(value) = value {
                let value: std::ffi::OsString = value;
                command.env(name, value);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("SEAWORTHY_CONFIG", self.path("seaworthy.toml")).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// The program, serving.
pub(super) struct Program {
    child: Child,
    said: Arc<Mutex<String>>,
    readers: [JoinHandle<()>; 2],
    port: u16,
}

impl Program {
    /// Everything it has printed and logged.
    pub(super) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Closes what the program prints and logs to.
    pub(super) async fn stop_listening(&mut self) {
        for reader in &mut self.readers {
            reader.abort();
            assert!(reader.await.unwrap_err().is_cancelled(), "the program closed it");
        }
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap()).unwrap()
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Whether its port takes a connection.
    pub(super) async fn connects(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).await.is_ok()
    }

    /// Waits until `holds`, and fails the test with what the program said when it never does.
    pub(super) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let waiting = async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let outcome = tokio::time::timeout(LIMIT, waiting).await;
        assert!(outcome.is_ok(), "waited in vain until {what}; the program said:\n{}", self.said());
    }

    /// Waits for its end, and answers its exit code.
    pub(super) async fn ended(&mut self) -> Option<i32> {
        let ended = tokio::time::timeout(LIMIT, self.child.wait()).await;
        let Ok(status) = ended else { panic!("it goes on, and said:\n{}", self.said()) };
        status.unwrap().code()
    }
}

fn keep(stream: impl AsyncRead + Unpin + Send + 'static, into: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let (mut lines, into) = (BufReader::new(stream).lines(), Arc::clone(into));
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            let mut text = into.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    })
}

/// The files in a folder with a name that ends so.
pub(super) fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.to_string_lossy().ends_with(end)).collect()
}
