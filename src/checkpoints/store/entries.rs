//! The table `entries`.

use jiff::Timestamp;

use super::staff::staff_condition;
use crate::accounts::PersonId;
use crate::checkpoints::model::{Answers, Entry, EntryId, WeekEntry, WeekId};
use crate::db::{self, Conn, enum_text, from_row, micros, optional_timestamp, timestamp};

/// The numbers of a person's entries that hold their slots.
pub(in crate::checkpoints) async fn list_entry_numbers(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<i64>> {
    let rows: Vec<(i64,)> =
        sqlx::query_as("SELECT entry_no FROM entries WHERE person_id = $1 AND entry_no IS NOT NULL ORDER BY entry_no")
            .bind(person.as_str())
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// The entry that holds a person's slot of a week and module.
pub(in crate::checkpoints) async fn find_slot(
    conn: &mut Conn,
    person: &PersonId,
    module: &str,
    week: &WeekId,
) -> db::Result<Option<EntryId>> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT id FROM entries WHERE person_id = $1 AND module = $2 AND slot_week = $3")
            .bind(person.as_str())
            .bind(module)
            .bind(week.as_str())
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|(id,)| EntryId::from(id)))
}

/// Whether a person has made an entry of a module from the questions that were drawn for the week of that start.
pub(in crate::checkpoints) async fn find_questions_use(
    conn: &mut Conn,
    person: &PersonId,
    module: &str,
    drawn_for: Timestamp,
) -> db::Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT id FROM entries WHERE person_id = $1 AND module = $2 AND drawn_for = $3 LIMIT 1")
            .bind(person.as_str())
            .bind(module)
            .bind(micros(drawn_for))
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Adds a submitted entry of a person who may make `entry_limit` in all; `false` when one of its slots is taken.
pub(in crate::checkpoints) async fn add_entry(
    conn: &mut Conn,
    entry: &Entry,
    answers: &Answers,
    entry_limit: i64,
) -> db::Result<bool> {
    let answers = db::json_text(answers, "entries.answers")?;
    let added = sqlx::query(
        "INSERT INTO entries
             (id, week_id, week_seq, module, person_id, entry_no, slot_week, slot_questions, drawn_for, state,
              rules_version, entry_limit, answers, submitted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $2, $7, $7, $8, $9, $10, $11, $12)
         ON CONFLICT DO NOTHING
         RETURNING id",
    )
    .bind(entry.id.as_str())
    .bind(entry.week.as_str())
    .bind(entry.week_seq)
    .bind(entry.module.as_str())
    .bind(entry.person.as_str())
    .bind(entry.entry_no)
    .bind(micros(entry.drawn_for))
    .bind(entry.state.as_str())
    .bind(entry.rules_version)
    .bind(entry_limit)
    .bind(answers)
    .bind(micros(entry.submitted_at))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

from_row! {
    struct EntryRow {
        id: String,
        week_id: String,
        week_seq: i64,
        module: String,
        person_id: String,
        entry_no: Option<i64>,
        drawn_for: i64,
        state: String,
        review_ends_at: Option<i64>,
        reason: Option<String>,
        rules_version: i64,
        submitted_at: i64,
        decided_at: Option<i64>,
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = db::Error;

    fn try_from(row: EntryRow) -> db::Result<Self> {
        Ok(Self {
            id: EntryId::from(row.id),
            week: WeekId::from(row.week_id),
            week_seq: row.week_seq,
            module: row.module,
            person: PersonId::from(row.person_id),
            entry_no: row.entry_no,
            drawn_for: timestamp(row.drawn_for, "entries.drawn_for")?,
            review_ends_at: optional_timestamp(row.review_ends_at, "entries.review_ends_at")?,
            state: enum_text(&row.state, "entries.state")?,
            reason: row.reason,
            rules_version: row.rules_version,
            submitted_at: timestamp(row.submitted_at, "entries.submitted_at")?,
            decided_at: optional_timestamp(row.decided_at, "entries.decided_at")?,
        })
    }
}

/// The entry of an id.
pub(in crate::checkpoints) async fn find_entry(conn: &mut Conn, id: &EntryId) -> db::Result<Option<Entry>> {
    let row: Option<EntryRow> = sqlx::query_as(
        "SELECT id, week_id, week_seq, module, person_id, entry_no, drawn_for, state, review_ends_at, reason,
                rules_version, submitted_at, decided_at
         FROM entries
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Entry::try_from).transpose()
}

/// What was answered in an entry.
pub(in crate::checkpoints) async fn find_answers(conn: &mut Conn, id: &EntryId) -> db::Result<Option<Answers>> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT answers FROM entries WHERE id = $1").bind(id.as_str()).fetch_optional(conn).await?;
    let read = |(text,): (String,)| {
        // The answers themselves are nobody's to read in a log.
        let unreadable = |_format| db::Error::Inconsistent { column: "entries.answers", value: id.to_string() };
        serde_json::from_str(&text).map_err(unreadable)
    };
    row.map(read).transpose()
}

/// A person's entries, the latest first.
pub(in crate::checkpoints) async fn list_of_person(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<Entry>> {
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT id, week_id, week_seq, module, person_id, entry_no, drawn_for, state, review_ends_at, reason,
                rules_version, submitted_at, decided_at
         FROM entries
         WHERE person_id = $1
         ORDER BY submitted_at DESC, id DESC",
    )
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// The entries that wait for a decision, in the order in which they reached the server.
pub(in crate::checkpoints) async fn list_undecided(conn: &mut Conn, limit: i64) -> db::Result<Vec<Entry>> {
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT entries.id, entries.week_id, entries.week_seq, entries.module, entries.person_id, entries.entry_no,
                entries.drawn_for, entries.state, entries.review_ends_at, entries.reason, entries.rules_version,
                entries.submitted_at, entries.decided_at
         FROM entries
         JOIN weeks ON weeks.id = entries.week_id
         WHERE entries.state IN ('submitted', 'in_review')
         ORDER BY weeks.starts_at, entries.week_seq
         LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// Whether an entry of a person to a module was accepted.
pub(in crate::checkpoints) async fn has_accepted(conn: &mut Conn, person: &PersonId, module: &str) -> db::Result<bool> {
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM entries WHERE person_id = $1 AND module = $2 AND state = 'valid'")
            .bind(person.as_str())
            .bind(module)
            .fetch_one(conn)
            .await?;
    Ok(count > 0)
}

/// How many entries are not decided, over all weeks.
pub(in crate::checkpoints) async fn count_undecided(conn: &mut Conn) -> db::Result<i64> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM entries WHERE state IN ('submitted', 'in_review')")
        .fetch_one(conn)
        .await?;
    Ok(count)
}

from_row! {
    struct StateRow {
        id: String,
        week_seq: i64,
        state: String,
        by_staff: i64,
    }
}

/// The entries of a week up to the number `last`, in the order of arrival. Once an entry is accepted, whether it is by
/// staff stays as it was then.
pub(in crate::checkpoints) async fn list_states(
    conn: &mut Conn,
    week: &WeekId,
    last: i64,
) -> db::Result<Vec<WeekEntry>> {
    let rows: Vec<StateRow> = sqlx::query_as(concat!(
        "SELECT id, week_seq, state,
                CAST(CASE WHEN unranked_at IS NOT NULL OR (state <> 'valid' AND ",
        staff_condition!("entries.person_id"),
        ") THEN 1 ELSE 0 END AS BIGINT) AS by_staff
         FROM entries
         WHERE week_id = $1 AND week_seq <= $2
         ORDER BY week_seq"
    ))
    .bind(week.as_str())
    .bind(last)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = enum_text(&row.state, "entries.state")?;
            Ok(WeekEntry { id: EntryId::from(row.id), week_seq: row.week_seq, state, is_by_staff: row.by_staff > 0 })
        })
        .collect()
}

/// Hands an undecided entry to a reviewer until `ends_at`; `false` when it is decided.
pub(in crate::checkpoints) async fn begin_review(
    conn: &mut Conn,
    id: &EntryId,
    ends_at: Timestamp,
) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE entries
         SET state = 'in_review', review_ends_at = $2
         WHERE id = $1 AND state IN ('submitted', 'in_review')",
    )
    .bind(id.as_str())
    .bind(micros(ends_at))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Accepts an entry that a reviewer has, without a place if its author is or was on the staff; `false` when none has it.
pub(in crate::checkpoints) async fn accept(conn: &mut Conn, id: &EntryId, now: Timestamp) -> db::Result<bool> {
    let done = sqlx::query(concat!(
        "UPDATE entries
         SET state = 'valid', review_ends_at = NULL, decided_at = $2, unranked_at = CASE WHEN ",
        staff_condition!("entries.person_id"),
        " THEN $2 END
         WHERE id = $1 AND state = 'in_review'"
    ))
    .bind(id.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Rejects an entry that a reviewer has, which frees its slots; `false` when none has it.
pub(in crate::checkpoints) async fn reject(
    conn: &mut Conn,
    id: &EntryId,
    reason: &str,
    now: Timestamp,
) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE entries
         SET state = 'rejected', review_ends_at = NULL, reason = $2, decided_at = $3, entry_no = NULL, slot_week = NULL,
             slot_questions = NULL
         WHERE id = $1 AND state = 'in_review'",
    )
    .bind(id.as_str())
    .bind(reason)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back an entry that no reviewer has at `now`, which frees its slots; `false` when one has it, or it is decided.
pub(in crate::checkpoints) async fn withdraw(conn: &mut Conn, id: &EntryId, now: Timestamp) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE entries
         SET state = 'withdrawn', review_ends_at = NULL, decided_at = $2, entry_no = NULL, slot_week = NULL,
             slot_questions = NULL
         WHERE id = $1 AND (state = 'submitted' OR (state = 'in_review' AND review_ends_at <= $2))",
    )
    .bind(id.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
