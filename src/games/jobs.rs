//! The background work of games.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Games;
use super::mails::{InvitationMail, PostmortemAcceptedMail, PostmortemReturnedMail};
use super::model::{GameId, PostmortemState};
use super::store::{documents, games};
use crate::accounts::PersonId;
use crate::db;
use crate::jobs::{Job, JobError, Queue, Registry};
use crate::mail::{self, MailId};

/// How often games are looked after whose job may have been lost.
const RESYNC_INTERVAL: SignedDuration = SignedDuration::from_mins(1);
/// How often cancelled games are pruned.
const PRUNE_INTERVAL: SignedDuration = SignedDuration::from_hours(24);
/// How long a cancelled game is kept.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many games are looked after at a time.
const RESYNC_PAGE: i64 = 500;

/// Takes a game on, to its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drive {
    /// The game.
    pub game: GameId,
}

impl Job for Drive {
    const KIND: &'static str = "games.drive";
    const QUEUE: Queue = Queue::Labs;
}

impl Drive {
    /// The key of the one job of a game.
    pub(super) fn key(&self) -> String {
        format!("game:{}", self.game)
    }
}

/// Stops the load of a game that has ended, and tells grading.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    /// The game.
    pub game: GameId,
}

impl Job for Ended {
    const KIND: &'static str = "games.ended";
}

/// Looks after every game that is being played.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Resync {}

impl Job for Resync {
    const KIND: &'static str = "games.resync";
    const QUEUE: Queue = Queue::Maintenance;
}

/// Deletes games that were cancelled long ago.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    const KIND: &'static str = "games.prune";
    const QUEUE: Queue = Queue::Maintenance;
}

/// Invites somebody to plan a game.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendInvitation {
    /// The mail's id.
    pub(super) mail: MailId,
    /// The game.
    pub(super) game: GameId,
    /// Who is invited.
    pub(super) person: PersonId,
}

impl Job for SendInvitation {
    const KIND: &'static str = "games.send_invitation";
    const QUEUE: Queue = Queue::Mail;
    const MAX_ATTEMPTS: i64 = mail::MAX_ATTEMPTS;
}

/// Tells the writer of a postmortem what was decided.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SendDecision {
    /// The mail's id.
    pub(super) mail: MailId,
    /// The game.
    pub(super) game: GameId,
}

impl Job for SendDecision {
    const KIND: &'static str = "games.send_decision";
    const QUEUE: Queue = Queue::Mail;
    const MAX_ATTEMPTS: i64 = mail::MAX_ATTEMPTS;
}

/// Registers the jobs of games.
pub fn register_jobs(registry: &mut Registry, games: &Games) {
    let owner = games.clone();
    registry.reconcile(move |job: Drive| {
        let games = owner.clone();
        async move { Box::pin(games.drive(&job.game)).await.map_err(JobError::Retry) }
    });
    let owner = games.clone();
    registry.on(move |job: Ended| {
        let games = owner.clone();
        async move { Ok(games.clean_up(&job.game).await?) }
    });
    let owner = games.clone();
    registry.every(RESYNC_INTERVAL, move |_resync: Resync| {
        let games = owner.clone();
        async move { Ok(games.resync().await?) }
    });
    let owner = games.clone();
    registry.every(PRUNE_INTERVAL, move |_prune: Prune| {
        let games = owner.clone();
        async move { Ok(games.prune().await?) }
    });
    let owner = games.clone();
    registry.on(move |job: SendInvitation| {
        let games = owner.clone();
        async move { games.mail_invitation(&job).await }
    });
    let owner = games.clone();
    registry.on(move |job: SendDecision| {
        let games = owner.clone();
        async move { games.mail_decision(&job).await }
    });
}

impl Games {
    async fn clean_up(&self, id: &GameId) -> db::Result<()> {
        let Some(game) = games::find(&mut *self.core.db.read().await?, id).await? else { return Ok(()) };
        self.record_facts(&game.person, &game.lab).await
    }

    async fn resync(&self) -> db::Result<()> {
        for game in games::list_live(&mut *self.core.db.read().await?, RESYNC_PAGE).await? {
            let mut tx = self.core.db.write().await?;
            self.wake(&mut tx, &game).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Deletes the cancelled games that are kept no longer; those that were played are what others' are compared with.
    pub async fn prune(&self) -> db::Result<()> {
        let before = self.core.clock.now() - RETENTION;
        let mut tx = self.core.db.write().await?;
        games::prune_cancelled(&mut tx, before).await?;
        tx.commit().await
    }

    async fn mail_invitation(&self, job: &SendInvitation) -> Result<(), JobError> {
        let Some(game) = games::find(&mut *self.core.db.read().await?, &job.game).await? else { return Ok(()) };
        let Some(invited) = self.accounts.find_person(&job.person).await? else { return Ok(()) };
        let host = self.accounts.find_person(&game.person).await?;
        if game.planner.is_some() || !game.state.is_live() || invited.closed_at.is_some() {
            return Ok(());
        }
        let mail = InvitationMail {
            name: invited.name,
            host: host.map(|one| one.name).unwrap_or_default(),
            lab: self.title_of(&game.lab),
            code: self.code_of(&game.id),
            url: format!("{}/games/join", self.core.public_url),
        };
        self.core.mailer.send(&job.mail, &invited.email, &mail).await
    }

    async fn mail_decision(&self, job: &SendDecision) -> Result<(), JobError> {
        let mut conn = self.core.db.read().await?;
        let Some(game) = games::find(&mut conn, &job.game).await? else { return Ok(()) };
        let Some(postmortem) = documents::find_postmortem(&mut conn, &job.game).await? else { return Ok(()) };
        drop(conn);
        let Some(author) = self.accounts.find_person(&game.person).await? else { return Ok(()) };
        let (name, lab, comment) = (author.name, self.title_of(&game.lab), postmortem.comment.unwrap_or_default());
        let url = format!("{}/games/{}/postmortem", self.core.public_url, game.id);
        match postmortem.state {
            PostmortemState::Accepted => {
                let mail = PostmortemAcceptedMail { name, lab, comment, url };
                self.core.mailer.send(&job.mail, &author.email, &mail).await
            }
            PostmortemState::Returned => {
                let mail = PostmortemReturnedMail { name, lab, comment, url };
                self.core.mailer.send(&job.mail, &author.email, &mail).await
            }
            // It was submitted again before the mail went out; the next decision has a mail of its own.
            PostmortemState::Draft | PostmortemState::Submitted => Ok(()),
        }
    }

    /// What a lab is called.
    pub(super) fn title_of(&self, lab: &str) -> String {
        self.labs.catalogue().find(lab).map_or_else(|| lab.to_owned(), |lab| lab.title.clone())
    }
}
