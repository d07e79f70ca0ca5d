//! The tables `grading_requests`, `grading_verdicts` and `grading_flags`; those of the chain and of the evidence are in
//! [`chain`], each of the others in the file of its name.

pub(super) mod answers;
pub(super) mod attempts;
pub(super) mod chain;
pub(super) mod hints;
pub(super) mod live;
pub(super) mod passes;
pub(super) mod records;
pub(super) mod statistics;

use jiff::Timestamp;

use super::model::{CheckResult, Flag, GradingRequest, GradingRequestId, Judged, VerdictRecord};
use crate::accounts::PersonId;
use crate::db::{self, Conn, enum_text, from_row, micros, timestamp};
use crate::labs::SessionId;

/// How often a request that is asked for again while it waits is read once more: asking on and on keeps no worker.
pub(super) const MAX_ASKED_AGAIN: i64 = 5;

/// Adds a request, or answers the one of the session that waits already, which asks for all tasks if either does.
pub(super) async fn add_request(conn: &mut Conn, request: &GradingRequest) -> db::Result<GradingRequestId> {
    let (id,): (String,) = sqlx::query_as(
        "INSERT INTO grading_requests (id, person_id, session_id, lab, state, requested_at, asks_all)
         VALUES ($1, $2, $3, $4, 'waiting', $5, $6)
         ON CONFLICT (session_id) WHERE state = 'waiting'
         DO UPDATE SET asks_all = CASE excluded.asks_all WHEN 1 THEN 1 ELSE grading_requests.asks_all END,
             asked_again = grading_requests.asked_again + 1
         RETURNING id",
    )
    .bind(request.id.as_str())
    .bind(request.person_id.as_str())
    .bind(request.session_id.as_str())
    .bind(request.lab.as_str())
    .bind(micros(request.requested_at))
    .bind(i64::from(request.asks_all))
    .fetch_one(conn)
    .await?;
    Ok(GradingRequestId::from(id))
}

/// When a person asked by the button for the request that is `count` before their newest one, if that was after `since`.
pub(super) async fn find_nth_newest(
    conn: &mut Conn,
    person: &PersonId,
    since: Timestamp,
    count: i64,
) -> db::Result<Option<Timestamp>> {
    let row: Option<(i64,)> = sqlx::query_as(
        "SELECT requested_at FROM grading_requests WHERE person_id = $1 AND requested_at > $2 AND origin = 'learner'
         ORDER BY requested_at DESC LIMIT 1 OFFSET $3",
    )
    .bind(person.as_str())
    .bind(micros(since))
    .bind(count)
    .fetch_optional(conn)
    .await?;
    row.map(|(at,)| timestamp(at, "grading_requests.requested_at")).transpose()
}

/// Ends a request that waits, with the record of its verdicts if it has any; `false` when it has ended already, or was asked
/// for again after it was read.
pub(super) async fn finish_request(
    conn: &mut Conn,
    request: &GradingRequest,
    record: Option<&str>,
    now: Timestamp,
) -> db::Result<bool> {
    let ended = sqlx::query(
        "UPDATE grading_requests
         SET state = CASE WHEN CAST($2 AS TEXT) IS NULL THEN 'abandoned' ELSE 'graded' END, record = $2, ended_at = $3
         WHERE id = $1 AND state = 'waiting' AND (asked_again = $4 OR CAST($4 AS BIGINT) >= $5)
         RETURNING id",
    )
    .bind(request.id.as_str())
    .bind(record)
    .bind(micros(now))
    .bind(request.asked_again)
    .bind(MAX_ASKED_AGAIN)
    .fetch_optional(conn)
    .await?;
    Ok(ended.is_some())
}

from_row! {
    struct RequestRow {
        id: String,
        person_id: String,
        session_id: String,
        lab: String,
        origin: String,
        state: String,
        requested_at: i64,
        asks_all: i64,
        asked_again: i64,
    }
}

impl TryFrom<RequestRow> for GradingRequest {
    type Error = db::Error;

    fn try_from(row: RequestRow) -> db::Result<Self> {
        Ok(Self {
            id: GradingRequestId::from(row.id),
            person_id: PersonId::from(row.person_id),
            session_id: SessionId::from(row.session_id),
            lab: row.lab,
            origin: enum_text(&row.origin, "grading_requests.origin")?,
            asks_all: row.asks_all == 1,
            asked_again: row.asked_again,
            is_waiting: row.state == "waiting",
            requested_at: timestamp(row.requested_at, "grading_requests.requested_at")?,
        })
    }
}

/// One request.
pub(super) async fn find_request(conn: &mut Conn, id: &GradingRequestId) -> db::Result<Option<GradingRequest>> {
    let row: Option<RequestRow> = sqlx::query_as(
        "SELECT id, person_id, session_id, lab, origin, state, requested_at, asks_all, asked_again
         FROM grading_requests WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(GradingRequest::try_from).transpose()
}

/// Whether a request of the session waits for its verdicts.
pub(super) async fn is_waiting(conn: &mut Conn, session: &SessionId) -> db::Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT id FROM grading_requests WHERE session_id = $1 AND state = 'waiting'")
            .bind(session.as_str())
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Adds a verdict at a position of its request.
pub(super) async fn add_verdict(
    conn: &mut Conn,
    request: &GradingRequest,
    position: i64,
    result: &CheckResult,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO grading_verdicts (request_id, task, check_id, position, verdict, hint, judged_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(request.id.as_str())
    .bind(result.task.as_str())
    .bind(result.check.as_str())
    .bind(position)
    .bind(result.judged.verdict.as_str())
    .bind(result.judged.hint.as_deref())
    .bind(micros(result.judged_at))
    .execute(conn)
    .await?;
    Ok(())
}

from_row! {
    pub(super) struct VerdictRow {
        request_id: String,
        task: String,
        check_id: String,
        verdict: String,
        hint: Option<String>,
        judged_at: i64,
    }
}

impl TryFrom<VerdictRow> for VerdictRecord {
    type Error = db::Error;

    fn try_from(row: VerdictRow) -> db::Result<Self> {
        Ok(Self {
            request: GradingRequestId::from(row.request_id),
            task: row.task,
            check: row.check_id,
            judged: Judged { verdict: enum_text(&row.verdict, "grading_verdicts.verdict")?, hint: row.hint },
            judged_at: timestamp(row.judged_at, "grading_verdicts.judged_at")?,
        })
    }
}

/// The verdicts of one request, in the order they were given.
pub(super) async fn list_verdicts(conn: &mut Conn, request: &GradingRequestId) -> db::Result<Vec<VerdictRecord>> {
    let rows: Vec<VerdictRow> = sqlx::query_as(
        "SELECT request_id, task, check_id, verdict, hint, judged_at FROM grading_verdicts
         WHERE request_id = $1 ORDER BY position",
    )
    .bind(request.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(VerdictRecord::try_from).collect()
}

/// Up to `limit` people after `after` who had the lab checked, in the order of their ids.
pub(super) async fn list_people(conn: &mut Conn, lab: &str, after: &str, limit: i64) -> db::Result<Vec<PersonId>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT DISTINCT person_id FROM grading_requests WHERE lab = $1 AND person_id > $2 ORDER BY person_id LIMIT $3",
    )
    .bind(lab)
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id,)| PersonId::from(id)).collect())
}

/// Records that `nonce`, if it is that of another person's session, was found in an object of this request's session.
pub(super) async fn add_flag(
    conn: &mut Conn,
    request: &GradingRequest,
    (nonce, object): (&str, &str),
    now: Timestamp,
) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO grading_flags (session_id, other_session_id, person_id, found_at, object)
         SELECT $1, id, $2, $3, $5 FROM lab_sessions WHERE nonce = $4 AND person_id <> $2
         ON CONFLICT (session_id, other_session_id) DO NOTHING
         RETURNING session_id",
    )
    .bind(request.session_id.as_str())
    .bind(request.person_id.as_str())
    .bind(micros(now))
    .bind(nonce)
    .bind(object)
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

from_row! {
    struct FlagRow {
        session_id: String,
        other_session_id: String,
        other_person_id: String,
        lab: String,
        found_at: i64,
        object: Option<String>,
    }
}

/// The flags about a person's sessions, the newest first.
pub(super) async fn list_flags(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<Flag>> {
    let rows: Vec<FlagRow> = sqlx::query_as(
        "SELECT f.session_id, f.other_session_id, s.person_id AS other_person_id, s.lab, f.found_at, f.object
         FROM grading_flags f JOIN lab_sessions s ON s.id = f.other_session_id
         WHERE f.person_id = $1
         ORDER BY f.found_at DESC, f.other_session_id",
    )
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Flag {
                session_id: SessionId::from(row.session_id),
                other_session_id: SessionId::from(row.other_session_id),
                other_person: PersonId::from(row.other_person_id),
                lab: row.lab,
                found_at: timestamp(row.found_at, "grading_flags.found_at")?,
                object: row.object,
            })
        })
        .collect()
}
