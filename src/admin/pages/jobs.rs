//! `GET /admin/jobs`: background work, whatever became of it.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use crate::accounts::guards;
use crate::admin::Admin;
use crate::jobs::{JobFilter, JobId, JobState, JobSummary, Jobs, Worker};
use crate::view::View;
use crate::web::{Confirmation, Form, NoFields, Query, Redirect, Reply, WebError};

/// How many jobs a page shows.
const PAGE_SIZE: usize = 50;
/// What stands in the address for jobs in every state.
const ALL: &str = "all";

/// `admin/jobs.html`.
#[derive(Debug, Serialize)]
pub struct JobsPage {
    /// The jobs, the newest first.
    pub jobs: Vec<JobRow>,
    /// Every kind, for the filter.
    pub kinds: Vec<String>,
    /// The state that was asked for; nothing for all that are not done.
    pub state: String,
    /// The kind that was asked for.
    pub kind: String,
    /// Whether this is not the first page.
    pub is_later: bool,
    /// Where the next page begins.
    pub next: Option<JobId>,
}

/// A job, and whether this version of the program can read it.
#[derive(Clone, Debug, Serialize)]
pub struct JobRow {
    /// The job.
    pub job: JobSummary,
    /// Whether it waits for another version.
    pub is_unknown: bool,
}

impl View for JobsPage {
    const TEMPLATE: &'static str = "admin/jobs.html";

    fn samples() -> Vec<Self> {
        let row = |state: JobState, error: Option<&str>, is_unknown| JobRow {
            job: JobSummary {
                id: JobId::from(format!("job-{state}-{is_unknown}")),
                kind: "accounts.send_recovery".to_owned(),
                payload: String::new(),
                state,
                attempts: 3,
                due_at: jiff::Timestamp::UNIX_EPOCH,
                finished_at: (state == JobState::Done).then_some(jiff::Timestamp::UNIX_EPOCH),
                last_error: error.map(str::to_owned),
            },
            is_unknown,
        };
        let jobs = vec![
            row(JobState::Failed, Some("connection refused"), false),
            row(JobState::Running, None, false),
            row(JobState::Queued, Some("later"), false),
            row(JobState::Queued, None, true),
            row(JobState::Done, None, false),
        ];
        let kinds = vec!["accounts.send_recovery".to_owned()];
        let next = Some(JobId::from("job-done".to_owned()));
        let empty = |state: &str| Self {
            jobs: Vec::new(),
            kinds: kinds.clone(),
            state: state.to_owned(),
            kind: String::new(),
            is_later: false,
            next: None,
        };
        let kind = "accounts.send_recovery".to_owned();
        vec![
            Self { jobs, kinds: kinds.clone(), state: ALL.to_owned(), kind, is_later: true, next },
            empty(""),
            empty("failed"),
        ]
    }
}

/// What to list.
#[derive(Debug, Deserialize)]
pub struct JobsQuery {
    #[serde(default)]
    state: String,
    #[serde(default)]
    kind: String,
    /// The last job of the page before.
    before: Option<String>,
}

/// Lists background work.
pub async fn jobs(
    jobs: Data<Jobs>,
    worker: Data<Worker>,
    query: Query<JobsQuery>,
    _admin: guards::Admin,
) -> Result<Reply<JobsPage>, WebError> {
    let JobsQuery { state, kind, before } = query.0;
    let filter = JobFilter {
        state: state.parse().ok(),
        except: state.is_empty().then_some(JobState::Done),
        kind: Some(kind.as_str()).filter(|kind| !kind.is_empty()),
    };
    let before = before.map(JobId::from);
    let limit = i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX);
    let mut found = jobs.list(filter, before.as_ref(), limit).await?;
    let has_more = found.len() > PAGE_SIZE;
    found.truncate(PAGE_SIZE);
    let next = found.last().filter(|_last| has_more).map(|last| last.id.clone());
    let row = |job: JobSummary| JobRow { is_unknown: worker.is_unknown(&job), job };
    let (kinds, is_later) = (jobs.list_kinds().await?, before.is_some());
    Ok(Reply::Page(JobsPage { jobs: found.into_iter().map(row).collect(), kinds, state, kind, is_later, next }))
}

/// Tries a failed job again.
pub async fn retry(
    admin: Data<Admin>,
    id: Path<String>,
    guards::Admin(person): guards::Admin,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let tried = admin.retry_job(&person.id, &JobId::from(id.into_inner())).await?;
    Ok(answer(tried, "The job is in the queue again."))
}

/// Asks whether a job is to be given up.
pub async fn confirm_discard(
    jobs: Data<Jobs>,
    worker: Data<Worker>,
    id: Path<String>,
    _admin: guards::Admin,
) -> Result<Reply<Confirmation>, WebError> {
    let job = jobs.find(&JobId::from(id.into_inner())).await?.ok_or(WebError::NotFound)?;
    if !worker.may_discard(&job) {
        return Ok(Reply::SeeOther(answer(false, "")));
    }
    Ok(Reply::Page(Confirmation {
        title: "Give this job up?".to_owned(),
        lost: vec![format!(
            "What {} was to do, such as a mail that somebody waits for: it is never done. It was tried {} times.",
            job.kind, job.attempts
        )],
        kept: vec!["The job in this list as given up, and who did that in the audit log.".to_owned()],
        action: format!("/admin/jobs/{}/discard", job.id),
        confirm: "Give it up".to_owned(),
        cancel: "Keep it".to_owned(),
        back: "/admin/jobs".to_owned(),
        ..Confirmation::default()
    }))
}

/// Gives up a job that failed, or that waits for another version.
pub async fn discard(
    admin: Data<Admin>,
    worker: Data<Worker>,
    id: Path<String>,
    guards::Admin(person): guards::Admin,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let discarded = admin.discard_job(&person.id, &JobId::from(id.into_inner()), &worker).await?;
    Ok(answer(discarded, "The job is given up."))
}

fn answer(is_done: bool, message: &str) -> Redirect {
    let back = Redirect::to("/admin/jobs");
    if is_done {
        back.success(message)
    } else {
        back.error("This job has not failed, or is no more. Nothing was changed.")
    }
}
