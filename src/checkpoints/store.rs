//! The tables `weeks`, `rules_versions` and `entries`.

use jiff::Timestamp;
use sqlx::FromRow;

use super::model::{Answers, Entry, EntryId, EntryState, Week, WeekId};
use crate::accounts::PersonId;
use crate::db::{self, Conn, enum_text, micros, optional_timestamp, timestamp};

#[derive(FromRow)]
struct WeekRow {
    id: String,
    starts_at: i64,
    ends_at: i64,
}

impl TryFrom<WeekRow> for Week {
    type Error = db::Error;

    fn try_from(row: WeekRow) -> db::Result<Self> {
        Ok(Self {
            id: WeekId::from(row.id),
            starts_at: timestamp(row.starts_at, "weeks.starts_at")?,
            ends_at: timestamp(row.ends_at, "weeks.ends_at")?,
        })
    }
}

/// Adds a week unless one that starts then is there, and locks it for the rest of the transaction.
pub async fn lock_week_of(conn: &mut Conn, week: &Week) -> db::Result<Week> {
    sqlx::query(
        "INSERT INTO weeks (id, starts_at, ends_at, next_seq, revision)
         VALUES ($1, $2, $3, 1, 0)
         ON CONFLICT (starts_at) DO NOTHING",
    )
    .bind(week.id.as_str())
    .bind(micros(week.starts_at))
    .bind(micros(week.ends_at))
    .execute(&mut *conn)
    .await?;
    let row: WeekRow = sqlx::query_as(
        "UPDATE weeks SET revision = revision + 1 WHERE starts_at = $1 RETURNING id, starts_at, ends_at",
    )
    .bind(micros(week.starts_at))
    .fetch_one(conn)
    .await?;
    row.try_into()
}

/// Locks a week for the rest of the transaction.
pub async fn lock_week(conn: &mut Conn, week: &WeekId) -> db::Result<()> {
    sqlx::query("UPDATE weeks SET revision = revision + 1 WHERE id = $1").bind(week.as_str()).execute(conn).await?;
    Ok(())
}

/// The week of an id.
pub async fn find_week(conn: &mut Conn, week: &WeekId) -> db::Result<Option<Week>> {
    let row: Option<WeekRow> = sqlx::query_as("SELECT id, starts_at, ends_at FROM weeks WHERE id = $1")
        .bind(week.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(Week::try_from).transpose()
}

/// Every week that has had an entry, the latest first.
pub async fn list_weeks(conn: &mut Conn) -> db::Result<Vec<Week>> {
    let rows: Vec<WeekRow> =
        sqlx::query_as("SELECT id, starts_at, ends_at FROM weeks ORDER BY starts_at DESC").fetch_all(conn).await?;
    rows.into_iter().map(Week::try_from).collect()
}

/// Takes the next place of a week.
pub async fn take_seq(conn: &mut Conn, week: &WeekId) -> db::Result<i64> {
    let (next,): (i64,) = sqlx::query_as("UPDATE weeks SET next_seq = next_seq + 1 WHERE id = $1 RETURNING next_seq")
        .bind(week.as_str())
        .fetch_one(conn)
        .await?;
    Ok(next - 1)
}

/// Keeps a version of the rules; a version that is there stays as it is.
pub async fn add_rules(conn: &mut Conn, version: i64, rules: &str, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO rules_versions (version, rules, published_at)
         VALUES ($1, $2, $3)
         ON CONFLICT (version) DO NOTHING",
    )
    .bind(version)
    .bind(rules)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// The rules of a version, as JSON.
pub async fn find_rules(conn: &mut Conn, version: i64) -> db::Result<Option<String>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT rules FROM rules_versions WHERE version = $1")
        .bind(version)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(rules,)| rules))
}

/// The numbers of a person's entries that hold their slots.
pub async fn list_entry_numbers(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<i64>> {
    let rows: Vec<(i64,)> =
        sqlx::query_as("SELECT entry_no FROM entries WHERE person_id = $1 AND entry_no IS NOT NULL ORDER BY entry_no")
            .bind(person.as_str())
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// The entry that holds a person's slot of a week and module.
pub async fn find_slot(conn: &mut Conn, person: &PersonId, module: &str, week: &WeekId) -> db::Result<Option<EntryId>> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT id FROM entries WHERE person_id = $1 AND module = $2 AND slot_week = $3")
            .bind(person.as_str())
            .bind(module)
            .bind(week.as_str())
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|(id,)| EntryId::from(id)))
}

/// Adds a submitted entry; `false` when one of its slots is taken.
pub async fn add_entry(conn: &mut Conn, entry: &Entry) -> db::Result<bool> {
    let answers = serde_json::to_string(&entry.answers)
        .map_err(|fault| db::Error::Inconsistent { column: "entries.answers", value: fault.to_string() })?;
    let added = sqlx::query(
        "INSERT INTO entries
             (id, week_id, week_seq, module, person_id, entry_no, slot_week, state, rules_version, answers, submitted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $2, $7, $8, $9, $10)
         ON CONFLICT DO NOTHING
         RETURNING id",
    )
    .bind(entry.id.as_str())
    .bind(entry.week.as_str())
    .bind(entry.week_seq)
    .bind(entry.module.as_str())
    .bind(entry.person.as_str())
    .bind(entry.entry_no)
    .bind(entry.state.as_str())
    .bind(entry.rules_version)
    .bind(answers)
    .bind(micros(entry.submitted_at))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

#[derive(FromRow)]
struct EntryRow {
    id: String,
    week_id: String,
    week_seq: i64,
    module: String,
    person_id: String,
    entry_no: Option<i64>,
    state: String,
    reason: Option<String>,
    rules_version: i64,
    answers: String,
    submitted_at: i64,
    decided_at: Option<i64>,
}

impl TryFrom<EntryRow> for Entry {
    type Error = db::Error;

    fn try_from(row: EntryRow) -> db::Result<Self> {
        let answers: Answers = serde_json::from_str(&row.answers)
            .map_err(|_format| db::Error::Inconsistent { column: "entries.answers", value: row.answers })?;
        Ok(Self {
            id: EntryId::from(row.id),
            week: WeekId::from(row.week_id),
            week_seq: row.week_seq,
            module: row.module,
            person: PersonId::from(row.person_id),
            entry_no: row.entry_no,
            state: enum_text(&row.state, "entries.state")?,
            reason: row.reason,
            rules_version: row.rules_version,
            answers,
            submitted_at: timestamp(row.submitted_at, "entries.submitted_at")?,
            decided_at: optional_timestamp(row.decided_at, "entries.decided_at")?,
        })
    }
}

/// The entry of an id.
pub async fn find_entry(conn: &mut Conn, id: &EntryId) -> db::Result<Option<Entry>> {
    let row: Option<EntryRow> = sqlx::query_as(
        "SELECT id, week_id, week_seq, module, person_id, entry_no, state, reason, rules_version, answers,
                submitted_at, decided_at
         FROM entries
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Entry::try_from).transpose()
}

/// A person's entries, the latest first.
pub async fn list_of_person(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<Entry>> {
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT id, week_id, week_seq, module, person_id, entry_no, state, reason, rules_version, answers,
                submitted_at, decided_at
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
pub async fn list_undecided(conn: &mut Conn, limit: i64) -> db::Result<Vec<Entry>> {
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT entries.id, entries.week_id, entries.week_seq, entries.module, entries.person_id, entries.entry_no,
                entries.state, entries.reason, entries.rules_version, entries.answers, entries.submitted_at,
                entries.decided_at
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

/// How many entries are not decided, over all weeks.
pub async fn count_undecided(conn: &mut Conn) -> db::Result<i64> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM entries WHERE state IN ('submitted', 'in_review')")
        .fetch_one(conn)
        .await?;
    Ok(count)
}

#[derive(FromRow)]
struct PlaceRow {
    id: String,
    week_seq: i64,
    state: String,
}

/// Every entry of a week by its place: id, place and state.
pub async fn list_places(conn: &mut Conn, week: &WeekId) -> db::Result<Vec<(EntryId, i64, EntryState)>> {
    let rows: Vec<PlaceRow> =
        sqlx::query_as("SELECT id, week_seq, state FROM entries WHERE week_id = $1 ORDER BY week_seq")
            .bind(week.as_str())
            .fetch_all(conn)
            .await?;
    rows.into_iter()
        .map(|row| Ok((EntryId::from(row.id), row.week_seq, enum_text(&row.state, "entries.state")?)))
        .collect()
}

/// Moves an entry from one of two states to another that keeps its slots; `false` when it is in neither.
pub async fn set_state(
    conn: &mut Conn,
    id: &EntryId,
    from: (EntryState, EntryState),
    to: EntryState,
    decided_at: Option<Timestamp>,
) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE entries
         SET state = $4, decided_at = $5
         WHERE id = $1 AND state IN ($2, $3)",
    )
    .bind(id.as_str())
    .bind(from.0.as_str())
    .bind(from.1.as_str())
    .bind(to.as_str())
    .bind(db::optional_micros(decided_at))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves an undecided entry to a state that frees its slots; `false` when it is decided.
pub async fn release(
    conn: &mut Conn,
    id: &EntryId,
    to: EntryState,
    reason: Option<&str>,
    now: Timestamp,
) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE entries
         SET state = $2, reason = $3, decided_at = $4, entry_no = NULL, slot_week = NULL
         WHERE id = $1 AND (state = 'submitted' OR (state = 'in_review' AND $2 = 'rejected'))",
    )
    .bind(id.as_str())
    .bind(to.as_str())
    .bind(reason)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
