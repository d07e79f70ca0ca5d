//! What it costs that each commit is flushed to the disk: the same writes on SQLite with `synchronous` at `FULL`, as the
//! program has it, and at `NORMAL`, alternately. An argument names the folder whose disk is measured.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should fail there")]
#![expect(clippy::print_stdout, reason = "the measurements are what it is run for")]

use std::path::Path;
use std::time::Instant;

use seaworthy::accounts::{NewPerson, PersonId, Role};
use seaworthy::app::{App, Environment};
use seaworthy::checkpoints::Answers;
use seaworthy::config::Config;
use seaworthy::mail::Transport;
use seaworthy::web::LimitRule;
use sqlx::Executor as _;

/// How many people write.
const PEOPLE: usize = 200;
/// How many of them write at the same time.
const CONCURRENCY: usize = 8;
const ROUNDS: usize = 5;
const RULE: LimitRule = LimitRule { name: "bench.try", max: i64::MAX, window_seconds: 3600 };

#[tokio::main]
async fn main() {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let parent = named.map_or_else(std::env::temp_dir, Into::into);
    println!("writes a second, {CONCURRENCY} at a time, median of {ROUNDS} rounds, in {}", parent.display());
    let mut measurements = [[Vec::new(), Vec::new(), Vec::new()], [Vec::new(), Vec::new(), Vec::new()]];
    for round in 0..=ROUNDS {
        for (level, measurements) in
            ["PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"].iter().zip(&mut measurements)
        {
            let measured = measure(&parent, level).await;
            // The first round fills the caches.
            if round > 0 {
                measurements.iter_mut().zip(measured).for_each(|(all, one)| all.push(one));
            }
        }
    }
    println!("{:28} {:>10} {:>10} {:>8}", "", "NORMAL", "FULL", "ratio");
    let [normal, full] = &mut measurements;
    for (index, name) in ["entries to a checkpoint", "lessons marked as read", "attempts counted"].iter().enumerate() {
        let (before, after) = (median(&mut normal[index]), median(&mut full[index]));
        println!("{name:28} {before:10.0} {after:10.0} {:8.2}", after / before);
    }
}

fn median(measurements: &mut [f64]) -> f64 {
    measurements.sort_by(f64::total_cmp);
    measurements[measurements.len() / 2]
}

/// Entries, pages' writes and counts a second, in a fresh database.
async fn measure(parent: &Path, level: &'static str) -> [f64; 3] {
    let folder = tempfile::tempdir_in(parent).unwrap();
    let app = build(folder.path()).await;
    let mut held = Vec::new();
    for _ in 0..CONCURRENCY {
        held.push(app.core.db.read().await.unwrap());
    }
    for conn in &mut held {
        conn.execute(level).await.unwrap();
    }
    drop(held);
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let new = NewPerson::parse("Bo", &format!("bo{number}@example.org"), "calm seas and steady winds", "").unwrap();
        people.push(app.accounts.create_person(&new, Role::Learner, "system").await.unwrap().unwrap().id);
    }
    let library = app.lessons.library();
    let module = library.modules().first().unwrap().clone();
    let lesson = module.sections[0].lessons[0].clone();
    let entries = run(&people, async |person| {
        let open = app.checkpoints.open(person, &module, None).await.unwrap();
        app.checkpoints.enter(person, &module.slug, &open.submission(Answers::new())).await.unwrap();
    });
    let entries = entries.await;
    let reads = run(&people, async |person| app.lessons.mark_read(person, &lesson).await.unwrap()).await;
    let attempts = run(&people, async |person| app.limits.take(RULE, person.as_str()).await.unwrap().unwrap()).await;
    app.core.db.close().await;
    [entries, reads, attempts]
}

async fn build(folder: &Path) -> Box<App> {
    let mut config = Config::default();
    config.database.url = format!("sqlite://{}", folder.join("bench.db").display()).into();
    config.database.max_connections = u32::try_from(CONCURRENCY).unwrap();
    config.server.secret_file = folder.join("secret.key");
    config.accounts.hash_memory_kib = 8;
    config.accounts.hash_passes = 1;
    config.cluster.kubeconfig = Some(folder.join("none"));
    config.cluster.status_file = folder.join("status.json");
    config.mail.folder = folder.join("mail");
    let environment = Environment { mail: Transport::memory(), ..Environment::production(&config).unwrap() };
    Box::new(Box::pin(App::build(&config, environment)).await.unwrap())
}

/// How many a second, when everybody does it once.
async fn run(people: &[PersonId], act: impl AsyncFn(&PersonId)) -> f64 {
    let begun = Instant::now();
    let workers = (0..CONCURRENCY).map(async |worker| {
        for person in people.iter().skip(worker).step_by(CONCURRENCY) {
            act(person).await;
        }
    });
    futures_util::future::join_all(workers).await;
    f64::from(u32::try_from(people.len()).unwrap()) / begun.elapsed().as_secs_f64()
}
