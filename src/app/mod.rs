//! Every service, built from the configuration; every view and mail, listed.

mod views;

use std::path::Path;

use anyhow::Context as _;
use jiff::tz::TimeZone;

use crate::accounts::{self, AccountParts, AccountSettings, Accounts};
use crate::admin::{Admin, AdminParts};
use crate::audit::Audit;
use crate::checkpoints::Checkpoints;
use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::config::Config;
use crate::credentials::{self, CredentialParts, Credentials};
use crate::db::Db;
use crate::grading::{self, Grading, GradingParts};
use crate::home::Home;
use crate::id::{Random, Secret};
use crate::jobs::{self, Jobs, Registry, Worker};
use crate::labs::{self, Catalogue, LabParts, Labs};
use crate::lessons::{ContentSettings, Highlighter, Lessons, Library, Report, Shelf, Watch};
use crate::mail::{Mailer, Transport};
use crate::prizes::{self, PrizeParts, Prizes};
use crate::reviews::{self, ReviewParts, Reviews};
use crate::settings::SecretText;
use crate::view::{Strictness, Templates};
use crate::web::health::Draining;
use crate::web::{Limits, Metrics, Site};

pub use views::{MAILS, VIEWS};

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
            mail: Transport::from_settings(&config.mail, &config.server.public_url())?,
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
    /// What learners' work came to.
    pub grading: Grading,
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
    /// Where learners stand.
    pub home: Home,
    /// The admin's view of it all.
    pub admin: Admin,
    /// Figures about requests.
    pub metrics: Metrics,
    /// Whether this process is about to stop.
    pub draining: Draining,
}

/// What every service is made of.
struct Base {
    db: Db,
    clock: Clock,
    random: Random,
    jobs: Jobs,
    mailer: Mailer,
    audit: Audit,
    public_url: String,
    secret: Secret,
}

impl Base {
    async fn open(
        config: &Config,
        (clock, random): (Clock, Random),
        (templates, mail): (&Templates, Transport),
    ) -> anyhow::Result<Self> {
        let secret = config.secret(&random)?;
        let db = open_database(config).await?;
        let jobs = Jobs::new(db.clone(), clock.clone(), random.clone());
        let audit = Audit::new(db.clone(), clock.clone());
        let mailer = Mailer::new(templates.clone(), mail);
        Ok(Self { db, clock, random, jobs, mailer, audit, public_url: config.server.public_url(), secret })
    }

    fn accounts(&self, config: &Config, zone: TimeZone) -> anyhow::Result<Accounts> {
        let parts = AccountParts {
            db: self.db.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            jobs: self.jobs.clone(),
            mailer: self.mailer.clone(),
            audit: self.audit.clone(),
            public_url: self.public_url.clone(),
            secret: self.secret.clone(),
            zone,
        };
        Accounts::new(parts, &config.accounts)
    }

    fn labs(&self, config: &Config, accounts: &Accounts, cluster: &Cluster, catalogue: Catalogue) -> Labs {
        Labs::new(LabParts {
            db: self.db.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            jobs: self.jobs.clone(),
            cluster: cluster.clone(),
            accounts: accounts.clone(),
            catalogue,
            settings: config.labs.clone(),
            installation: hex::encode(&self.secret.derive("installation")[..8]),
        })
    }

    fn grading(
        &self,
        accounts: &Accounts,
        labs: &Labs,
        cluster: &Cluster,
        highlighter: &Highlighter,
    ) -> anyhow::Result<Grading> {
        let parts = GradingParts {
            db: self.db.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            jobs: self.jobs.clone(),
            accounts: accounts.clone(),
            labs: labs.clone(),
            cluster: cluster.clone(),
        };
        Grading::new(parts, highlighter)
    }

    fn reviews(&self, accounts: &Accounts, checkpoints: &Checkpoints, grading: &Grading, content: &Shelf) -> Reviews {
        Reviews::new(ReviewParts {
            db: self.db.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            accounts: accounts.clone(),
            checkpoints: checkpoints.clone(),
            grading: grading.clone(),
            shelf: content.clone(),
            jobs: self.jobs.clone(),
            mailer: self.mailer.clone(),
            audit: self.audit.clone(),
            public_url: self.public_url.clone(),
        })
    }

    fn credentials(
        &self,
        (accounts, content): (&Accounts, &Shelf),
        (labs, grading): (&Labs, &Grading),
        checkpoints: &Checkpoints,
    ) -> anyhow::Result<Credentials> {
        let parts = CredentialParts {
            db: self.db.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            accounts: accounts.clone(),
            labs: labs.clone(),
            grading: grading.clone(),
            checkpoints: checkpoints.clone(),
            shelf: content.clone(),
            jobs: self.jobs.clone(),
            mailer: self.mailer.clone(),
            audit: self.audit.clone(),
            public_url: self.public_url.clone(),
        };
        Credentials::new(parts, &self.secret)
    }

    fn prizes(&self, accounts: &Accounts, checkpoints: &Checkpoints) -> anyhow::Result<Prizes> {
        let parts = PrizeParts {
            db: self.db.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            jobs: self.jobs.clone(),
            accounts: accounts.clone(),
            checkpoints: checkpoints.clone(),
            mailer: self.mailer.clone(),
            audit: self.audit.clone(),
            public_url: self.public_url.clone(),
        };
        Prizes::new(parts, &self.secret)
    }

    fn admin(&self, (accounts, labs): (&Accounts, &Labs), checkpoints: &Checkpoints, prizes: &Prizes) -> Admin {
        Admin::new(AdminParts {
            db: self.db.clone(),
            accounts: accounts.clone(),
            audit: self.audit.clone(),
            jobs: self.jobs.clone(),
            labs: labs.clone(),
            checkpoints: checkpoints.clone(),
            prizes: prizes.clone(),
        })
    }
}

/// The programme's title, and the name of its zone.
fn name_programme(library: &Library) -> (String, String) {
    let programme = library.programme();
    (programme.title.clone(), programme.rules.zone.iana_name().unwrap_or("UTC").to_owned())
}

impl App {
    /// Opens the database, brings its schema up to date, reads templates and content, and builds every service.
    pub async fn build(config: &Config, world: World) -> anyhow::Result<Self> {
        let World { clock, random, mail, strictness } = world;
        config.create_folders()?;
        let templates = Templates::load(strictness)?;
        templates.require(VIEWS, MAILS)?;
        // Rendering needs the processor and opening a database mostly waits, so a start does both at once.
        let (content, labs_folder) = (config.content.clone(), config.labs.folder.clone());
        let reading = tokio::task::spawn_blocking(move || Content::load(&content, labs_folder.as_deref()));
        let base = Base::open(config, (clock.clone(), random.clone()), (&templates, mail)).await;
        // What is wrong with the content is told also where there is no database.
        let Content { highlighter, catalogue, library } = reading.await??;
        let base = base?;

        let limits = Limits::new(base.db.clone(), clock.clone());
        let accounts = base.accounts(config, library.programme().rules.zone.clone())?;
        let cluster = Cluster::new(config.cluster.clone(), clock.clone());
        let labs = base.labs(config, &accounts, &cluster, catalogue);
        let grading = base.grading(&accounts, &labs, &cluster, &highlighter)?;
        let shelf = Shelf::new(library);
        let lessons = Lessons::new(base.db.clone(), clock.clone(), random.clone(), (shelf.clone(), &config.content));
        let (db, jobs) = (base.db.clone(), base.jobs.clone());
        let checkpoints = Checkpoints::new(db, (clock.clone(), random.clone()), jobs, shelf.clone(), &base.secret);
        let reviews = base.reviews(&accounts, &checkpoints, &grading, &shelf);
        let credentials = base.credentials((&accounts, &shelf), (&labs, &grading), &checkpoints)?;
        let prizes = base.prizes(&accounts, &checkpoints)?;
        let home = Home::new((&lessons, &labs), (&grading, &checkpoints), &credentials);
        let admin = base.admin((&accounts, &labs), &checkpoints, &prizes);

        let mut registry = Registry::default();
        jobs::register_jobs(&mut registry, &base.jobs);
        accounts::register_jobs(&mut registry, &accounts);
        labs::register_jobs(&mut registry, &labs);
        grading::register_jobs(&mut registry, &grading);
        reviews::register_jobs(&mut registry, &reviews);
        credentials::register_jobs(&mut registry, &credentials);
        prizes::register_jobs(&mut registry, &prizes);
        let worker = Worker::new(base.jobs.clone(), registry, &config.jobs)?;
        let programme = name_programme(&shelf.library());
        let site = Site::new(templates, (clock, random), &base.secret, &config.server, programme);
        let (db, jobs, audit, account_settings) = (base.db, base.jobs, base.audit, config.accounts.clone());
        Ok(Self {
            db,
            site,
            jobs,
            worker,
            audit,
            limits,
            accounts,
            cluster,
            labs,
            grading,
            account_settings,
            lessons,
            checkpoints,
            reviews,
            credentials,
            prizes,
            home,
            admin,
            metrics: Metrics::new(config.server.metrics_token.as_ref().map(SecretText::expose)),
            draining: Draining::default(),
        })
    }
}

impl App {
    /// Watches the content, where the configuration asks for it, for as long as the answer is kept.
    pub fn watch(&self, settings: &ContentSettings) -> anyhow::Result<Option<Watch>> {
        let start = || Watch::start(self.lessons.shelf(), settings, self.labs.catalogue().names());
        settings.watch.then(start).transpose()
    }
}

/// Opens the database and brings its schema up to date.
pub async fn open_database(config: &Config) -> anyhow::Result<Db> {
    config.create_folders()?;
    let opened = Db::open(&config.database).await;
    let db = opened.with_context(|| format!("the database {} cannot be opened", config.database.place()))?;
    db.migrate().await?;
    Ok(db)
}

/// All that is read from files once: lessons, and the labs that they may name.
struct Content {
    highlighter: Highlighter,
    catalogue: Catalogue,
    library: Library,
}

impl Content {
    fn load(settings: &ContentSettings, labs_folder: Option<&Path>) -> anyhow::Result<Self> {
        let highlighter = Highlighter::load();
        let catalogue = Catalogue::load(labs_folder, &highlighter)?;
        let library = Library::load(settings, &catalogue.names(), &highlighter)?;
        Ok(Self { highlighter, catalogue, library })
    }
}

/// Checks content against the labs that there are.
pub fn check_content(settings: &ContentSettings, labs_folder: Option<&Path>) -> anyhow::Result<Report> {
    let highlighter = Highlighter::load();
    let catalogue = Catalogue::load(labs_folder, &highlighter)?;
    Report::make(settings, &catalogue.names(), &highlighter)
}
