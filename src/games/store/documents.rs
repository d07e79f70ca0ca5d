//! The tables `game_runbooks` and `game_postmortems`.

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::db::{self, Conn, enum_text, from_row, micros, optional_timestamp, timestamp};
use crate::games::model::{GameId, Postmortem, PostmortemState};

from_row! {
    struct PostmortemRow {
        text: String,
        saved_at: i64,
        state: String,
        submitted: Option<String>,
        submitted_at: Option<i64>,
        comment: Option<String>,
        reviewed_at: Option<i64>,
    }
}

/// Keeps a runbook in place of the one before.
pub(in crate::games) async fn put_runbook(
    conn: &mut Conn,
    (person, lab): (&PersonId, &str),
    text: &str,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO game_runbooks (person_id, lab, text, saved_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id, lab) DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at",
    )
    .bind(person.as_str())
    .bind(lab)
    .bind(text)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// A person's runbook for a lab, and when it was saved.
pub(in crate::games) async fn find_runbook(
    conn: &mut Conn,
    person: &PersonId,
    lab: &str,
) -> db::Result<Option<(String, Timestamp)>> {
    let row: Option<(String, i64)> =
        sqlx::query_as("SELECT text, saved_at FROM game_runbooks WHERE person_id = $1 AND lab = $2")
            .bind(person.as_str())
            .bind(lab)
            .fetch_optional(conn)
            .await?;
    row.map(|(text, at)| Ok((text, timestamp(at, "game_runbooks.saved_at")?))).transpose()
}

/// Keeps a draft of a postmortem; what was submitted stays as it is.
pub(in crate::games) async fn put_postmortem(
    conn: &mut Conn,
    game: &GameId,
    text: &str,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO game_postmortems (game_id, text, saved_at, state, revision) VALUES ($1, $2, $3, 'draft', 0)
         ON CONFLICT (game_id) DO UPDATE
         SET text = excluded.text, saved_at = excluded.saved_at, revision = game_postmortems.revision + 1",
    )
    .bind(game.as_str())
    .bind(text)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Submits the draft of a postmortem for review, again where it was; `false` when it is accepted.
pub(in crate::games) async fn submit(conn: &mut Conn, game: &GameId, now: Timestamp) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE game_postmortems
         SET state = 'submitted', submitted = text, submitted_at = $2, revision = revision + 1
         WHERE game_id = $1 AND state <> 'accepted'",
    )
    .bind(game.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes a decision down; `false` when what was read at `submitted_at` waits for none any more.
pub(in crate::games) async fn decide(
    conn: &mut Conn,
    (game, submitted_at): (&GameId, Timestamp),
    (state, comment): (PostmortemState, &str),
    (reviewer, now): (&PersonId, Timestamp),
) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE game_postmortems
         SET state = $3, comment = $4, reviewer_id = $5, reviewed_at = $6, revision = revision + 1
         WHERE game_id = $1 AND state = 'submitted' AND submitted_at = $2",
    )
    .bind(game.as_str())
    .bind(micros(submitted_at))
    .bind(state.as_str())
    .bind(comment)
    .bind(reviewer.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The postmortem of a game.
pub(in crate::games) async fn find_postmortem(conn: &mut Conn, game: &GameId) -> db::Result<Option<Postmortem>> {
    let row: Option<PostmortemRow> = sqlx::query_as(
        "SELECT text, saved_at, state, submitted, submitted_at, comment, reviewed_at
         FROM game_postmortems
         WHERE game_id = $1",
    )
    .bind(game.as_str())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Postmortem {
        text: row.text,
        saved_at: timestamp(row.saved_at, "game_postmortems.saved_at")?,
        state: enum_text(&row.state, "game_postmortems.state")?,
        submitted: row.submitted,
        submitted_at: optional_timestamp(row.submitted_at, "game_postmortems.submitted_at")?,
        comment: row.comment,
        reviewed_at: optional_timestamp(row.reviewed_at, "game_postmortems.reviewed_at")?,
    }))
}

/// Whether a person has submitted the postmortem of a game of a lab that is over.
pub(in crate::games) async fn has_submitted(conn: &mut Conn, person: &PersonId, lab: &str) -> db::Result<bool> {
    let found: Option<(String,)> = sqlx::query_as(
        "SELECT p.game_id FROM games g JOIN game_postmortems p ON p.game_id = g.id
         WHERE g.person_id = $1 AND g.lab = $2 AND g.state = 'over' AND p.submitted IS NOT NULL AND p.state <> 'draft'
         LIMIT 1",
    )
    .bind(person.as_str())
    .bind(lab)
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// The games whose postmortem waits for a review, the longest waiting first, with when it was submitted.
pub(in crate::games) async fn list_submitted(conn: &mut Conn, limit: i64) -> db::Result<Vec<(GameId, Timestamp)>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT game_id, submitted_at FROM game_postmortems
         WHERE state = 'submitted' AND submitted_at IS NOT NULL
         ORDER BY submitted_at, game_id
         LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(game, at)| Ok((GameId::from(game), timestamp(at, "game_postmortems.submitted_at")?)))
        .collect()
}
