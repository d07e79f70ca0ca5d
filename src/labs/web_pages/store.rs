//! The table `lab_page_tickets`, and who may open a page.

use jiff::Timestamp;

use crate::accounts::{PersonId, SessionId as AccountSessionId};
use crate::db::{self, Conn, Db, from_row, micros, timestamp};
use crate::labs::model::SessionId;

/// A ticket as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::labs) struct Ticket {
    pub(in crate::labs) host: String,
    pub(in crate::labs) entry_hash: String,
    pub(in crate::labs) lab_session: SessionId,
    pub(in crate::labs) account_session: AccountSessionId,
    pub(in crate::labs) expires_at: Timestamp,
}

from_row! {
    struct TicketRow {
        host: String,
        entry_hash: String,
        lab_session_id: String,
        account_session_id: String,
        expires_at: i64,
    }
}

/// Adds a ticket whose token has this hash.
pub(in crate::labs) async fn add_ticket(conn: &mut Conn, token_hash: &str, ticket: &Ticket) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO lab_page_tickets
             (token_hash, host, entry_hash, lab_session_id, account_session_id, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(token_hash)
    .bind(ticket.host.as_str())
    .bind(ticket.entry_hash.as_str())
    .bind(ticket.lab_session.as_str())
    .bind(ticket.account_session.as_str())
    .bind(micros(ticket.expires_at))
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the ticket whose token has this hash, so that nobody takes it again.
pub(in crate::labs) async fn take_ticket(conn: &mut Conn, token_hash: &str) -> db::Result<Option<Ticket>> {
    let row: Option<TicketRow> = sqlx::query_as(
        "DELETE FROM lab_page_tickets
         WHERE token_hash = $1
         RETURNING host, entry_hash, lab_session_id, account_session_id, expires_at",
    )
    .bind(token_hash)
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Ticket {
            host: row.host,
            entry_hash: row.entry_hash,
            lab_session: SessionId::from(row.lab_session_id),
            account_session: AccountSessionId::from(row.account_session_id),
            expires_at: timestamp(row.expires_at, "lab_page_tickets.expires_at")?,
        })
    })
    .transpose()
}

/// Deletes the tickets that ran out before `now`.
pub(in crate::labs) async fn prune_tickets(conn: &mut Conn, now: Timestamp) -> db::Result<u64> {
    let pruned =
        sqlx::query("DELETE FROM lab_page_tickets WHERE expires_at <= $1").bind(micros(now)).execute(conn).await?;
    Ok(pruned.rows_affected())
}

/// Whose running session it is, if its person is signed in by that session of the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::labs) struct Owner {
    pub(in crate::labs) person: PersonId,
    pub(in crate::labs) lab: String,
    pub(in crate::labs) namespace: String,
}

from_row! {
    struct OwnerRow {
        person_id: String,
        lab: String,
        namespace: String,
    }
}

/// The owner of a running session who is signed in by a session of the accounts, as of `now`.
pub(in crate::labs) async fn find_owner(
    db: &Db,
    lab_session: &SessionId,
    account_session: &AccountSessionId,
    now: Timestamp,
) -> db::Result<Option<Owner>> {
    let query = sqlx::query_as(
        "SELECT lab_sessions.person_id, lab_sessions.lab, lab_sessions.namespace
         FROM lab_sessions
         JOIN sessions ON sessions.person_id = lab_sessions.person_id
         JOIN people ON people.id = lab_sessions.person_id
         WHERE lab_sessions.id = $1 AND lab_sessions.state = 'ready' AND lab_sessions.expires_at > $3
           AND sessions.id = $2 AND sessions.ended_at IS NULL AND sessions.expires_at > $3
           AND people.closed_at IS NULL",
    )
    .bind(lab_session.as_str().to_owned())
    .bind(account_session.as_str().to_owned())
    .bind(micros(now));
    let row: Option<OwnerRow> = db.lookup(query).await?.pop();
    Ok(row.map(|row| Owner { person: PersonId::from(row.person_id), lab: row.lab, namespace: row.namespace }))
}
