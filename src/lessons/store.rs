//! The tables `lesson_reads`, `lesson_places` and `question_attempts`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::FromRow;

use super::practice::Attempt;
use super::question::{Answer, Judgement};
use crate::accounts::PersonId;
use crate::db::{self, Conn, enum_text, micros, timestamp};

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

#[derive(FromRow)]
struct JudgedRow {
    lesson_path: String,
    question_id: String,
    judgement: String,
    attempted_at: i64,
}

/// A person's attempts that were right or wrong, from the oldest on.
pub async fn list_judged(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<Attempt>> {
    let rows: Vec<JudgedRow> = sqlx::query_as(
        "SELECT lesson_path, question_id, judgement, attempted_at
         FROM question_attempts
         WHERE person_id = $1 AND judgement <> 'open'
         ORDER BY attempted_at, id",
    )
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Attempt {
                lesson_path: row.lesson_path,
                question_id: row.question_id,
                judgement: enum_text(&row.judgement, "question_attempts.judgement")?,
                attempted_at: timestamp(row.attempted_at, "question_attempts.attempted_at")?,
            })
        })
        .collect()
}
