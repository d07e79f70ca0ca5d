//! `/entries`, and taking an entry back

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use super::checkpoint::entry_path;
use crate::accounts::guards::Learner;
use crate::checkpoints::{Checkpoints, Entry, EntryId, EntryState, WithdrawError};
use crate::drafts::Drafts;
use crate::lessons::{Library, checkpoint_path};
use crate::view::View;
use crate::web::{Confirmation, Form, NoFields, Redirect, Reply, WebError};

/// Why an entry can't be taken back in a state, if it can't.
fn why_not_withdrawn(state: EntryState) -> Option<&'static str> {
    match state {
        EntryState::Submitted => None,
        EntryState::InReview => Some("A reviewer has this entry already, so it can no longer be withdrawn."),
        EntryState::Withdrawn => Some("This entry is withdrawn already."),
        EntryState::Valid | EntryState::Rejected | EntryState::Disqualified => {
            Some("This entry is decided already, so it can no longer be withdrawn.")
        }
    }
}

/// `checkpoints/entries.html`
#[derive(Debug, Serialize)]
pub struct EntriesPage {
    /// The person's entries, the latest first.
    pub entries: Vec<EntrySummary>,
    /// How many are left.
    pub entries_left: i64,
    /// The pages of the checkpoints there are: address and title.
    pub checkpoints: Vec<(String, String)>,
}

/// An entry in a list.
#[derive(Debug, Serialize)]
pub struct EntrySummary {
    /// Its page.
    pub path: String,
    /// The module's title.
    pub module: String,
    /// Its place in its week.
    pub week_seq: i64,
    /// When it reached the server.
    pub submitted_at: Timestamp,
    /// How far it has come.
    pub state: EntryState,
}

impl EntrySummary {
    /// The row of `entry`.
    pub fn new(entry: &Entry, library: &Library) -> Self {
        Self {
            path: format!("/entries/{}", entry.id),
            module: library
                .find_module(&entry.module)
                .map_or_else(|| entry.module.clone(), |module| module.title.clone()),
            week_seq: entry.week_seq,
            submitted_at: entry.submitted_at,
            state: entry.state,
        }
    }

    /// One row for each state.
    pub fn samples() -> Vec<Self> {
        use EntryState::{Disqualified, InReview, Rejected, Submitted, Valid, Withdrawn};
        [Submitted, InReview, Valid, Rejected, Disqualified, Withdrawn]
            .into_iter()
            .map(|state| Self {
                path: "/entries/x".to_owned(),
                module: "Full service ownership".to_owned(),
                week_seq: 7,
                submitted_at: Timestamp::UNIX_EPOCH,
                state,
            })
            .collect()
    }
}

impl View for EntriesPage {
    const TEMPLATE: &'static str = "checkpoints/entries.html";

    fn samples() -> Vec<Self> {
        let checkpoints = vec![("/checkpoints/m".to_owned(), "Full service ownership".to_owned())];
        vec![
            Self { entries: Vec::new(), entries_left: 3, checkpoints: checkpoints.clone() },
            Self { entries: EntrySummary::samples(), entries_left: 0, checkpoints },
        ]
    }
}

/// `GET /entries`
pub async fn entries(checkpoints: Data<Checkpoints>, learner: Learner) -> Result<Reply<EntriesPage>, WebError> {
    let library = checkpoints.content.library();
    let participation = checkpoints.find_participation(&learner.0.id).await?;
    let with_checkpoint = library.modules().iter().filter(|module| !module.checkpoint.is_empty());
    Ok(Reply::Page(EntriesPage {
        entries: participation.entries.iter().map(|entry| EntrySummary::new(entry, &library)).collect(),
        entries_left: participation.entries_left,
        checkpoints: with_checkpoint.map(|module| (module.checkpoint_path(), module.title.clone())).collect(),
    }))
}

/// `GET /entries/{id}/withdraw`: asks, and says which place is given up for which.
pub async fn confirm_withdrawal(
    checkpoints: Data<Checkpoints>,
    learner: Learner,
    id: Path<String>,
) -> Result<Reply<Confirmation>, WebError> {
    let id = EntryId::from(id.into_inner());
    let found = checkpoints.find_entry(&id).await?.filter(|entry| entry.person == learner.0.id);
    let entry = found.ok_or(WebError::NotFound)?;
    let back = entry_path(&id);
    if let Some(why) = why_not_withdrawn(entry.state) {
        return Ok(Reply::SeeOther(Redirect::to(back).error(why)));
    }
    let is_staff = checkpoints.is_staff(&learner.0.id).await?;
    let (mine, next) = (entry.week_seq, checkpoints.find_next_place(&entry.week).await?);
    let mut kept =
        vec!["The entry itself, among your entries, as withdrawn. It counts no more, and its slot is free.".to_owned()];
    let lost = if is_staff {
        vec!["The entry: you are or were on the staff, so you can't enter again.".to_owned()]
    } else {
        kept.insert(
            0,
            "Your answers: they are in the form again, for you to change and send, until the week ends.".to_owned(),
        );
        vec![format!(
            "Its place in the voucher queue: it is entry {mine} of its week. A new one would be entry {next} now, or \
             later as others come in."
        )]
    };
    Ok(Reply::Page(Confirmation {
        title: "Withdraw this entry?".to_owned(),
        lost,
        kept,
        action: format!("{back}/withdraw"),
        confirm: "Withdraw it".to_owned(),
        cancel: "Keep my entry".to_owned(),
        back,
        ..Confirmation::default()
    }))
}

/// `POST /entries/{id}/withdraw`
pub async fn withdraw(
    checkpoints: Data<Checkpoints>,
    drafts: Data<Drafts>,
    learner: Learner,
    id: Path<String>,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let id = EntryId::from(id.into_inner());
    match checkpoints.withdraw(&learner.0.id, &id).await {
        Ok(entry) => {
            // The form shows what the entry says; what a stray tab has typed since then could not be sent.
            drafts.discard(&learner.0.id, &checkpoint_path(&entry.module)).await?;
            Ok(Redirect::to("/entries").success("Your entry is withdrawn, and its slot is free again."))
        }
        Err(WithdrawError::Unknown) => Err(WebError::NotFound),
        Err(WithdrawError::TooLate(state)) => {
            let why = why_not_withdrawn(state).unwrap_or("This entry can't be withdrawn now. Try again in a moment.");
            Ok(Redirect::to(entry_path(&id)).error(why))
        }
        Err(WithdrawError::Database(fault)) => Err(fault.into()),
    }
}
