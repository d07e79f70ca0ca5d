//! `/review/postmortems`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::Person;
use crate::accounts::guards::Instructor;
use crate::db;
use crate::drafts::Drafts;
use crate::games::{
    DecideError, Decision, FiguresView, GameId, Games, MAX_COMMENT_CHARS, PostmortemState, SubmittedPostmortem,
};
use crate::view::View;
use crate::web::{Field, Form, Redirect, Reply, WebError};

/// How many postmortems the list shows at once.
const MAX_SHOWN: i64 = 100;

/// `games/postmortems.html`
#[derive(Debug, Serialize)]
pub struct PostmortemsPage {
    /// Those that wait, the longest waiting first.
    pub postmortems: Vec<PostmortemRow>,
}

/// A postmortem in the list.
#[derive(Debug, Serialize)]
pub struct PostmortemRow {
    /// Its game.
    pub game: GameId,
    /// Who wrote it.
    pub author: String,
    /// What its fault was called.
    pub fault: String,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
}

impl View for PostmortemsPage {
    const TEMPLATE: &'static str = "games/postmortems.html";

    fn samples() -> Vec<Self> {
        let row = PostmortemRow {
            game: GameId::from("x".to_owned()),
            author: "Ada Quist".to_owned(),
            fault: "Scaled to zero".to_owned(),
            submitted_at: Some(Timestamp::UNIX_EPOCH),
        };
        vec![Self { postmortems: Vec::new() }, Self { postmortems: vec![row] }]
    }
}

/// Lists the postmortems that wait.
pub async fn postmortems(games: Data<Games>, _instructor: Instructor) -> Result<Reply<PostmortemsPage>, WebError> {
    let row = |found: SubmittedPostmortem| PostmortemRow {
        author: name_of(found.author.as_ref()),
        fault: title_of(&games, &found),
        submitted_at: found.postmortem.submitted_at,
        game: found.game.id,
    };
    let postmortems = games.list_submitted(MAX_SHOWN).await?.into_iter().map(row).collect();
    Ok(Reply::Page(PostmortemsPage { postmortems }))
}

fn name_of(author: Option<&Person>) -> String {
    author.map(|author| author.name.clone()).unwrap_or_default()
}

fn title_of(games: &Games, found: &SubmittedPostmortem) -> String {
    let plan = games.find_plan(&found.game.lab);
    let fault = plan.and_then(|plan| plan.find(found.game.fault.as_deref()?));
    fault.map(|fault| fault.title.clone()).unwrap_or_default()
}

/// `games/review.html`
#[derive(Debug, Serialize)]
pub struct PostmortemReviewPage {
    /// The game.
    pub game: GameId,
    /// Who wrote it.
    pub author: String,
    /// What its fault was called.
    pub fault: String,
    /// Whether the reviewer played the game.
    pub is_own: bool,
    /// How far it is.
    pub state: PostmortemState,
    /// What was submitted.
    pub text: String,
    /// When, which the form carries: what is decided is what was read.
    pub submitted_at: Option<Timestamp>,
    /// What was measured.
    pub figures: Option<FiguresView>,
    /// The comment as it was typed.
    pub comment: Field,
    /// How long it may be.
    pub max_comment_chars: usize,
}

impl PostmortemReviewPage {
    async fn find(games: &Games, reviewer: &Person, id: &GameId, comment: Field) -> Result<Self, WebError> {
        let found = games.find_submitted(id).await?.ok_or(WebError::NotFound)?;
        let is_own = found.game.person == reviewer.id || found.game.planner.as_ref() == Some(&reviewer.id);
        let figures: db::Result<_> = games.find_figures(&found.game).await;
        Ok(Self {
            game: id.clone(),
            author: name_of(found.author.as_ref()),
            fault: title_of(games, &found),
            is_own,
            state: found.postmortem.state,
            text: found.postmortem.submitted.unwrap_or_default(),
            submitted_at: found.postmortem.submitted_at,
            figures: figures?,
            comment,
            max_comment_chars: MAX_COMMENT_CHARS,
        })
    }
}

impl View for PostmortemReviewPage {
    const TEMPLATE: &'static str = "games/review.html";

    fn samples() -> Vec<Self> {
        let sample = |state, is_own, comment| Self {
            game: GameId::from("x".to_owned()),
            author: "Ada Quist".to_owned(),
            fault: "Scaled to zero".to_owned(),
            is_own,
            state,
            text: "## Summary\n<It> was down.".to_owned(),
            submitted_at: Some(Timestamp::UNIX_EPOCH),
            figures: None,
            comment,
            max_comment_chars: MAX_COMMENT_CHARS,
        };
        vec![
            sample(PostmortemState::Submitted, false, Field::new("x").refused("Say what should change.")),
            sample(PostmortemState::Submitted, true, Field::default()),
            sample(PostmortemState::Accepted, false, Field::default()),
            sample(PostmortemState::Returned, false, Field::new("x").refused("It was decided meanwhile.")),
        ]
    }
}

/// Shows a postmortem to an instructor.
pub async fn review_postmortem(
    games: Data<Games>,
    drafts: Data<Drafts>,
    id: Path<String>,
    Instructor(reviewer): Instructor,
) -> Result<Reply<PostmortemReviewPage>, WebError> {
    let id = GameId::from(id.into_inner());
    let draft = drafts.find(&reviewer.id, &format!("/review/postmortems/{id}")).await?;
    let comment = draft.as_ref().and_then(|draft| draft.text("comment")).map(Field::new).unwrap_or_default();
    Ok(Reply::Page(PostmortemReviewPage::find(&games, &reviewer, &id, comment).await?))
}

/// What the form of a decision sends.
#[derive(Debug, Deserialize)]
pub struct DecideForm {
    #[serde(default)]
    decision: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    submitted_at: String,
}

/// Accepts a postmortem, or returns it.
pub async fn decide_postmortem(
    games: Data<Games>,
    id: Path<String>,
    Instructor(reviewer): Instructor,
    form: Form<DecideForm>,
) -> Result<Reply<PostmortemReviewPage>, WebError> {
    let id = GameId::from(id.into_inner());
    let DecideForm { decision, comment, submitted_at } = form.0;
    let read_at: Timestamp = submitted_at
        .parse()
        .map_err(|_unreadable| WebError::BadRequest("Go back, reload the page, and decide again."))?;
    let refused = match Decision::parse(&decision, &comment) {
        Ok(decision) => match games.decide(&reviewer.id, &id, &decision, read_at).await {
            Ok(()) => {
                return Ok(Reply::SeeOther(Redirect::to("/review/postmortems").success(match decision {
                    Decision::Accept(_) => "The postmortem is accepted, and its author is told.",
                    Decision::Return(_) => "The postmortem is returned, and its author is told why.",
                })));
            }
            Err(DecideError::Unknown) => return Err(WebError::NotFound),
            Err(DecideError::Database(fault)) => return Err(fault.into()),
            Err(DecideError::Own) => "You played this game; somebody else reads its postmortem.".to_owned(),
            Err(DecideError::Changed) => {
                "It was decided, or submitted anew, since you opened this page. Nothing was changed.".to_owned()
            }
        },
        Err(fault) => fault,
    };
    let comment = Field::new(comment).refused(refused);
    Ok(Reply::Invalid(PostmortemReviewPage::find(&games, &reviewer, &id, comment).await?))
}
