//! `/games/join`

use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use crate::accounts::guards::Learner;
use crate::games::{Games, JoinError};
use crate::view::View;
use crate::web::{Field, Form, LimitRule, Limits, Redirect, Reply, WebError};

/// How often a person may try a code.
const TRIES: LimitRule = LimitRule { name: "games.join", max: 20, window_seconds: 3_600 };

/// `games/join.html`
#[derive(Debug, Serialize)]
pub struct JoinPage {
    /// The code as it was typed.
    pub code: Field,
}

impl View for JoinPage {
    const TEMPLATE: &'static str = "games/join.html";

    fn samples() -> Vec<Self> {
        vec![Self { code: Field::default() }, Self { code: Field::new("x").refused("No game waits for this code.") }]
    }
}

/// Asks for the code of a game.
pub async fn join_form(_person: Learner) -> Reply<JoinPage> {
    Reply::Page(JoinPage { code: Field::default() })
}

/// What the form of a code sends.
#[derive(Debug, Deserialize)]
pub struct JoinForm {
    #[serde(default)]
    code: String,
}

/// Makes the reader the planner of a game.
pub async fn join(
    games: Data<Games>,
    limits: Data<Limits>,
    Learner(person): Learner,
    form: Form<JoinForm>,
) -> Result<Reply<JoinPage>, WebError> {
    limits.take(TRIES, person.id.as_str()).await??;
    let told = match games.join(&person.id, &form.0.code).await {
        Ok(game) => return Ok(Reply::SeeOther(Redirect::to(format!("/games/{game}")))),
        Err(JoinError::Own) => "This is your own game. Pass the code on to somebody else.",
        Err(JoinError::Unknown) => "No game waits for this code. Compare it letter by letter, or ask for another.",
        Err(JoinError::Database(fault)) => return Err(fault.into()),
    };
    Ok(Reply::Invalid(JoinPage { code: Field::new(form.0.code).refused(told) }))
}
