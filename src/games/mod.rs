//! Games: a fault comes into a learner's running system at a moment that they do not know; they detect it, mitigate it, and
//! write a postmortem.
//!
//! A lab has games where its folder `faults` has faults ([`GamePlan`]), each a change of objects as data. Fault and moment are
//! set when a game is planned, by the platform or by a second person, and sealed: their hash is shown before the game and
//! recorded in the audit log, and what it is the hash of is told after the game. A fault comes once in each round of a person,
//! which the schema ensures.
//!
//! # What is measured
//! A game has a load ([`crate::loads`]) from its beginning to its end, and every figure comes from its seconds, which are
//! outside the learner's reach. The time to detect ends when the server takes the first entry of the kind `detected`; no time
//! that a learner states counts. `figures.rs` says what is a mitigation.
//!
//! # The job of a game
//! [`jobs::Drive`] takes a game on, step by step, and may run twice. What is about to be changed is hashed and written down
//! before it is changed, so that an injection that was interrupted is gone on with, and is not done once more where it was
//! done: an object that has changed since has its fault, whatever became of that meanwhile.
//!
//! Grading knows nothing of games: what its tasks need is recorded as values that the platform reports
//! ([`crate::grading::Grading::record_values`]).
//!
//! Tables: `games`, `game_entries`, `game_entry_times`, `game_runbooks`, `game_postmortems`.
//!
//! | file | holds |
//! |---|---|
//! | `model.rs`, `figures.rs` | a game and its log; what is measured of it |
//! | `fault.rs`, `document.rs` | the faults of a lab; the structure of runbooks and postmortems |
//! | `play.rs`, `partner.rs` | a game begun and ended, by one person or by two |
//! | `drive.rs`, `injection.rs` | a game taken on by its job |
//! | `log.rs`, `writing.rs`, `reviewing.rs` | the incident log; runbook and postmortem; the review of the latter |
//! | `facts.rs` | what grading is told |
//! | `view.rs`, `comparison.rs` | a game as its pages show it; its figures beside those of others |

mod comparison;
mod document;
mod drive;
mod facts;
mod fault;
mod figures;
mod injection;
pub mod jobs;
mod log;
pub mod mails;
mod model;
pub mod pages;
mod partner;
mod play;
mod reviewing;
mod settings;
mod store;
mod view;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::accounts::{Accounts, Person, PersonId};
use crate::cluster::Cluster;
use crate::core::Core;
use crate::db;
use crate::grading::Grading;
use crate::labs::Labs;
use crate::loads::Loads;

pub use comparison::{Comparison, FiguresView};
pub use document::{Document, DocumentKind, MAX_BYTES};
pub use fault::{Change, Fault, FaultObject, GamePlan};
pub use log::{LogError, MAX_CHARS as MAX_ENTRY_CHARS};
pub use model::{
    EntryKind, EntryTimeId, Figures, Game, GameId, GameState, LogEntry, LogEntryId, MAX_PLAYED, Postmortem,
    PostmortemState,
};
pub use partner::{JoinError, PlanError};
pub use play::{EndError, StartError};
pub use reviewing::{DecideError, Decision, MAX_COMMENT_CHARS, SubmittedPostmortem};
pub use settings::GameSettings;
pub use view::{EntryView, FaultView, GameView, LabGamesView, PlanningView};
pub use writing::{SaveError, SubmitError, Writing};

/// Games in the labs that have them.
#[derive(Clone, Debug)]
pub struct Games {
    core: Core,
    accounts: Accounts,
    labs: Labs,
    loads: Loads,
    grading: Grading,
    cluster: Cluster,
    settings: GameSettings,
    zone: TimeZone,
    plans: Arc<BTreeMap<String, GamePlan>>,
    code_key: [u8; 32],
}

/// What a person is to a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// They are on call.
    OnCall,
    /// They plan the fault.
    Planner,
    /// They teach, and look on.
    Staff,
}

impl Games {
    /// Games of the labs that `labs` has; a fault in a lab's files names file and line. Times of day are those of `zone`.
    pub fn new(
        core: &Core,
        (accounts, labs, cluster): (&Accounts, &Labs, &Cluster),
        (loads, grading): (&Loads, &Grading),
        (settings, zone): (&GameSettings, TimeZone),
    ) -> anyhow::Result<Self> {
        Ok(Self {
            core: core.clone(),
            accounts: accounts.clone(),
            labs: labs.clone(),
            loads: loads.clone(),
            grading: grading.clone(),
            cluster: cluster.clone(),
            settings: settings.clone(),
            zone,
            plans: Arc::new(fault::read_plans(labs.catalogue().list())?),
            code_key: core.secret.derive("game codes"),
        })
    }

    /// The plan of a lab that has games.
    pub fn find_plan(&self, lab: &str) -> Option<&GamePlan> {
        self.plans.get(lab)
    }

    /// A game that a person may see, with what they are to it.
    pub async fn find_game(&self, person: &Person, id: &GameId) -> db::Result<Option<(Game, Part)>> {
        let Some(game) = store::games::find(&mut *self.core.db.read().await?, id).await? else { return Ok(None) };
        let part = part_of(&game, &person.id).or((person.role > crate::accounts::Role::Learner).then_some(Part::Staff));
        Ok(part.map(|part| (game, part)))
    }
}

/// What somebody is to a game by playing it.
fn part_of(game: &Game, person: &PersonId) -> Option<Part> {
    match person {
        one if *one == game.person => Some(Part::OnCall),
        one if Some(one) == game.planner.as_ref() => Some(Part::Planner),
        _ => None,
    }
}
