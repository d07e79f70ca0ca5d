//! The tables `lesson_reads`, `lesson_places`, `question_attempts` and `practice_cards`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::FromRow;

use super::practice::{Card, Stage};
use super::question::{Answer, Judgement};
use crate::accounts::PersonId;
use crate::db::{self, Conn, micros, optional_micros, optional_timestamp};

crate::id_types! {
    /// One attempt at a question.
    AttemptId;
}

/// Notes that a person has read a lesson; noting it again changes nothing.
pub async fn add_read(conn: &mut Conn, person: &PersonId, lesson_path: &str, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO lesson_reads (person_id, lesson_path, read_at)
         VALUES ($1, $2, $3)
         ON CONFLICT (person_id, lesson_path) DO NOTHING",
    )
    .bind(person.as_str())
    .bind(lesson_path)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the note back.
pub async fn remove_read(conn: &mut Conn, person: &PersonId, lesson_path: &str) -> db::Result<()> {
    sqlx::query("DELETE FROM lesson_reads WHERE person_id = $1 AND lesson_path = $2")
        .bind(person.as_str())
        .bind(lesson_path)
        .execute(conn)
        .await?;
    Ok(())
}

/// The paths of all lessons that a person has read.
pub async fn list_reads(conn: &mut Conn, person: &PersonId) -> db::Result<BTreeSet<String>> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT lesson_path FROM lesson_reads WHERE person_id = $1")
        .bind(person.as_str())
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|(path,)| path).collect())
}

/// Keeps the lesson that a person opened last.
pub async fn set_place(conn: &mut Conn, person: &PersonId, lesson_path: &str, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO lesson_places (person_id, lesson_path, opened_at)
         VALUES ($1, $2, $3)
         ON CONFLICT (person_id) DO UPDATE SET lesson_path = $2, opened_at = $3",
    )
    .bind(person.as_str())
    .bind(lesson_path)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// The lesson that a person opened last.
pub async fn find_place(conn: &mut Conn, person: &PersonId) -> db::Result<Option<String>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT lesson_path FROM lesson_places WHERE person_id = $1")
        .bind(person.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(path,)| path))
}

/// An attempt to be added.
#[derive(Debug)]
pub struct NewAttempt<'a> {
    /// Its id.
    pub id: &'a AttemptId,
    /// Who made it.
    pub person: &'a PersonId,
    /// The lesson that asks.
    pub lesson_path: &'a str,
    /// The question.
    pub question_id: &'a str,
    /// The answer.
    pub answer: &'a Answer,
    /// What it is worth.
    pub judgement: Judgement,
}

/// Adds an attempt.
pub async fn add_attempt(conn: &mut Conn, attempt: &NewAttempt<'_>, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO question_attempts (id, person_id, lesson_path, question_id, answer, judgement, attempted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(attempt.id.as_str())
    .bind(attempt.person.as_str())
    .bind(attempt.lesson_path)
    .bind(attempt.question_id)
    .bind(serde_json::to_string(attempt.answer).unwrap_or_default())
    .bind(attempt.judgement.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct AttemptRow {
    question_id: String,
    answer: String,
}

/// A person's newest answer to each question of a lesson.
pub async fn list_newest_answers(
    conn: &mut Conn,
    person: &PersonId,
    lesson_path: &str,
) -> db::Result<BTreeMap<String, Answer>> {
    // Oldest first, so that the newest of a question is the one that stays in the map.
    let rows: Vec<AttemptRow> = sqlx::query_as(
        "SELECT question_id, answer
         FROM question_attempts
         WHERE person_id = $1 AND lesson_path = $2
         ORDER BY attempted_at, id",
    )
    .bind(person.as_str())
    .bind(lesson_path)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let answer = serde_json::from_str(&row.answer)
                .map_err(|_format| db::Error::Inconsistent { column: "question_attempts.answer", value: row.answer })?;
            Ok((row.question_id, answer))
        })
        .collect()
}

/// Locks the place of a question among a person's cards, and answers it; none while it was never missed.
pub async fn lock_card(
    conn: &mut Conn,
    person: &PersonId,
    (lesson_path, question_id): (&str, &str),
) -> db::Result<Option<Stage>> {
    let (state, place, due_at): (String, Option<i64>, Option<i64>) = sqlx::query_as(
        "INSERT INTO practice_cards (person_id, lesson_path, question_id, state)
         VALUES ($1, $2, $3, 'unmissed')
         ON CONFLICT (person_id, lesson_path, question_id) DO UPDATE SET state = practice_cards.state
         RETURNING state, box, due_at",
    )
    .bind(person.as_str())
    .bind(lesson_path)
    .bind(question_id)
    .fetch_one(conn)
    .await?;
    read_stage(state, place, due_at)
}

fn read_stage(state: String, place: Option<i64>, due_at: Option<i64>) -> db::Result<Option<Stage>> {
    let place = place.and_then(|place| usize::try_from(place).ok());
    match (state.as_str(), place, optional_timestamp(due_at, "practice_cards.due_at")?) {
        ("unmissed", None, None) => Ok(None),
        ("learned", None, None) => Ok(Some(Stage::Learned)),
        ("boxed", Some(place), Some(due_at)) => Ok(Some(Stage::Boxed { place, due_at })),
        _ => Err(db::Error::Inconsistent { column: "practice_cards.state", value: state }),
    }
}

/// Moves a card that [`lock_card`] has locked.
pub async fn move_card(
    conn: &mut Conn,
    person: &PersonId,
    (lesson_path, question_id): (&str, &str),
    stage: Stage,
) -> db::Result<()> {
    let (name, place, due_at) = match stage {
        Stage::Boxed { place, due_at } => ("boxed", i64::try_from(place).ok(), Some(due_at)),
        Stage::Learned => ("learned", None, None),
    };
    sqlx::query(
        "UPDATE practice_cards SET state = $4, box = $5, due_at = $6
         WHERE person_id = $1 AND lesson_path = $2 AND question_id = $3",
    )
    .bind(person.as_str())
    .bind(lesson_path)
    .bind(question_id)
    .bind(name)
    .bind(place)
    .bind(optional_micros(due_at))
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct CardRow {
    lesson_path: String,
    question_id: String,
    state: String,
    #[sqlx(rename = "box")]
    place: Option<i64>,
    due_at: Option<i64>,
}

/// A person's cards, those due first before others; with `due_by`, those alone that are due by then.
pub async fn list_cards(conn: &mut Conn, person: &PersonId, due_by: Option<Timestamp>) -> db::Result<Vec<Card>> {
    let rows: Vec<CardRow> = sqlx::query_as(
        "SELECT lesson_path, question_id, state, box, due_at
         FROM practice_cards
         WHERE person_id = $1 AND state <> 'unmissed' AND (CAST($2 AS BIGINT) IS NULL OR due_at <= $2)
         ORDER BY due_at NULLS LAST, lesson_path, question_id",
    )
    .bind(person.as_str())
    .bind(optional_micros(due_by))
    .fetch_all(conn)
    .await?;
    let mut cards = Vec::new();
    for row in rows {
        if let Some(stage) = read_stage(row.state, row.place, row.due_at)? {
            cards.push(Card { lesson_path: row.lesson_path, question_id: row.question_id, stage });
        }
    }
    Ok(cards)
}
