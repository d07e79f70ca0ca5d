//! `/labs/{lab}/games`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::Email;
use crate::accounts::guards::Learner;
use crate::games::view::GameRow;
use crate::games::{GameId, GameState, Games, LabGamesView, Part, PostmortemState, StartError, Writing};
use crate::view::View;
use crate::web::{Field, Form, NoFields, Redirect, Reply, WebError};

/// `games/lab.html`
#[derive(Debug, Serialize)]
pub struct LabGamesPage {
    /// The games and the runbook.
    pub games: LabGamesView,
    /// The address of a second person, as it was typed.
    pub email: Field,
}

impl View for LabGamesPage {
    const TEMPLATE: &'static str = "games/lab.html";

    fn samples() -> Vec<Self> {
        let row = |state, part| GameRow {
            id: GameId::from("0198f3c0-0000-7000-8000-000000000001".to_owned()),
            part,
            state,
            created_at: Timestamp::UNIX_EPOCH,
            fault: (state == GameState::Over).then(|| "Scaled to zero".to_owned()),
            postmortem: (state == GameState::Over).then_some(PostmortemState::Returned),
        };
        let sample = |is_running, has_live, games: Vec<GameRow>, email| Self {
            games: LabGamesView {
                lab: "day-2-game-day".to_owned(),
                title: "A game day".to_owned(),
                is_running,
                runbook: Writing {
                    text: "## Symptoms".to_owned(),
                    saved_at: is_running.then_some(Timestamp::UNIX_EPOCH),
                    faults: if has_live { Vec::new() } else { vec!["\"Symptoms\" is empty.".to_owned()] },
                },
                games,
                has_live,
                window: (2, 10),
                faults: 8,
            },
            email,
        };
        let all: Vec<GameRow> = GameState::ALL.iter().map(|state| row(*state, Part::OnCall)).collect();
        vec![
            sample(false, false, Vec::new(), Field::default()),
            sample(
                true,
                false,
                vec![row(GameState::Over, Part::Planner)],
                Field::new("x").refused("That is no address."),
            ),
            sample(true, true, all, Field::default()),
        ]
    }
}

/// Shows a lab's games.
pub async fn lab_games(
    games: Data<Games>,
    lab: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<LabGamesPage>, WebError> {
    let view = games.find_lab_view(&person.id, &lab).await?.ok_or(WebError::NotFound)?;
    Ok(Reply::Page(LabGamesPage { games: view, email: Field::default() }))
}

/// Begins a game that the platform plans.
pub async fn start(
    games: Data<Games>,
    lab: Path<String>,
    Learner(person): Learner,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    match games.start(&person.id, &lab).await {
        Ok(game) => Ok(Redirect::to(format!("/games/{game}")).success("The game has begun. You are on call.")),
        Err(refusal) => refuse(&lab, refusal),
    }
}

/// What the form of an invitation sends.
#[derive(Debug, Deserialize)]
pub struct InviteForm {
    #[serde(default)]
    email: String,
}

/// Begins a game that somebody else plans.
pub async fn invite(
    games: Data<Games>,
    lab: Path<String>,
    Learner(person): Learner,
    form: Form<InviteForm>,
) -> Result<Reply<LabGamesPage>, WebError> {
    let typed = form.0.email;
    let email = match Some(typed.trim()).filter(|typed| !typed.is_empty()).map(Email::parse).transpose() {
        Ok(email) => email,
        Err(_malformed) => {
            let view = games.find_lab_view(&person.id, &lab).await?.ok_or(WebError::NotFound)?;
            let email = Field::new(typed).refused("That is no address. Leave it empty to pass the code on yourself.");
            return Ok(Reply::Invalid(LabGamesPage { games: view, email }));
        }
    };
    match games.invite(&person.id, &lab, email.as_ref()).await {
        Ok(game) => Ok(Reply::SeeOther(Redirect::to(format!("/games/{game}")).success(match email {
            Some(_) => {
                "If there is an account with that address, its mail is on the way. You can also pass the code on."
            }
            None => "The game waits for whoever has its code.",
        }))),
        Err(refusal) => refuse(&lab, refusal).map(Reply::SeeOther),
    }
}

fn refuse(lab: &str, refusal: StartError) -> Result<Redirect, WebError> {
    let page = Redirect::to(format!("/labs/{lab}/games"));
    match refusal {
        StartError::Unknown => Err(WebError::NotFound),
        StartError::NotRunning => {
            Ok(page.error("The lab is not running, so there is nothing to break. Start it first."))
        }
        StartError::Live => {
            Ok(page.error("You are playing a game already. Play it to its end, or end it on its page."))
        }
        StartError::Load(why) => Ok(page.error(why)),
        StartError::Fault(fault) => Err(fault.into()),
    }
}
