//! `/games/{id}/postmortem`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use super::runbook::{TextForm, too_long};
use crate::accounts::Person;
use crate::accounts::guards::Learner;
use crate::games::{
    FiguresView, GameId, GameState, Games, Part, Postmortem, PostmortemState, SaveError, SubmitError, Writing,
};
use crate::view::View;
use crate::web::{Field, Form, Redirect, Reply, WebError};

/// `games/postmortem.html`
#[derive(Debug, Serialize)]
pub struct PostmortemPage {
    /// The game.
    pub game: GameId,
    /// Whether the reader writes it.
    pub is_own: bool,
    /// The text, and what is wrong with it.
    pub text: Field,
    /// When it was saved last, and what it lacks.
    pub writing: Writing,
    /// Whether the reader has just tried to submit what lacks something.
    pub was_refused: bool,
    /// How far it is.
    pub state: PostmortemState,
    /// When it was submitted last.
    pub submitted_at: Option<Timestamp>,
    /// What the reviewer wrote.
    pub comment: Option<String>,
    /// What was measured.
    pub figures: Option<FiguresView>,
}

impl PostmortemPage {
    /// The page of a game that is over.
    async fn find(games: &Games, person: &Person, id: &GameId) -> Result<Self, WebError> {
        let (game, part) = games.find_game(person, id).await?.ok_or(WebError::NotFound)?;
        if game.state != GameState::Over {
            return Err(WebError::NotFound);
        }
        let writing = games.find_postmortem_writing(&game).await?;
        let stored: Option<Postmortem> = games.find_postmortem(id).await?;
        let is_own = part == Part::OnCall;
        // Others read what was submitted, and no draft.
        let submitted = stored.as_ref().and_then(|one| one.submitted.clone());
        let text = if is_own { writing.text.clone() } else { submitted.ok_or(WebError::NotFound)? };
        Ok(Self {
            game: id.clone(),
            is_own,
            text: Field::new(text),
            writing,
            was_refused: false,
            state: stored.as_ref().map_or(PostmortemState::Draft, |one| one.state),
            submitted_at: stored.as_ref().and_then(|one| one.submitted_at),
            comment: stored.and_then(|one| one.comment).filter(|comment| !comment.is_empty()),
            figures: games.find_figures(&game).await?,
        })
    }
}

impl View for PostmortemPage {
    const TEMPLATE: &'static str = "games/postmortem.html";

    fn samples() -> Vec<Self> {
        let sample = |state: PostmortemState, is_own| Self {
            game: GameId::from("0198f3c0-0000-7000-8000-000000000001".to_owned()),
            is_own,
            text: Field::new("## Summary"),
            writing: Writing {
                text: "## Summary".to_owned(),
                saved_at: Some(Timestamp::UNIX_EPOCH),
                faults: if state == PostmortemState::Draft {
                    vec!["\"Causes\" is empty.".to_owned()]
                } else {
                    Vec::new()
                },
            },
            was_refused: state == PostmortemState::Draft,
            state,
            submitted_at: (state != PostmortemState::Draft).then_some(Timestamp::UNIX_EPOCH),
            comment: (state == PostmortemState::Returned).then(|| "Who does <that>?".to_owned()),
            figures: None,
        };
        let own = PostmortemState::ALL.iter().map(|state| sample(*state, true));
        own.chain([sample(PostmortemState::Submitted, false)]).collect()
    }
}

/// Shows the postmortem of a game.
pub async fn postmortem(
    games: Data<Games>,
    id: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<PostmortemPage>, WebError> {
    let id = GameId::from(id.into_inner());
    Ok(Reply::Page(PostmortemPage::find(&games, &person, &id).await?))
}

/// Saves a postmortem, and submits it where its writer says so.
pub async fn save_postmortem(
    games: Data<Games>,
    id: Path<String>,
    Learner(person): Learner,
    form: Form<TextForm>,
) -> Result<Reply<PostmortemPage>, WebError> {
    let id = GameId::from(id.into_inner());
    let text = form.0.text();
    let here = Redirect::to(format!("/games/{id}/postmortem"));
    let saved = if form.0.then == "submit" {
        games.submit_postmortem(&person.id, &id, &text).await
    } else {
        games.save_postmortem(&person.id, &id, &text).await.map(|_game| ()).map_err(SubmitError::from)
    };
    match saved {
        Ok(()) if form.0.then == "submit" => {
            Ok(Reply::SeeOther(here.success("Submitted. An instructor reads it, and you get a mail.")))
        }
        Ok(()) => Ok(Reply::SeeOther(here.success("Your postmortem is saved."))),
        Err(SubmitError::Incomplete) => {
            let mut page = PostmortemPage::find(&games, &person, &id).await?;
            page.was_refused = true;
            Ok(Reply::Invalid(page))
        }
        Err(SubmitError::Save(SaveError::TooLong)) => {
            let mut page = PostmortemPage::find(&games, &person, &id).await?;
            page.text = Field::new(form.0.text).refused(too_long());
            Ok(Reply::Invalid(page))
        }
        Err(SubmitError::Save(SaveError::Accepted)) => {
            Ok(Reply::SeeOther(here.error("This postmortem is accepted, and stays as it is.")))
        }
        Err(SubmitError::Save(SaveError::Unknown)) => Err(WebError::NotFound),
        Err(SubmitError::Save(SaveError::Database(fault))) => Err(fault.into()),
    }
}
