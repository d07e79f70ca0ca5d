//! The table `games`.

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::db::{
    self, Conn, enum_text, from_row, json_text, micros, optional_micros, optional_timestamp, read_json, timestamp,
};
use crate::games::model::{Figures, Game, GameId, GameState};
use crate::labs::SessionId;

/// Where figures stand.
const FIGURES: &str = "games.figures";

from_row! {
    struct GameRow {
        id: String,
        session_id: String,
        lab: String,
        person_id: String,
        planner_id: Option<String>,
        state: String,
        fault: Option<String>,
        salt: String,
        commitment: Option<String>,
        inject_at: Option<i64>,
        before_hash: Option<String>,
        injected_at: Option<i64>,
        load_id: Option<String>,
        reason: Option<String>,
        figures: Option<String>,
        created_at: i64,
        ended_at: Option<i64>,
    }
}

impl TryFrom<GameRow> for Game {
    type Error = db::Error;

    fn try_from(row: GameRow) -> db::Result<Self> {
        let figures = row.figures.map(|text| read_json(&text, FIGURES));
        Ok(Self {
            id: GameId::from(row.id),
            session: SessionId::from(row.session_id),
            lab: row.lab,
            person: PersonId::from(row.person_id),
            planner: row.planner_id.map(PersonId::from),
            state: enum_text(&row.state, "games.state")?,
            fault: row.fault,
            salt: row.salt,
            commitment: row.commitment,
            inject_at: optional_timestamp(row.inject_at, "games.inject_at")?,
            before_hash: row.before_hash,
            injected_at: optional_timestamp(row.injected_at, "games.injected_at")?,
            load: row.load_id,
            reason: row.reason,
            figures: figures.transpose()?,
            created_at: timestamp(row.created_at, "games.created_at")?,
            ended_at: optional_timestamp(row.ended_at, "games.ended_at")?,
        })
    }
}

/// Adds a game that nobody has planned yet; `false` when its session has one.
pub(in crate::games) async fn add(conn: &mut Conn, game: &Game, code_hash: Option<&str>) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO games (id, session_id, lab, person_id, code_hash, state, salt, created_at, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
         ON CONFLICT DO NOTHING
         RETURNING id",
    )
    .bind(game.id.as_str())
    .bind(game.session.as_str())
    .bind(game.lab.as_str())
    .bind(game.person.as_str())
    .bind(code_hash)
    .bind(game.state.as_str())
    .bind(game.salt.as_str())
    .bind(micros(game.created_at))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// Locks a game for the rest of the transaction, and reads it.
pub(in crate::games) async fn lock(conn: &mut Conn, id: &GameId) -> db::Result<Option<Game>> {
    sqlx::query("UPDATE games SET revision = revision + 1 WHERE id = $1").bind(id.as_str()).execute(&mut *conn).await?;
    find(conn, id).await
}

/// The game of an id.
pub(in crate::games) async fn find(conn: &mut Conn, id: &GameId) -> db::Result<Option<Game>> {
    let row: Option<GameRow> = sqlx::query_as(
        "SELECT id, session_id, lab, person_id, planner_id, state, fault, salt, commitment, inject_at, before_hash,
                injected_at, load_id, reason, figures, created_at, ended_at
         FROM games
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Game::try_from).transpose()
}

/// The game that waits for whoever has the code.
pub(in crate::games) async fn find_by_code(conn: &mut Conn, code_hash: &str) -> db::Result<Option<GameId>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT id FROM games WHERE code_hash = $1 AND ended_at IS NULL")
        .bind(code_hash)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(id,)| GameId::from(id)))
}

/// The newest games that a person is on call in or plans, up to `limit`.
pub(in crate::games) async fn list_of_person(conn: &mut Conn, person: &PersonId, limit: i64) -> db::Result<Vec<Game>> {
    let rows: Vec<GameRow> = sqlx::query_as(
        "SELECT id, session_id, lab, person_id, planner_id, state, fault, salt, commitment, inject_at, before_hash,
                injected_at, load_id, reason, figures, created_at, ended_at
         FROM games
         WHERE person_id = $1 OR planner_id = $1
         ORDER BY id DESC
         LIMIT $2",
    )
    .bind(person.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Game::try_from).collect()
}

/// The faults that a person had in a lab, each with its round.
pub(in crate::games) async fn list_had(
    conn: &mut Conn,
    person: &PersonId,
    lab: &str,
) -> db::Result<Vec<(String, i64)>> {
    sqlx::query_as(
        "SELECT fault, round FROM games
         WHERE person_id = $1 AND lab = $2 AND fault IS NOT NULL AND round IS NOT NULL",
    )
    .bind(person.as_str())
    .bind(lab)
    .fetch_all(conn)
    .await
    .map_err(db::Error::from)
}

/// Lets somebody plan a game that nobody plans yet; `false` when somebody does.
pub(in crate::games) async fn set_planner(conn: &mut Conn, id: &GameId, planner: &PersonId) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE games SET planner_id = $2, code_hash = NULL
         WHERE id = $1 AND planner_id IS NULL AND state = 'open'",
    )
    .bind(id.as_str())
    .bind(planner.as_str())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What is set when a game is planned.
pub(in crate::games) struct Planned<'a> {
    pub(in crate::games) fault: &'a str,
    pub(in crate::games) round: i64,
    pub(in crate::games) inject_at: Timestamp,
    pub(in crate::games) commitment: &'a str,
    pub(in crate::games) load: &'a str,
}

/// Sets fault and moment of an open game; `false` when it is not open any more.
pub(in crate::games) async fn plan(conn: &mut Conn, id: &GameId, planned: &Planned<'_>) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE games
         SET state = 'waiting', fault = $2, round = $3, inject_at = $4, commitment = $5, load_id = $6
         WHERE id = $1 AND state = 'open'",
    )
    .bind(id.as_str())
    .bind(planned.fault)
    .bind(planned.round)
    .bind(micros(planned.inject_at))
    .bind(planned.commitment)
    .bind(planned.load)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down what is changed, before it is; `false` when the game does not wait any more.
pub(in crate::games) async fn begin_injection(conn: &mut Conn, id: &GameId, before_hash: &str) -> db::Result<bool> {
    let done =
        sqlx::query("UPDATE games SET state = 'injecting', before_hash = $2 WHERE id = $1 AND state = 'waiting'")
            .bind(id.as_str())
            .bind(before_hash)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down that the fault was injected; `false` when that is known already.
pub(in crate::games) async fn finish_injection(conn: &mut Conn, id: &GameId, at: Timestamp) -> db::Result<bool> {
    let done =
        sqlx::query("UPDATE games SET state = 'running', injected_at = $2 WHERE id = $1 AND state = 'injecting'")
            .bind(id.as_str())
            .bind(micros(at))
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a live game; a cancelled one leaves its fault to be had. `false` when it has ended.
pub(in crate::games) async fn end(
    conn: &mut Conn,
    id: &GameId,
    (state, reason): (GameState, Option<&str>),
    figures: Option<&Figures>,
    at: Timestamp,
) -> db::Result<bool> {
    let figures = figures.map(|figures| json_text(figures, FIGURES)).transpose()?;
    let done = sqlx::query(
        "UPDATE games
         SET state = $2, reason = $3, figures = $4, ended_at = $5, code_hash = NULL,
             round = CASE WHEN $2 = 'cancelled' THEN NULL ELSE round END
         WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id.as_str())
    .bind(state.as_str())
    .bind(reason)
    .bind(figures)
    .bind(optional_micros(Some(at)))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The live games whose job may have been lost.
pub(in crate::games) async fn list_live(conn: &mut Conn, limit: i64) -> db::Result<Vec<GameId>> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT id FROM games WHERE ended_at IS NULL ORDER BY id LIMIT $1")
        .bind(limit)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|(id,)| GameId::from(id)).collect())
}

/// What was measured of the newest games of others with the same fault, up to `limit`.
pub(in crate::games) async fn list_figures(
    conn: &mut Conn,
    (lab, fault): (&str, &str),
    except: &PersonId,
    limit: i64,
) -> db::Result<Vec<Figures>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT figures FROM games
         WHERE lab = $1 AND fault = $2 AND state = 'over' AND person_id <> $3 AND figures IS NOT NULL
         ORDER BY id DESC
         LIMIT $4",
    )
    .bind(lab)
    .bind(fault)
    .bind(except.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(text,)| read_json(&text, FIGURES)).collect()
}

/// Deletes the games that were cancelled before a time, with their logs; answers how many there were.
pub(in crate::games) async fn prune_cancelled(conn: &mut Conn, before: Timestamp) -> db::Result<u64> {
    sqlx::query(
        "DELETE FROM game_entry_times WHERE entry_id IN
             (SELECT game_entries.id FROM game_entries JOIN games ON games.id = game_entries.game_id
              WHERE games.state = 'cancelled' AND games.ended_at < $1)",
    )
    .bind(micros(before))
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "DELETE FROM game_entries WHERE game_id IN
             (SELECT id FROM games WHERE state = 'cancelled' AND ended_at < $1)",
    )
    .bind(micros(before))
    .execute(&mut *conn)
    .await?;
    let pruned = sqlx::query("DELETE FROM games WHERE state = 'cancelled' AND ended_at < $1")
        .bind(micros(before))
        .execute(conn)
        .await?;
    Ok(pruned.rows_affected())
}
