//! Seaworthy, a self-hosted learning platform for Kubernetes courses.
//!
//! # Map
//! A part is a folder whose `mod.rs` says what it is and names its files and tables, or a single file. In every folder the
//! same kinds of file hold the same kinds of line:
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the service: its methods, which each open and commit what they change; what other parts may use |
//! | `model.rs` | types and rules without I/O |
//! | `store.rs`, `store/` | all SQL of the part's own tables, which `migrations/NNNN_<part>.sql` makes (`limits` for `web`) |
//! | `pages.rs`, `pages/` | handlers: read the request, call the service, answer with a view of `templates/<part>/` |
//! | `jobs.rs` | work for after the answer: the jobs' types, and what runs them |
//! | `mails.rs` | the data of mails, whose words are in `templates/mail/` |
//! | `settings.rs` | the part's section of the configuration |
//!
//! A part uses parts of the rows above its own, and of its own row at most those to its left
//! (`tests/it/architecture/` has the exact order, and holds it):
//!
//! | parts | what they are for |
//! |---|---|
//! | [`clock`], [`id`], [`settings`], [`text`], [`view`], [`yaml`] | time, randomness and secrets, text as people type it, templates, YAML |
//! | [`db`] | one set of SQL for SQLite and PostgreSQL: connections, transactions, migrations |
//! | [`audit`], [`jobs`] | who did what; background work that is enqueued in a transaction |
//! | [`mail`], [`web`], [`cluster`] | the edges: mail, HTTP, and the Kubernetes API |
//! | [`ownership`] | what a Service's annotations say to people: keys, findings, score, dependencies |
//! | [`core`] | the shared services that every part below is built on |
//! | [`accounts`] | people, sessions, roles |
//! | [`drafts`] | what is typed into forms and not sent yet |
//! | [`lessons`] | content, progress, questions, search |
//! | [`labs`], [`loads`] | a learner's namespace on the cluster; the requests that are sent to it |
//! | [`grading`] | what is read from it, and the verdicts |
//! | [`games`] | faults that come into a running lab, what is measured of them, runbooks and postmortems |
//! | [`checkpoints`], [`reviews`] | entries of a week, and what instructors decide about them |
//! | [`credentials`], [`prizes`] | badges; the ranking of a week and its vouchers |
//! | [`admin`], [`home`] | pages for running the site, and the start page, which join several parts |
//! | [`telemetry`], [`config`] | logs; settings from a file and the environment |
//! | [`app`], [`router`], [`server`], [`cli`] | every service built, every address listed, the listener, the commands |
//!
//! # What to touch
//! - A page: its template; a view with `samples()` and a handler in the part's `pages/`, listed in its `mod.rs`; the view in
//!   `app/views.rs`; a line in `router.rs`; an entry in `tests/browser/support/pages.mjs`.
//! - What a lesson's page shows: `lessons/pages/article.rs` and `templates/lessons/article.html`. The article is cached for all
//!   readers who have answered nothing in it, so what is a reader's own goes beside it, into `lesson.html`.
//! - A column: a new migration of the part and its line in `db/migrate.rs`; the row in the part's `store`, and every `SELECT`
//!   that reads it; `model.rs`, and the samples of views that hold its types.
//! - A job: its type and a line of `register_jobs` in the part's `jobs.rs`; a part without one also gets a line in
//!   `app/mod.rs`. The type of a job that a lower part enqueues is in that part (`accounts/jobs.rs`, `checkpoints/mod.rs`,
//!   `grading/model.rs`). `jobs/mod.rs` says which of its three kinds to take.
//! - A mail: its data in the part's `mails.rs`; a folder in `templates/mail/`; a line in `app/views.rs`.
//! - A setting: the part's `settings.rs`, and a line in `README.md`.
//!
//! # A request: a learner enters a checkpoint
//! 1. [`server`] passes the request through its middleware, which [`web`] lists from the outside in, and [`router`] through
//!    one more: [`accounts::guards`] finds out by the cookie who asks.
//! 2. [`router`] has the line `Post "/checkpoints/{module}"`, which names the handler, the role that it asks for, and what
//!    the form is.
//! 3. The handler, `enter` in `checkpoints/pages/`, takes a `Learner` and a `Form` as parameters, so that nobody else gets
//!    this far. It looks up which questions were asked ([`checkpoints::Checkpoints::open`]), gives the form back when an
//!    answer is missing, and calls [`checkpoints::Checkpoints::enter`].
//! 4. That method opens a transaction, adds or locks the week's row, and has `checkpoints/store/` write the entry. That a
//!    person has one entry to a module in a week, and no more in all than the rules say, is held by keys and checks of
//!    `migrations/`, so two tabs at once end with one entry.
//! 5. The handler answers 303 to the entry's page. A refusal is a variant of [`checkpoints::EnterError`], and the page
//!    comes back with what was typed.
//! 6. Once a reviewer accepts the entry, what prizes must do about it is a job, [`checkpoints::RankingChanged`], that is
//!    written in the same transaction as the decision.
//!
//! # A job: a lab is started and checked
//! 1. [`labs::Labs::start`] writes a session, `provisioning` when the cluster has room and else `queued`, and in the same
//!    transaction makes its job due, [`labs::jobs::Reconcile`].
//! 2. [`jobs::Worker`] claims the job under a lease and calls what `labs/jobs.rs` registered: `labs/reconcile/` plans by
//!    the session's state, applies what belongs into its namespace or reads from [`cluster`] whether that is ready, and
//!    returns when to run again, if at all. `labs/watches.rs` makes the job due sooner when something in a namespace
//!    changes. Running it twice, or after a crash, does no harm.
//! 3. The lab's page, in `grading/pages/`, shows each step, and the tasks. "Check" calls [`grading::Grading::request`],
//!    which makes [`grading::jobs::Grade`] due. That job reads the objects that the lab's tasks name, again while a check
//!    may still pass (`grading/collector.rs`), judges each check whose needs have passed (`grading/judgement.rs`), and
//!    writes verdicts with their evidence (`grading/store/`).
//! 4. When the last task of a lab has passed, [`grading::LabPassed`] is enqueued in the transaction of the verdicts, and
//!    [`credentials`] issues a badge.

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
pub mod drafts;
pub mod games;
pub mod grading;
pub mod home;
pub mod id;
pub mod jobs;
pub mod labs;
pub mod lessons;
pub mod loads;
pub mod mail;
pub mod ownership;
pub mod prizes;
pub mod reviews;
pub mod router;
pub mod server;
pub mod settings;
pub mod telemetry;
pub mod text;
pub mod view;
pub mod web;
pub mod yaml;
