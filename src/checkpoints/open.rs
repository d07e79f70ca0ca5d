//! A checkpoint as one person finds it at one instant.

use jiff::{SignedDuration, Timestamp};

use super::model::{Answers, Entry, Participation, Submission};
use super::question_set::{QuestionSeed, QuestionSet};
use super::week::WeekBounds;
use super::{Checkpoints, store};
use crate::accounts::PersonId;
use crate::lessons::Module;

/// How long into a week the questions of the week before are still taken, from those who began to write then.
const GRACE_PERIOD: SignedDuration = SignedDuration::from_hours(3);

/// Whether questions of the week before are still taken at `now`, in the week that begins at `starts_at`.
pub(super) fn is_within_grace(starts_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(starts_at) < GRACE_PERIOD
}

/// A checkpoint as one person finds it at one instant.
#[derive(Debug)]
pub struct OpenCheckpoint<'m> {
    /// Who has it before them.
    pub person: PersonId,
    /// The module.
    pub module: &'m Module,
    /// The person's entries, and what is left to them.
    pub participation: Participation,
    /// Whether they are or were on the programme's staff, and so cannot enter.
    pub is_staff: bool,
    /// What they are asked.
    pub questions: QuestionSet<'m>,
    /// The first instant of the week for which the questions were drawn: this one, or the one before.
    pub drawn_for: Timestamp,
    received_at: Timestamp,
}

impl OpenCheckpoint<'_> {
    /// Whether the questions are those of the week before.
    pub fn is_of_last_week(&self) -> bool {
        self.drawn_for != self.participation.week.bounds.starts_at
    }

    /// The latest entry from the same questions, where it holds its slots no more.
    pub fn find_earlier(&self) -> Option<&Entry> {
        let is_of_these = |entry: &&Entry| entry.module == self.module.slug && entry.drawn_for == self.drawn_for;
        self.participation.entries.iter().find(is_of_these).filter(|entry| entry.entry_no.is_none())
    }

    /// What the person sends with `answers`.
    pub fn submission(&self, answers: Answers) -> Submission {
        Submission { received_at: self.received_at, drawn_for: self.drawn_for, answers }
    }
}

impl Checkpoints {
    /// What `person` is asked now. Whoever `began` with the questions of the week before, and finishes soon after its end,
    /// keeps them, unless an entry of theirs was made from them.
    pub async fn open<'m>(
        &self,
        person: &PersonId,
        module: &'m Module,
        began: Option<Timestamp>,
    ) -> anyhow::Result<OpenCheckpoint<'m>> {
        self.open_at((person, module), began, self.core.clock.now()).await
    }

    /// The same checkpoint at the same instant, with the questions of this week.
    pub async fn open_this_week<'m>(&self, open: &OpenCheckpoint<'m>) -> anyhow::Result<OpenCheckpoint<'m>> {
        self.open_at((&open.person, open.module), None, open.received_at).await
    }

    async fn open_at<'m>(
        &self,
        (person, module): (&PersonId, &'m Module),
        began: Option<Timestamp>,
        now: Timestamp,
    ) -> anyhow::Result<OpenCheckpoint<'m>> {
        let participation = self.find_participation_at(person, now).await?;
        let starts_at = participation.week.bounds.starts_at;
        let began = began.filter(|began| *began != starts_at && is_within_grace(starts_at, now));
        let drawn_for = match began {
            Some(began)
                if !participation.has_used(&module.slug, began)
                    && began == self.find_start_before(&participation).await? =>
            {
                began
            }
            _ => starts_at,
        };
        let questions = self.draw(person, module, drawn_for);
        let is_staff = store::is_staff(&mut *self.core.db.read().await?, person).await?;
        let person = person.clone();
        Ok(OpenCheckpoint { person, module, participation, is_staff, questions, drawn_for, received_at: now })
    }

    fn draw<'m>(&self, person: &PersonId, module: &'m Module, drawn_for: Timestamp) -> QuestionSet<'m> {
        let names = (person.as_str(), module.slug.as_str(), drawn_for.to_string());
        let seed = QuestionSeed::derive(&self.question_key, (names.0, names.1, &names.2));
        QuestionSet::draw(&module.checkpoint, &seed)
    }

    /// When the week before the current one began.
    async fn find_start_before(&self, participation: &Participation) -> anyhow::Result<Timestamp> {
        let last_instant = participation.week.bounds.starts_at - SignedDuration::from_micros(1);
        let stored = store::find_week_at(&mut *self.core.db.read().await?, last_instant).await?;
        Ok(match stored {
            Some(week) => week.bounds.starts_at,
            None => WeekBounds::of(last_instant, &participation.week.rules.zone)?.starts_at,
        })
    }
}
