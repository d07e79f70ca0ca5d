//! `lab verify` and `lab schema`.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::print_line;
use crate::accounts::{NewPerson, Person, Role};
use crate::app::{App, Environment};
use crate::config::Config;
use crate::grading::verification::{Learners, Verification, replay};
use crate::grading::{TaskSet, schema};
use crate::id::Random;
use crate::labs::{Catalogue, Lab, RECORDED_FILE};
use crate::lessons::Highlighter;
use crate::mail::Transport;

/// Prints the schema of `lab.yaml`, or that of the files of `tasks/`.
pub(super) fn print_schema(is_of_tasks: bool) -> anyhow::Result<()> {
    let schema = if is_of_tasks { schema::task_schema() } else { schema::lab_schema() };
    print_line(schema::publish(&schema).trim_end())
}

/// Verifies a lab, or every lab, on the configured cluster, with a temporary database and so many `sessions` of each.
///
/// With `records`, what the grader saw of each lab is written beside it.
pub(super) async fn verify(config: &Config, lab: Option<&str>, sessions: u8, records: bool) -> anyhow::Result<()> {
    let folder = ScratchFolder::create(&Random::system()?)?;
    let mut config = config.clone();
    config.database.url = format!("sqlite://{}", folder.0.join("verify.db").display()).into();
    // An installation of its own: the garbage collection of another one would delete its namespaces.
    config.server.secret = None;
    config.server.secret_file = folder.0.join("secret");
    let environment = Environment { mail: Transport::memory(), ..Environment::production(&config)? };
    let random = environment.random.clone();
    let app = super::build(&config, environment).await?;
    let names = match lab {
        Some(lab) => vec![lab.to_owned()],
        None => app.labs.catalogue().names(),
    };
    let stop = CancellationToken::new();
    let worker = tokio::spawn(app.worker.clone().run(stop.clone(), std::time::Duration::from_secs(5)));
    let mut solvers = Vec::new();
    for number in 1..=sessions {
        solvers.push(add_learner(&app, &random, "Course Check", number).await?);
    }
    let other = add_learner(&app, &random, "Another Learner", 1).await?;
    let learners = Learners { solvers: &solvers, other: &other };
    let mut faulty = Vec::new();
    for lab in &names {
        print_line(&format!("{lab}:"))?;
        let mut report = |line: &str| drop(print_line(line));
        match app.grading.verify(lab, learners, &mut report).await {
            Ok(found) => {
                print_line(&format!("\n{}\n", found.table()))?;
                if records {
                    record(&config, &app, lab, &found)?;
                }
                faulty.extend(found.faults.into_iter().map(|fault| format!("{lab}: {fault}")));
            }
            Err(fault) => faulty.push(format!("{lab}: it could not be verified to its end: {fault:#}")),
        }
    }
    stop.cancel();
    worker.await?;
    finish(&faulty)
}

/// Writes what was seen of a lab beside it, unless there are faults.
fn record(config: &Config, app: &App, name: &str, found: &Verification) -> anyhow::Result<()> {
    let (Some(lab), Some(tasks)) = (app.labs.catalogue().find(name), app.grading.find_tasks(name)) else {
        return Ok(());
    };
    if !found.faults.is_empty() {
        return print_line("What was seen is not recorded, since there are faults.");
    }
    let labs = find_folder(config);
    let path = labs.join(name).join(RECORDED_FILE);
    ensure_is_there(&labs.join(name).join("lab.yaml"))?;
    let text = found.record(lab, tasks)?;
    fs::create_dir_all(path.parent().unwrap_or(&labs))?;
    fs::write(&path, &text)?;
    print_line(&format!("What was seen is in {}: {} KiB.\n", path.display(), text.len().div_ceil(1024)))
}

/// The folder of labs, where what was recorded is: it is no part of the program.
fn find_folder(config: &Config) -> PathBuf {
    config.labs.folder.clone().unwrap_or_else(|| PathBuf::from("labs"))
}

fn ensure_is_there(path: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(
        path.exists(),
        "{} is not there: run this where the folder labs is, or name it as labs.folder in the configuration",
        path.display()
    );
    Ok(())
}

/// Judges what was recorded of a lab, or of every lab, by the checks as they are now, without a cluster.
pub(super) fn verify_recorded(config: &Config, lab: Option<&str>) -> anyhow::Result<()> {
    let highlighter = Highlighter::load();
    let folder = find_folder(config);
    ensure_is_there(&folder)?;
    let catalogue = Catalogue::load(Some(&folder), &highlighter)?;
    let wanted: Vec<&Lab> = catalogue.list().iter().filter(|one| lab.is_none_or(|name| one.name == name)).collect();
    anyhow::ensure!(!wanted.is_empty(), "there is no lab called {}", lab.unwrap_or_default());
    let mut faulty = Vec::new();
    for lab in wanted {
        let name = &lab.name;
        match lab.solution.as_ref().and_then(|solution| solution.recorded.as_deref()) {
            Some(recorded) => {
                let found = replay(lab, &TaskSet::compile(lab, &highlighter)?, recorded)?;
                print_line(&format!("{name}:\n{}\n", found.table()))?;
                faulty.extend(found.faults.into_iter().map(|fault| format!("{name}: {fault}")));
            }
            None => faulty.push(format!("{name}: labs/{name}/{RECORDED_FILE} is missing; record it on a cluster")),
        }
    }
    finish(&faulty)
}

fn finish(faulty: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(faulty.is_empty(), "there are faults:\n  - {}", faulty.join("\n  - "));
    print_line("What was verified can be solved, and only by solving it.")
}

async fn add_learner(app: &App, random: &Random, name: &str, number: u8) -> anyhow::Result<Person> {
    let email = format!("{}-{number}@example.org", name.to_lowercase().replace(' ', "-"));
    let new = NewPerson::parse(name, &email, &random.hex::<16>(), "")
        .map_err(|_faults| anyhow::anyhow!("the person who verifies the lab is not valid"))?;
    let person = app.accounts.create_person(&new, Role::Learner, "system").await?;
    person.ok_or_else(|| anyhow::anyhow!("the fresh database has a person already"))
}

/// A folder that nobody else may read, gone when it is dropped.
struct ScratchFolder(PathBuf);

impl ScratchFolder {
    fn create(random: &Random) -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("seaworthy-{}", random.hex::<8>()));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        let _gone_already = fs::remove_dir_all(&self.0);
    }
}
