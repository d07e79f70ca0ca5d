//! Who is or was on the programme's staff, and so could read what a good answer has.
//!
//! The account says who is, and the audit log who was: each change of a role stands in it, in the same transaction.

use crate::accounts::PersonId;
use crate::checkpoints::model::WeekId;
use crate::db::{self, Conn};

/// The condition that the person of this id is or was on the staff. Once it holds, it holds for good.
macro_rules! staff_condition {
    ($person:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM people WHERE people.id = ",
            $person,
            " AND people.role <> 'learner')
              OR EXISTS (SELECT 1 FROM audit_events
                         WHERE audit_events.subject = ",
            $person,
            "
                           AND audit_events.action IN ('person.create', 'person.first_admin', 'person.set_role')
                           AND audit_events.detail <> '{\"role\":\"learner\"}'))"
        )
    };
}
pub(super) use staff_condition;

/// Whether somebody is or was on the staff.
pub(in crate::checkpoints) async fn is_staff(conn: &mut Conn, person: &PersonId) -> db::Result<bool> {
    let (count,): (i64,) = sqlx::query_as(concat!(
        "SELECT COUNT(*) FROM people AS person WHERE person.id = $1 AND ",
        staff_condition!("person.id")
    ))
    .bind(person.as_str())
    .fetch_one(conn)
    .await?;
    Ok(count > 0)
}

/// The weeks in which an entry of somebody on the staff is not decided.
pub(in crate::checkpoints) async fn list_weeks_of_staff(conn: &mut Conn) -> db::Result<Vec<WeekId>> {
    let rows: Vec<(String,)> = sqlx::query_as(concat!(
        "SELECT DISTINCT week_id FROM entries WHERE state IN ('submitted', 'in_review') AND ",
        staff_condition!("entries.person_id"),
        " ORDER BY week_id"
    ))
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(week,)| WeekId::from(week)).collect())
}
