//! `GET /admin/jobs`: background work that waits, runs or failed.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use crate::accounts::guards;
use crate::admin::Admin;
use crate::jobs::{JobId, JobState, JobSummary, Jobs};
use crate::view::View;
use crate::web::{Form, Redirect, Reply, WebError};

/// How many jobs the page shows.
const MOST: i64 = 200;

/// `admin/jobs.html`.
#[derive(Debug, Serialize)]
pub struct JobsPage {
    /// The jobs, those that failed first.
    pub jobs: Vec<JobSummary>,
    /// How many there are at the most.
    pub most: i64,
}

impl View for JobsPage {
    const TEMPLATE: &'static str = "admin/jobs.html";

    fn samples() -> Vec<Self> {
        let job = |state: JobState, error: Option<&str>| JobSummary {
            id: JobId::from(format!("job-{state}")),
            kind: "mail.send".to_owned(),
            state,
            attempts: 3,
            due_at: jiff::Timestamp::UNIX_EPOCH,
            finished_at: None,
            last_error: error.map(str::to_owned),
        };
        let jobs = vec![
            job(JobState::Failed, Some("connection refused")),
            job(JobState::Running, None),
            job(JobState::Queued, Some("later")),
        ];
        vec![Self { jobs, most: MOST }, Self { jobs: Vec::new(), most: MOST }]
    }
}

/// Lists background work.
pub async fn jobs(jobs: Data<Jobs>, _admin: guards::Admin) -> Result<Reply<JobsPage>, WebError> {
    let mut jobs = jobs.list_unfinished(MOST).await?;
    jobs.sort_by_key(|job| job.state != JobState::Failed);
    Ok(Reply::Page(JobsPage { jobs, most: MOST }))
}

/// A form that holds nothing but its token.
#[derive(Debug, Deserialize)]
pub struct Empty {}

/// Tries a failed job again.
pub async fn retry(
    admin: Data<Admin>,
    id: Path<String>,
    guards::Admin(person): guards::Admin,
    _form: Form<Empty>,
) -> Result<Redirect, WebError> {
    let tried = admin.retry_job(&person.id, &JobId::from(id.into_inner())).await?;
    Ok(answer(tried, "The job is in the queue again."))
}

/// Gives a failed job up.
pub async fn discard(
    admin: Data<Admin>,
    id: Path<String>,
    guards::Admin(person): guards::Admin,
    _form: Form<Empty>,
) -> Result<Redirect, WebError> {
    let discarded = admin.discard_job(&person.id, &JobId::from(id.into_inner())).await?;
    Ok(answer(discarded, "The job is given up."))
}

fn answer(is_done: bool, words: &str) -> Redirect {
    let back = Redirect::to("/admin/jobs");
    if is_done {
        back.success(words)
    } else {
        back.error("This job has not failed, or is no more. Nothing was changed.")
    }
}
