//! Seaworthy, a self-hosted learning platform for Kubernetes courses.
//!
//! # Map
//! A folder is a part, and its `mod.rs` says what the part is. In every part the same kinds of file hold the same kinds
//! of line:
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the service: one method a verb, one transaction a verb; what other parts may use |
//! | `model.rs` | types and rules without I/O |
//! | `store.rs`, `store/` | all SQL of the part's own tables |
//! | `pages.rs`, `pages/` | handlers: read the request, call one verb, answer with a view |
//! | `jobs.rs`, `mails.rs` | what happens after the answer has gone |
//! | `settings.rs` | the part's section of the configuration |
//!
//! A part uses those above it in this list and none below (`tests/it/architecture/` holds that):
//!
//! | parts | what they are for |
//! |---|---|
//! | [`clock`], [`id`], [`settings`], [`text`], [`view`] | time, randomness and secrets, text as people type it, templates |
//! | [`db`] | one set of SQL for SQLite and PostgreSQL: connections, transactions, migrations |
//! | [`jobs`], [`audit`] | background work that is enqueued in a transaction; who did what |
//! | [`web`], [`mail`], [`cluster`] | the edges: HTTP, mail, and the Kubernetes API |
//! | [`core`] | the shared services that every part below is built on |
//! | [`accounts`] | people, sessions, roles |
//! | [`lessons`] | content, progress, questions, search |
//! | [`labs`], [`grading`] | a learner's namespace on the cluster; what is read from it, and the verdicts |
//! | [`checkpoints`], [`reviews`] | entries of a week, and what instructors decide about them |
//! | [`credentials`], [`prizes`] | badges; the ranking of a week and its vouchers |
//! | [`admin`], [`home`] | pages that join several parts |
//! | [`config`], [`telemetry`] | settings from a file and the environment; logs |
//! | [`app`], [`router`], [`server`], [`cli`] | every service built, every address listed, the listener, the commands |
//!
//! # A request: a learner enters a checkpoint
//! 1. [`server`] passes the request through its middleware: [`web`] lists them from the outside in.
//! 2. [`router`] has the line `Post "/checkpoints/{module}"`, which names the handler, the least role, and what the form
//!    is. [`accounts::guards`] has found out by the cookie who asks.
//! 3. The handler, `enter` in `checkpoints/pages/`, takes a `Learner` and a `Form` as parameters, so that nobody else gets
//!    this far, and calls [`checkpoints::Checkpoints::enter`].
//! 4. That verb opens a transaction, locks the week's row, and has `checkpoints/store/` write the entry. One entry a week
//!    and the limit of the programme are unique keys of `migrations/`, so two tabs at once end with one entry. What the
//!    prizes must know is a job, [`checkpoints::RankingChanged`], enqueued in the same transaction.
//! 5. The handler answers 303 to the entry's page; a refusal is a variant of [`checkpoints::EnterError`], and the page
//!    comes back with what was typed.
//!
//! # A job: a lab is started and checked
//! 1. [`labs::Labs::start`] writes a session in the state `queued` and wakes its job, [`labs::jobs::Reconcile`], in the same
//!    transaction. The page of the lab shows each step.
//! 2. [`jobs::Worker`] claims the job under a lease and calls what `labs/jobs.rs` registered: `labs/reconcile/` compares
//!    the session with what [`cluster`] finds, does what is missing, and returns when to run again. `labs/watches.rs`
//!    wakes it sooner when something in the namespace changes. Running it twice, or after a crash, does no harm.
//! 3. "Check" calls [`grading::Grading::request`], which enqueues [`grading::jobs::Grade`]. That job reads the objects that the
//!    lab's tasks name (`grading/collector.rs`), evaluates each check (`grading/judgement.rs`), and writes verdicts with
//!    their evidence (`grading/store/`).
//! 4. When every task has passed, [`grading::LabPassed`] tells [`credentials`] in the same way.

pub mod accounts;
pub mod admin;
pub mod app;
pub mod audit;
pub mod checkpoints;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod core;
pub mod credentials;
pub mod db;
pub mod grading;
pub mod home;
pub mod id;
pub mod jobs;
pub mod labs;
pub mod lessons;
pub mod mail;
pub mod prizes;
pub mod reviews;
pub mod router;
pub mod server;
pub mod settings;
pub mod telemetry;
pub mod text;
pub mod view;
pub mod web;
