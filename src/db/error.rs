//! What can go wrong between a statement and its rows.

/// The answer of a store function.
pub type Result<T> = std::result::Result<T, Error>;

/// A fault of the database; a refusal is never one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another writer held the database for longer than the busy timeout, or every connection was taken.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// The disk that holds the database is full.
    #[error("the disk under the database is full")]
    Full(#[source] sqlx::Error),
    /// The pool was closed, which happens while stopping.
    #[error("the database is closed")]
    Closed,
    /// A stored value that the program never writes.
    #[error("{column} holds {value:?}, which is not one of its values")]
    Inconsistent {
        /// Table and column.
        column: &'static str,
        /// What is stored.
        value: String,
    },
    /// Anything else the driver says.
    #[error(transparent)]
    Driver(sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(fault: sqlx::Error) -> Self {
        match fault {
            sqlx::Error::PoolTimedOut => Self::Busy(fault),
            sqlx::Error::PoolClosed => Self::Closed,
            fault => match code(&fault).as_deref() {
                // SQLite: https://sqlite.org/rescode.html; PostgreSQL: appendix A of its manual.
                Some("5" | "6" | "261" | "517" | "55P03" | "53300") => Self::Busy(fault),
                Some("13" | "53100") => Self::Full(fault),
                _ => Self::Driver(fault),
            },
        }
    }
}

fn code(fault: &sqlx::Error) -> Option<String> {
    fault.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned)
}
