//! `/labs/{lab}/runbook`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::guards::Learner;
use crate::games::{Games, MAX_BYTES, SaveError, Writing};
use crate::view::View;
use crate::web::{Field, Form, Redirect, Reply, WebError};

/// `games/runbook.html`
#[derive(Debug, Serialize)]
pub struct RunbookPage {
    /// The lab.
    pub lab: String,
    /// The text, and what is wrong with it.
    pub text: Field,
    /// When it was saved last, and what it lacks.
    pub writing: Writing,
}

impl View for RunbookPage {
    const TEMPLATE: &'static str = "games/runbook.html";

    fn samples() -> Vec<Self> {
        let sample = |text, saved_at, faults| Self {
            lab: "day-2-game-day".to_owned(),
            text,
            writing: Writing { text: "## Symptoms".to_owned(), saved_at, faults },
        };
        vec![
            sample(Field::new("## Symptoms"), None, vec!["\"Symptoms\" is empty.".to_owned()]),
            sample(Field::new("## Symptoms"), Some(Timestamp::UNIX_EPOCH), Vec::new()),
            sample(Field::new("x").refused("It is too long."), None, Vec::new()),
        ]
    }
}

/// Shows a person's runbook.
pub async fn runbook(
    games: Data<Games>,
    lab: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<RunbookPage>, WebError> {
    let writing = games.find_writing(&person.id, &lab).await?.ok_or(WebError::NotFound)?;
    let text = Field::new(writing.text.clone());
    Ok(Reply::Page(RunbookPage { lab: lab.into_inner(), text, writing }))
}

/// What the form of a text sends.
#[derive(Debug, Deserialize)]
pub struct TextForm {
    #[serde(default)]
    pub(super) text: String,
    /// `submit` where it is more than saved.
    #[serde(default)]
    pub(super) then: String,
}

impl TextForm {
    /// The text with the line breaks of Markdown; forms send those of HTTP.
    pub(super) fn text(&self) -> String {
        self.text.replace("\r\n", "\n")
    }
}

/// What is said of a text that is too long.
pub(super) fn too_long() -> String {
    format!(
        "This is longer than the {} KiB that are kept. Nothing of it was saved: shorten it first.",
        MAX_BYTES / 1024
    )
}

/// Saves a person's runbook.
pub async fn save_runbook(
    games: Data<Games>,
    lab: Path<String>,
    Learner(person): Learner,
    form: Form<TextForm>,
) -> Result<Reply<RunbookPage>, WebError> {
    match games.save_runbook(&person.id, &lab, &form.0.text()).await {
        Ok(()) => Ok(Reply::SeeOther(Redirect::to(format!("/labs/{lab}/runbook")).success("Your runbook is saved."))),
        Err(SaveError::TooLong) => {
            let writing = games.find_writing(&person.id, &lab).await?.ok_or(WebError::NotFound)?;
            let text = Field::new(form.0.text).refused(too_long());
            Ok(Reply::Invalid(RunbookPage { lab: lab.into_inner(), text, writing }))
        }
        Err(SaveError::Unknown | SaveError::Accepted) => Err(WebError::NotFound),
        Err(SaveError::Database(fault)) => Err(fault.into()),
    }
}
