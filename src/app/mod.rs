//! Every service, built from the configuration; every view and mail, listed.

mod content;
mod views;

use std::future::Future;

use crate::accounts::{self, AccountSettings, Accounts};
use crate::admin::Admin;
use crate::audit::Audit;
use crate::checkpoints::Checkpoints;
use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::config::Config;
use crate::core::Core;
use crate::credentials::{self, Credentials};
use crate::db::Db;
use crate::drafts::{self, Drafts};
use crate::games::{self, Games};
use crate::grading::{self, Grading};
use crate::home::Home;
use crate::id::Random;
use crate::jobs::{self, Jobs, Registry, Worker};
use crate::labs::{self, Labs};
use crate::lessons::{ContentSettings, ContentStore, ContentWatcher, Lessons};
use crate::loads::{self, Loads};
use crate::mail::{Mailer, Transport};
use crate::prizes::{self, Prizes};
use crate::reviews::{self, Reviews};
use crate::settings::SecretText;
use crate::view::{Strictness, Templates};
use crate::web::health::Draining;
use crate::web::{Limits, Metrics, Site};
use anyhow::Context as _;

pub use content::{Content, check_content};
pub use views::{MAILS, VIEWS};

/// What differs between the real program and its tests.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// The way mail leaves.
    pub mail: Transport,
    /// What templates may leave undefined.
    pub strictness: Strictness,
}

impl Environment {
    /// That of a server.
    pub fn production(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            clock: Clock::System,
            random: Random::system()?,
            mail: Transport::from_settings(&config.mail, &config.server.public_url())?,
            strictness: Strictness::Production,
        })
    }
}

/// Every service of the program.
#[derive(Clone)]
pub struct App {
    /// What the services are made of.
    pub core: Core,
    /// What pages and forms need to know of the installation.
    pub site: Site,
    /// What takes work from the queue.
    pub worker: Worker,
    /// The counts of attempts.
    pub limits: Limits,
    /// People.
    pub accounts: Accounts,
    /// What is typed into forms and not sent yet.
    pub drafts: Drafts,
    /// Where labs run.
    pub cluster: Cluster,
    /// Labs and their sessions.
    pub labs: Labs,
    /// What is sent to sessions.
    pub loads: Loads,
    /// What learners' work came to.
    pub grading: Grading,
    /// Games in running labs.
    pub games: Games,
    /// How people sign up and in.
    pub account_settings: AccountSettings,
    /// The content, and what each person has read and answered.
    pub lessons: Lessons,
    /// Entries.
    pub checkpoints: Checkpoints,
    /// The review of entries.
    pub reviews: Reviews,
    /// Credentials.
    pub credentials: Credentials,
    /// Prizes.
    pub prizes: Prizes,
    /// The start page.
    pub home: Home,
    /// The admin's view of it all.
    pub admin: Admin,
    /// Counts and durations of requests.
    pub metrics: Metrics,
    /// Whether this process is about to stop.
    pub draining: Draining,
}

impl App {
    /// Opens the database, brings its schema up to date, reads templates and content, and builds every service.
    pub async fn build(config: &Config, environment: Environment) -> anyhow::Result<Self> {
        // Rendering needs the processor and opening a database mostly waits, so a start does both at once.
        let (content, labs_folder) = (config.content.clone(), config.labs.folder.clone());
        let reading = tokio::task::spawn_blocking(move || Content::load(&content, labs_folder.as_deref()));
        Self::build_on(config, environment, async { reading.await? }).await
    }

    /// As [`App::build`], on content that was read before.
    pub async fn build_with(config: &Config, environment: Environment, content: Content) -> anyhow::Result<Self> {
        Self::build_on(config, environment, async { Ok(content) }).await
    }

    async fn build_on(
        config: &Config,
        environment: Environment,
        reading: impl Future<Output = anyhow::Result<Content>>,
    ) -> anyhow::Result<Self> {
        config.create_folders()?;
        let templates = Templates::load(environment.strictness)?;
        templates.require(VIEWS, MAILS)?;
        let opened = open_database(config).await;
        // What is wrong with the content is told also where there is no database.
        let content = reading.await?;
        let (title, transport) = (content.library.programme().title.clone(), environment.mail.clone());
        let mailer = Mailer::new(templates.clone(), transport, title);
        let core = assemble(config, environment, opened?, mailer)?;
        Self::from_core(core, config, templates, content)
    }

    /// Builds every service on `core`, the lower ones first.
    fn from_core(core: Core, config: &Config, templates: Templates, content: Content) -> anyhow::Result<Self> {
        let Content { catalogue, tasks, library } = content;
        let programme = library.programme();
        let (title, zone) = (programme.title.clone(), programme.rules.zone.clone());
        let names = (title, zone.iana_name().unwrap_or("UTC").to_owned());
        let reached = (&config.server, config.cluster.lab_domain.as_str());
        let site = Site::new(templates, (core.clock.clone(), core.random.clone()), &core.secret, reached, names);
        let accounts = Accounts::new(&core, &config.accounts, zone.clone())?;
        let drafts = Drafts::new(&core);
        let cluster = Cluster::new(config.cluster.clone(), core.clock.clone());
        let labs = Labs::new(&core, (&accounts, &cluster), catalogue, &config.labs);
        let loads = Loads::new(&core, &labs, &cluster);
        let content = ContentStore::new(library);
        let grading = Grading::new(&core, (&accounts, &labs, &cluster), &loads, (tasks, &content));
        let played = (&config.games, zone);
        let games = Games::new(&core, (&accounts, &labs, &cluster), (&loads, &grading), played)?;
        let lessons = Lessons::new(&core, &content, &config.content);
        let checkpoints = Checkpoints::new(&core, &content);
        let reviews = Reviews::new(&core, (&accounts, &checkpoints, &grading), &content);
        let credentials = Credentials::new(&core, (&accounts, &labs, &grading), &checkpoints, &content)?;
        let prizes = Prizes::new(&core, &accounts, &checkpoints)?;

        let mut registry = Registry::default();
        jobs::register_jobs(&mut registry, &core.jobs);
        accounts::register_jobs(&mut registry, &accounts);
        drafts::jobs::register_jobs(&mut registry, &drafts);
        labs::jobs::register_jobs(&mut registry, &labs);
        loads::jobs::register_jobs(&mut registry, &loads);
        grading::jobs::register_jobs(&mut registry, &grading);
        games::jobs::register_jobs(&mut registry, &games);
        reviews::register_jobs(&mut registry, &reviews);
        credentials::register_jobs(&mut registry, &credentials);
        prizes::register_jobs(&mut registry, &prizes);
        Ok(Self {
            worker: Worker::new(core.jobs.clone(), registry, &config.jobs)?,
            limits: Limits::new(core.db.clone(), core.clock.clone()),
            home: Home::new(&core, (&lessons, &labs), (&grading, &checkpoints), &credentials),
            admin: Admin::new(&core, (&accounts, &labs), &checkpoints, &prizes),
            account_settings: config.accounts.clone(),
            metrics: Metrics::new(config.server.metrics_token.as_ref().map(SecretText::expose)),
            draining: Draining::default(),
            core,
            site,
            accounts,
            drafts,
            cluster,
            labs,
            loads,
            grading,
            games,
            lessons,
            checkpoints,
            reviews,
            credentials,
            prizes,
        })
    }

    /// Watches the content, where the configuration asks for it, for as long as the answer is kept.
    pub fn watch(&self, settings: &ContentSettings) -> anyhow::Result<Option<ContentWatcher>> {
        let start = || ContentWatcher::start(self.lessons.content(), settings, self.labs.catalogue().names());
        settings.watch.then(start).transpose()
    }
}

/// What every service is made of.
fn assemble(config: &Config, environment: Environment, db: Db, mailer: Mailer) -> anyhow::Result<Core> {
    let Environment { clock, random, .. } = environment;
    Ok(Core {
        jobs: Jobs::new(db.clone(), clock.clone(), random.clone()),
        audit: Audit::new(db.clone()),
        mailer,
        public_url: config.server.public_url(),
        secret: config.secret(&random)?,
        db,
        clock,
        random,
    })
}

/// Opens the database and brings its schema up to date.
pub async fn open_database(config: &Config) -> anyhow::Result<Db> {
    config.create_folders()?;
    let opened = Db::open(&config.database).await;
    let db = opened.with_context(|| format!("the database {} cannot be opened", config.database.place()))?;
    db.migrate().await?;
    Ok(db)
}
