//! The tables `lesson_reads`, `last_opened_lessons`, `question_answers` and `practice_cards`.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::model::AnswerId;
use super::practice::{Card, QuestionKey, Stage};
use super::progress::LessonMarks;
use super::question::{Answer, Judgement};
use crate::accounts::PersonId;
use crate::db::{self, Conn, Db, micros, optional_micros, optional_timestamp};

/// Records that a person has read a lesson; recording it again changes nothing.
pub(super) async fn add_read(conn: &mut Conn, person: &PersonId, lesson_path: &str, now: Timestamp) -> db::Result<()> {
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

/// Removes the record that a person has read a lesson.
pub(super) async fn remove_read(conn: &mut Conn, person: &PersonId, lesson_path: &str) -> db::Result<()> {
    sqlx::query("DELETE FROM lesson_reads WHERE person_id = $1 AND lesson_path = $2")
        .bind(person.as_str())
        .bind(lesson_path)
        .execute(conn)
        .await?;
    Ok(())
}

/// The paths of the lessons that a person has read, of those that begin with `prefix`.
pub(super) async fn list_reads(conn: &mut Conn, person: &PersonId, prefix: &str) -> db::Result<BTreeSet<String>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT lesson_path
         FROM lesson_reads
         WHERE person_id = $1 AND substr(lesson_path, 1, length(CAST($2 AS TEXT))) = $2",
    )
    .bind(person.as_str())
    .bind(prefix)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(path,)| path).collect())
}

/// Whether it was read and opened last, and of each question the id, the newest answer and when the right one was shown.
type MarksRow = (i64, i64, Option<String>, Option<String>, Option<i64>);

/// What a person has done with a lesson: whether they have read it, whether they opened it last, and their newest answer
/// to each of its questions. One statement, since every view of a lesson waits for it.
pub(super) async fn find_marks(db: &Db, person: &PersonId, lesson_path: &str) -> db::Result<LessonMarks> {
    let query = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM lesson_reads WHERE person_id = $1 AND lesson_path = $2),
                (SELECT COUNT(*) FROM last_opened_lessons WHERE person_id = $1 AND lesson_path = $2),
                answer.question_id, answer.answer, card.shown_at
         FROM (SELECT 1 AS one) AS single
         LEFT JOIN question_answers AS answer
           ON answer.person_id = $1 AND answer.lesson_path = $2
          AND NOT EXISTS (SELECT 1 FROM question_answers AS later
                          WHERE later.person_id = $1 AND later.lesson_path = $2 AND later.question_id = answer.question_id
                            AND (later.answered_at, later.id) > (answer.answered_at, answer.id))
         LEFT JOIN practice_cards AS card
           ON card.person_id = $1 AND card.lesson_path = $2 AND card.question_id = answer.question_id",
    )
    .bind(person.as_str())
    .bind(lesson_path);
    let rows: Vec<MarksRow> = db.lookup(query).await?;
    let mut marks = LessonMarks::default();
    for (reads, opened, question_id, answer, shown_at) in rows {
        marks.is_read = reads > 0;
        marks.is_last_opened = opened > 0;
        if let (Some(question_id), Some(answer)) = (question_id, answer) {
            if shown_at.is_some() {
                marks.shown.insert(question_id.clone());
            }
            marks.answers.insert(question_id, parse_answer(answer)?);
        }
    }
    Ok(marks)
}

/// Keeps the lesson that a person opened last.
pub(super) async fn set_last_opened(
    conn: &mut Conn,
    person: &PersonId,
    lesson_path: &str,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO last_opened_lessons (person_id, lesson_path, opened_at)
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
pub(super) async fn find_last_opened(conn: &mut Conn, person: &PersonId) -> db::Result<Option<String>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT lesson_path FROM last_opened_lessons WHERE person_id = $1")
        .bind(person.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(path,)| path))
}

/// An answer to be added.
#[derive(Debug)]
pub(super) struct NewAnswer<'a> {
    /// Its id.
    pub(super) id: &'a AnswerId,
    /// Who gave it.
    pub(super) person: &'a PersonId,
    /// The lesson that asks.
    pub(super) lesson_path: &'a str,
    /// The question.
    pub(super) question_id: &'a str,
    /// What was answered.
    pub(super) answer: &'a Answer,
    /// What it is worth.
    pub(super) judgement: Judgement,
}

/// Adds an answer.
pub(super) async fn add_answer(conn: &mut Conn, new: &NewAnswer<'_>, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO question_answers (id, person_id, lesson_path, question_id, answer, judgement, answered_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id.as_str())
    .bind(new.person.as_str())
    .bind(new.lesson_path)
    .bind(new.question_id)
    .bind(serde_json::to_string(new.answer).unwrap_or_default())
    .bind(new.judgement.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// A person's newest answer to one question.
pub(super) async fn find_newest_answer(
    conn: &mut Conn,
    person: &PersonId,
    (lesson_path, question_id): (&str, &str),
) -> db::Result<Option<Answer>> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT answer
         FROM question_answers
         WHERE person_id = $1 AND lesson_path = $2 AND question_id = $3
         ORDER BY answered_at DESC, id DESC
         LIMIT 1",
    )
    .bind(person.as_str())
    .bind(lesson_path)
    .bind(question_id)
    .fetch_optional(conn)
    .await?;
    row.map(|(answer,)| parse_answer(answer)).transpose()
}

fn parse_answer(text: String) -> db::Result<Answer> {
    serde_json::from_str(&text)
        .map_err(|_format| db::Error::Inconsistent { column: "question_answers.answer", value: text })
}

/// Locks the row of a question among a person's cards, and answers its stage, none while it was never missed, and whether the
/// answer was shown since it was last asked anew.
pub(super) async fn lock_card(
    conn: &mut Conn,
    person: &PersonId,
    (lesson_path, question_id): (&str, &str),
) -> db::Result<(Option<Stage>, bool)> {
    let row: CardStateRow = sqlx::query_as(
        "INSERT INTO practice_cards (person_id, lesson_path, question_id, state)
         VALUES ($1, $2, $3, 'unmissed')
         ON CONFLICT (person_id, lesson_path, question_id) DO UPDATE SET state = practice_cards.state
         RETURNING state, box, due_at, shown_at",
    )
    .bind(person.as_str())
    .bind(lesson_path)
    .bind(question_id)
    .fetch_one(conn)
    .await?;
    read_card_state(row)
}

/// The stage of a question among a person's cards, none while it was never missed, and whether the answer was shown since it
/// was last asked anew.
pub(super) async fn find_card(
    conn: &mut Conn,
    person: &PersonId,
    (lesson_path, question_id): (&str, &str),
) -> db::Result<(Option<Stage>, bool)> {
    let row: Option<CardStateRow> = sqlx::query_as(
        "SELECT state, box, due_at, shown_at
         FROM practice_cards
         WHERE person_id = $1 AND lesson_path = $2 AND question_id = $3",
    )
    .bind(person.as_str())
    .bind(lesson_path)
    .bind(question_id)
    .fetch_optional(conn)
    .await?;
    row.map_or(Ok((None, false)), read_card_state)
}

/// The columns of [`StageRow`], and when the answer was shown.
type CardStateRow = (String, Option<i64>, Option<i64>, Option<i64>);

fn read_card_state((state, number, due_at, shown_at): CardStateRow) -> db::Result<(Option<Stage>, bool)> {
    Ok((read_stage((state, number, due_at))?, shown_at.is_some()))
}

/// The state, the number of the box and when the card is due.
type StageRow = (String, Option<i64>, Option<i64>);

fn read_stage((state, number, due_at): StageRow) -> db::Result<Option<Stage>> {
    let number = number.and_then(|number| usize::try_from(number).ok());
    match (state.as_str(), number, optional_timestamp(due_at, "practice_cards.due_at")?) {
        ("unmissed", None, None) => Ok(None),
        ("learned", None, None) => Ok(Some(Stage::Learned)),
        ("boxed", Some(number), Some(due_at)) => Ok(Some(Stage::Boxed { number, due_at })),
        _ => Err(db::Error::Inconsistent { column: "practice_cards.state", value: state }),
    }
}

/// Sets the stage of a card that [`lock_card`] has locked.
pub(super) async fn set_stage(
    conn: &mut Conn,
    person: &PersonId,
    (lesson_path, question_id): (&str, &str),
    stage: Stage,
) -> db::Result<()> {
    let (name, number, due_at) = match stage {
        Stage::Boxed { number, due_at } => ("boxed", i64::try_from(number).ok(), Some(due_at)),
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
    .bind(number)
    .bind(optional_micros(due_at))
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets when the answer to a question whose card [`lock_card`] has locked was shown; none when it is asked anew.
pub(super) async fn set_shown(
    conn: &mut Conn,
    person: &PersonId,
    (lesson_path, question_id): (&str, &str),
    shown_at: Option<Timestamp>,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE practice_cards SET shown_at = $4 WHERE person_id = $1 AND lesson_path = $2 AND question_id = $3",
    )
    .bind(person.as_str())
    .bind(lesson_path)
    .bind(question_id)
    .bind(optional_micros(shown_at))
    .execute(conn)
    .await?;
    Ok(())
}

/// The lesson, the question and the columns of [`StageRow`].
type CardRow = (String, String, String, Option<i64>, Option<i64>);

/// A person's cards, those due first before others.
pub(super) async fn list_cards(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<Card>> {
    let rows: Vec<CardRow> = sqlx::query_as(
        "SELECT lesson_path, question_id, state, box, due_at
         FROM practice_cards
         WHERE person_id = $1 AND state <> 'unmissed'
         ORDER BY due_at NULLS LAST, lesson_path, question_id",
    )
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    let mut cards = Vec::new();
    for (lesson_path, question_id, state, number, due_at) in rows {
        if let Some(stage) = read_stage((state, number, due_at))? {
            cards.push(Card { key: QuestionKey { lesson_path, question_id }, stage });
        }
    }
    Ok(cards)
}

/// The questions of a person's cards that are due at `now`, those due longest first.
pub(super) async fn list_due(conn: &mut Conn, person: &PersonId, now: Timestamp) -> db::Result<Vec<QuestionKey>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT lesson_path, question_id
         FROM practice_cards
         WHERE person_id = $1 AND due_at <= $2
         ORDER BY due_at, lesson_path, question_id",
    )
    .bind(person.as_str())
    .bind(micros(now))
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(lesson_path, question_id)| QuestionKey { lesson_path, question_id }).collect())
}
