//! The pages of games.

mod game;
mod join;
mod lab;
mod postmortem;
mod review;
mod runbook;

pub use game::{GamePage, confirm_end, correct_time, end, game, log, plan};
pub use join::{JoinPage, join, join_form};
pub use lab::{LabGamesPage, invite, lab_games, start};
pub use postmortem::{PostmortemPage, postmortem, save_postmortem};
pub use review::{PostmortemReviewPage, PostmortemsPage, decide_postmortem, postmortems, review_postmortem};
pub use runbook::{RunbookPage, runbook, save_runbook};
