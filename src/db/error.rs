//! What can go wrong between a statement and its rows.

/// The answer of a store function.
pub type Result<T> = std::result::Result<T, Error>;

/// A fault of the database; a refusal is never one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others were in the way: a writer held the database for too long, two waited for each other, every connection was
    /// taken, or the work took longer than it may. Nothing was changed, and another try may go through.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// The disk that holds the database takes no more: it is full, over its quota, or failing.
    #[error("the disk under the database takes no more")]
    Full(#[source] sqlx::Error),
    /// The server is gone, or not up yet.
    #[error("the database does not answer")]
    Unreachable(#[source] sqlx::Error),
    /// The pool was closed, which happens while stopping.
    #[error("the database is closed")]
    Closed,
    /// The engine cannot hold the data, for the reason given.
    #[error("{0}")]
    Unsuitable(String),
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

impl Error {
    /// Whether the same statement may well go through a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Full(_) | Self::Unreachable(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(fault: sqlx::Error) -> Self {
        match fault {
            sqlx::Error::PoolTimedOut => Self::Busy(fault),
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::Io(_) => Self::Unreachable(fault),
            fault => match code(&fault).as_deref() {
                // SQLite: https://sqlite.org/rescode.html; PostgreSQL: appendix A of its manual.
                // The last five: a cycle of locks, a clash of transactions, a statement or a transaction over its time.
                Some(
                    "5" | "6" | "261" | "517" | "55P03" | "53200" | "53300" | "40P01" | "40001" | "57014" | "25P03"
                    | "25P04",
                ) => Self::Busy(fault),
                // Full, or a write that the file system refused: a quota is not told apart from a failing disk.
                Some("13" | "778" | "1034" | "1290" | "4874" | "53100") => Self::Full(fault),
                Some("57P01" | "57P02" | "57P03" | "08000" | "08001" | "08003" | "08004" | "08006") => {
                    Self::Unreachable(fault)
                }
                _ => Self::Driver(fault),
            },
        }
    }
}

/// For a write that the request does not depend on: that the database is busy or full is logged, and the request goes on.
pub fn ignore_transient(what: &'static str) -> impl FnOnce(Error) -> Result<()> {
    move |fault| match fault {
        Error::Busy(_) | Error::Full(_) => {
            tracing::warn!(error = %fault, "{what} failed");
            Ok(())
        }
        fault => Err(fault),
    }
}

fn code(fault: &sqlx::Error) -> Option<String> {
    fault.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned)
}
