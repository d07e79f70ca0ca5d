//! Every service, built from the configuration; every view and mail, listed.

use anyhow::Context as _;

use crate::accounts::mails::{AlreadyRegisteredMail, RecoverMail, VerifyMail};
use crate::accounts::{self, AccountParts, AccountSettings, Accounts, pages as account_pages};
use crate::audit::Audit;
use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::config::Config;
use crate::db::Db;
use crate::id::Random;
use crate::jobs::{Jobs, Registry, Worker};
use crate::labs::pages as lab_pages;
use crate::labs::{self, Catalogue, LabParts, Labs};
use crate::lessons::{Lessons, Library, pages as lesson_pages};
use crate::mail::{self, Mailer, Transport};
use crate::view::{MailKind, Strictness, Templates, ViewKind};
use crate::web::problem::ProblemPage;
use crate::web::{Limits, Site};

/// Every view of the program, one line each.
pub const VIEWS: &[ViewKind] = &[
    ViewKind::of::<ProblemPage>(),
    ViewKind::of::<account_pages::SignUpPage>(),
    ViewKind::of::<account_pages::SignInPage>(),
    ViewKind::of::<account_pages::VerifyPage>(),
    ViewKind::of::<account_pages::RecoverPage>(),
    ViewKind::of::<account_pages::ResetPage>(),
    ViewKind::of::<account_pages::AccountPage>(),
    ViewKind::of::<account_pages::FirstAdminPage>(),
    ViewKind::of::<lab_pages::LabsPage>(),
    ViewKind::of::<lab_pages::LabPage>(),
    ViewKind::of::<lesson_pages::HomePage>(),
    ViewKind::of::<lesson_pages::ModulePage>(),
    ViewKind::of::<lesson_pages::LessonPage>(),
];

/// Every mail of the program, one line each.
pub const MAILS: &[MailKind] =
    &[MailKind::of::<VerifyMail>(), MailKind::of::<RecoverMail>(), MailKind::of::<AlreadyRegisteredMail>()];

/// What differs between the real program and its tests.
#[derive(Clone, Debug)]
pub struct World {
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// The way mail leaves.
    pub mail: Transport,
    /// What templates may leave undefined.
    pub strictness: Strictness,
}

impl World {
    /// The real one.
    pub fn real(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            clock: Clock::System,
            random: Random::system()?,
            mail: Transport::from_settings(&config.mail)?,
            strictness: Strictness::Production,
        })
    }
}

/// Every service of the program.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// What pages and forms need to know of the installation.
    pub site: Site,
    /// The queue of background work.
    pub jobs: Jobs,
    /// What takes work from the queue.
    pub worker: Worker,
    /// The ledger.
    pub audit: Audit,
    /// The counts of tries.
    pub limits: Limits,
    /// People.
    pub accounts: Accounts,
    /// Where labs run.
    pub cluster: Cluster,
    /// Labs and their sessions.
    pub labs: Labs,
    /// How people sign up and in.
    pub account_settings: AccountSettings,
    /// The content, and what each person has read and answered.
    pub lessons: Lessons,
}

impl App {
    /// Opens the database, brings its schema up to date, reads templates and content, and builds every service.
    pub async fn build(config: &Config, world: World) -> anyhow::Result<Self> {
        let World { clock, random, mail, strictness } = world;
        config.create_folders()?;
        let secret = config.secret(&random)?;
        let templates = Templates::load(strictness)?;
        templates.require(VIEWS, MAILS)?;
        let catalogue = Catalogue::load(config.labs.folder.as_deref())?;
        let library = Library::load(&config.content, &catalogue.names())?;
        let db = Db::open(&config.database).await.context("the database cannot be opened")?;
        db.migrate().await?;

        let jobs = Jobs::new(db.clone(), clock.clone(), random.clone());
        let audit = Audit::new(db.clone(), clock.clone());
        let limits = Limits::new(db.clone(), clock.clone());
        let mailer = Mailer::new(jobs.clone(), templates.clone());
        let parts = AccountParts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            jobs: jobs.clone(),
            mailer: mailer.clone(),
            audit: audit.clone(),
            public_url: config.server.public_url(),
        };
        let accounts = Accounts::new(parts, &config.accounts)?;

        let cluster = Cluster::new(config.cluster.clone(), clock.clone());
        let labs = Labs::new(LabParts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            jobs: jobs.clone(),
            cluster: cluster.clone(),
            accounts: accounts.clone(),
            catalogue,
            settings: config.labs.clone(),
            installation: hex::encode(&secret.derive("installation")[..8]),
        });
        let programme = library.programme().title.clone();
        let lessons = Lessons::new(db.clone(), clock.clone(), random.clone(), library);

        let mut registry = Registry::default();
        mail::register_jobs(&mut registry, mail);
        accounts::register_jobs(&mut registry, &accounts);
        labs::register_jobs(&mut registry, &labs);
        let worker = Worker::new(db.clone(), clock.clone(), random.clone(), registry);
        let site = Site::new(templates, (clock, random), &secret, &config.server, programme);
        let account_settings = config.accounts.clone();
        Ok(Self { db, site, jobs, worker, audit, limits, accounts, cluster, labs, account_settings, lessons })
    }
}

/// Reads and renders all content, checked against the labs that there are.
pub fn load_library(config: &Config) -> anyhow::Result<Library> {
    Library::load(&config.content, &Catalogue::load(config.labs.folder.as_deref())?.names())
}
