//! A game taken on by its job, from its beginning to its end.

use jiff::{SignedDuration, Timestamp};

use super::figures::{MeasuredSecond, is_healthy, measure};
use super::model::{EntryKind, Figures, Game, GameId, GameState, MAX_PLAYED};
use super::store::{entries, games};
use super::{Games, jobs};
use crate::db::{self, Conn};
use crate::labs::LabSession;
use crate::loads::{LoadId, LoadSecond, LoadState};

/// How often a running game is measured.
const MEASURE_INTERVAL: SignedDuration = SignedDuration::from_secs(2);
/// How often a game that waits is looked after.
const WAIT_INTERVAL: SignedDuration = SignedDuration::from_secs(10);
/// How long a fault waits for a system that does not answer as it should.
const MAX_DELAY: SignedDuration = SignedDuration::from_secs(60);
/// How long the last requests of a load may be on their way.
const LAST_ANSWERS: SignedDuration = SignedDuration::from_secs(15);

impl Games {
    /// Runs the job of a game now.
    pub(super) async fn wake(&self, conn: &mut Conn, game: &GameId) -> db::Result<()> {
        let job = jobs::Drive { game: game.clone() };
        self.core.jobs.wake(conn, &job, &job.key()).await
    }

    /// Takes a game one step on; answers when it is to be looked at again.
    pub(super) async fn drive(&self, id: &GameId) -> anyhow::Result<Option<SignedDuration>> {
        let Some(game) = games::find(&mut *self.core.db.read().await?, id).await? else { return Ok(None) };
        if !game.state.is_live() {
            return Ok(None);
        }
        let Some(session) = self.labs.find_running(&game.session).await? else {
            self.finish(&game, "The lab ended.").await?;
            return Ok(None);
        };
        match game.state {
            GameState::Open => Ok(Some(WAIT_INTERVAL)),
            GameState::Waiting => self.wait(&game, &session).await,
            GameState::Injecting => self.inject(&game, &session, false).await,
            GameState::Running => self.watch(&game).await,
            GameState::Over | GameState::Cancelled => Ok(None),
        }
    }

    /// Waits for the moment, and for a system that answers: what is broken already shows no fault.
    async fn wait(&self, game: &Game, session: &LabSession) -> anyhow::Result<Option<SignedDuration>> {
        let now = self.core.clock.now();
        let inject_at = game.inject_at.unwrap_or(now);
        let (seconds, is_measured) = self.list_all_seconds(game).await?;
        if !is_measured {
            self.finish(game, "Its requests were stopped before the fault came.").await?;
            return Ok(None);
        }
        if now < inject_at {
            return Ok(Some(inject_at.duration_since(now).min(WAIT_INTERVAL)));
        }
        if is_healthy(&seconds) {
            return self.inject(game, session, true).await;
        }
        if now < inject_at + MAX_DELAY {
            return Ok(Some(MEASURE_INTERVAL));
        }
        let reason = "Requests failed before any fault came. Let the system answer first, then begin another game.";
        self.finish(game, reason).await?;
        Ok(None)
    }

    /// Measures a game, and ends it when it is detected and mitigated, or too long.
    async fn watch(&self, game: &Game) -> anyhow::Result<Option<SignedDuration>> {
        let (now, injected_at) = (self.core.clock.now(), game.injected_at.unwrap_or(game.created_at));
        let (seconds, is_measured) = self.list_all_seconds(game).await?;
        let figures = self.measure_seconds(game, &seconds).await?;
        let is_done = |one: &Figures| one.mitigated_after_ms.is_some() && one.detected_after_ms.is_some();
        if figures.as_ref().is_some_and(is_done) {
            self.end(game, (GameState::Over, None), figures.as_ref()).await?;
            return Ok(None);
        }
        if is_measured && now < injected_at + MAX_PLAYED {
            return Ok(Some(MEASURE_INTERVAL));
        }
        let reason = match figures.as_ref().map(|one| one.mitigated_after_ms.is_some()) {
            Some(true) => "The log never said that something was wrong.",
            _ if !is_measured => "Its requests were stopped before they succeeded again.",
            _ => "Requests did not succeed again within half an hour.",
        };
        self.end(game, (GameState::Over, Some(reason)), figures.as_ref()).await?;
        Ok(None)
    }

    /// What has been measured of a game; `None` before its fault came.
    pub(super) async fn measure(&self, game: &Game) -> db::Result<Option<Figures>> {
        let seconds = self.list_all_seconds(game).await?.0;
        self.measure_seconds(game, &seconds).await
    }

    async fn measure_seconds(&self, game: &Game, seconds: &[MeasuredSecond]) -> db::Result<Option<Figures>> {
        let Some(injected_at) = game.injected_at else { return Ok(None) };
        let log = entries::list(&mut *self.core.db.read().await?, &game.id).await?;
        let declared = log.iter().find(|entry| {
            entry.kind == EntryKind::Detected && entry.person == game.person && entry.written_at >= injected_at
        });
        Ok(Some(measure(seconds, injected_at, declared.map(|entry| entry.written_at))))
    }

    /// The seconds of a game's load of which every answer is known, and whether the load is still being sent.
    pub(super) async fn list_all_seconds(&self, game: &Game) -> db::Result<(Vec<MeasuredSecond>, bool)> {
        let Some(id) = game.load.clone().map(LoadId::from) else { return Ok((Vec::new(), false)) };
        let Some(load) = self.loads.find(&id).await? else { return Ok((Vec::new(), false)) };
        let now = self.core.clock.now();
        let mut seconds = Vec::new();
        for one in self.loads.list_seconds(&id).await? {
            let Some(at) = load.time_of(one.second) else { break };
            if !is_known(&one) && at + LAST_ANSWERS > now {
                break;
            }
            seconds.push(measured(&one, at));
        }
        Ok((seconds, load.state == LoadState::Running))
    }
}

/// Whether every request of a second has come to its end.
fn is_known(second: &LoadSecond) -> bool {
    second.counts.sent() + second.counts.unsent >= second.planned
}

fn measured(second: &LoadSecond, at: Timestamp) -> MeasuredSecond {
    let good = second.counts.statuses.iter().filter(|(status, _)| (200..300).contains(*status));
    let succeeded = good.map(|(_, count)| u64::from(*count)).sum();
    MeasuredSecond { at, sent: second.counts.sent().into(), succeeded }
}
