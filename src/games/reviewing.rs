//! The review of postmortems by instructors.

use jiff::Timestamp;

use super::Games;
use super::jobs::SendDecision;
use super::model::{Game, GameId, Postmortem, PostmortemState};
use super::store::{documents, games};
use crate::accounts::{Person, PersonId};
use crate::audit::Event;
use crate::db;
use crate::mail::MailId;
use crate::text::count_visible;

/// How long a comment may be, in characters.
pub const MAX_COMMENT_CHARS: usize = 4_000;

/// A postmortem that waits for a review.
#[derive(Clone, Debug)]
pub struct SubmittedPostmortem {
    /// Its game.
    pub game: Game,
    /// Who wrote it.
    pub author: Option<Person>,
    /// What it says.
    pub postmortem: Postmortem,
}

/// What a reviewer says of a postmortem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is accepted, with a comment if there is one.
    Accept(String),
    /// It is returned with a comment.
    Return(String),
}

impl Decision {
    /// Reads a form; the error says what is missing.
    pub fn parse(decision: &str, comment: &str) -> Result<Self, String> {
        let comment = comment.trim();
        if comment.chars().count() > MAX_COMMENT_CHARS {
            return Err(format!("Write {MAX_COMMENT_CHARS} characters at the most."));
        }
        match decision {
            "accept" => Ok(Self::Accept(comment.to_owned())),
            "return" if count_visible(comment) > 0 => Ok(Self::Return(comment.to_owned())),
            "return" => Err("Say what should change: the learner reads it.".to_owned()),
            _ => Err("Accept it or return it.".to_owned()),
        }
    }
}

/// Why a postmortem was not decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// No such postmortem was submitted.
    #[error("no such postmortem")]
    Unknown,
    /// The reviewer was on call in its game, or planned it.
    #[error("the game is their own")]
    Own,
    /// It was decided, or submitted anew, since the reviewer read it.
    #[error("it is another one by now")]
    Changed,
    /// A fault.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Games {
    /// Up to `limit` postmortems that wait for a review, the longest waiting first.
    pub async fn list_submitted(&self, limit: i64) -> db::Result<Vec<SubmittedPostmortem>> {
        let waiting = documents::list_submitted(&mut *self.core.db.read().await?, limit).await?;
        let mut found = Vec::new();
        for (game, _) in waiting {
            found.extend(self.find_submitted(&game).await?);
        }
        Ok(found)
    }

    /// The postmortem of a game that was submitted at least once.
    pub async fn find_submitted(&self, id: &GameId) -> db::Result<Option<SubmittedPostmortem>> {
        let mut conn = self.core.db.read().await?;
        let Some(game) = games::find(&mut conn, id).await? else { return Ok(None) };
        let postmortem = documents::find_postmortem(&mut conn, id).await?.filter(|one| one.submitted.is_some());
        drop(conn);
        let Some(postmortem) = postmortem else { return Ok(None) };
        let author = self.accounts.find_person(&game.person).await?;
        Ok(Some(SubmittedPostmortem { game, author, postmortem }))
    }

    /// The postmortem of a game, however far it is.
    pub async fn find_postmortem(&self, id: &GameId) -> db::Result<Option<Postmortem>> {
        documents::find_postmortem(&mut *self.core.db.read().await?, id).await
    }

    /// Decides what a reviewer has read as it was submitted at `read_at`, and enqueues the mail to its author.
    pub async fn decide(
        &self,
        reviewer: &PersonId,
        id: &GameId,
        decision: &Decision,
        read_at: Timestamp,
    ) -> Result<(), DecideError> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let game = games::lock(&mut tx, id).await?.ok_or(DecideError::Unknown)?;
        if game.person == *reviewer || game.planner.as_ref() == Some(reviewer) {
            return Err(DecideError::Own);
        }
        let (state, comment, action) = match decision {
            Decision::Accept(comment) => (PostmortemState::Accepted, comment, "postmortem.accept"),
            Decision::Return(comment) => (PostmortemState::Returned, comment, "postmortem.return"),
        };
        if !documents::decide(&mut tx, (id, read_at), (state, comment), (reviewer, now)).await? {
            return Err(DecideError::Changed);
        }
        let mail = MailId::generate(&self.core.random, now);
        self.core.jobs.enqueue(&mut tx, &SendDecision { mail, game: id.clone() }).await?;
        let detail = serde_json::json!({ "comment": comment });
        let event = Event { actor: reviewer.as_str(), action, subject: id.as_str(), detail };
        self.core.audit.record(&mut tx, event, now).await?;
        Ok(tx.commit().await?)
    }
}
