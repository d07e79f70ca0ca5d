//! Lookups: reads by an index that nearly every request waits for.
//!
//! `sqlx` has a thread for each connection to SQLite. Waking it, and being woken by it, takes several times as long as an
//! answer that is found by an index, so such a query runs on the thread that calls it, on a connection of its own. One that
//! fails for whatever reason, a lock among them, is run again on a connection of the pool, whose error is the one returned.
//! PostgreSQL is always asked by the pool.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};
use sqlx_core::any::{AnyArguments, AnyColumn, AnyRow, AnyTypeInfo, AnyTypeInfoKind, AnyValue, AnyValueKind};
use sqlx_core::ext::ustr::UStr;

/// Connections of SQLite that only read.
#[derive(Clone, Debug)]
pub(super) struct LookupConns {
    path: Arc<PathBuf>,
    /// The file that the pool has open.
    file: FileId,
    /// As many as there were threads that asked at once.
    idle: Arc<Mutex<Vec<LookupConn>>>,
}

/// Device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self(metadata.dev(), metadata.ino()))
    }
}

struct LookupConn {
    conn: Connection,
    /// A row of each statement, without its values.
    empty_rows: HashMap<String, AnyRow>,
}

impl LookupConns {
    /// Those to the file at `path`, which exists; none of them is open yet.
    pub(super) fn new(path: PathBuf) -> io::Result<Self> {
        Ok(Self { file: FileId::of(&path)?, path: Arc::new(path), idle: Arc::default() })
    }

    /// The rows that `sql` finds; an error when another try may find them, or tell why not.
    pub(super) fn find(&self, sql: &str, arguments: &AnyArguments) -> rusqlite::Result<Vec<AnyRow>> {
        let idle = self.idle().pop();
        let mut conn = idle.map_or_else(|| self.open(), Ok)?;
        let rows = conn.find(sql, &arguments.values.0)?;
        self.idle().push(conn);
        Ok(rows)
    }

    fn open(&self) -> rusqlite::Result<LookupConn> {
        // Once somebody has put another file in its place, the pool goes on with the old one, and so must every lookup.
        match FileId::of(&self.path) {
            Ok(file) if file == self.file => LookupConn::open(&self.path),
            _ => Err(rusqlite::Error::InvalidPath(self.path.to_path_buf())),
        }
    }

    /// Closes what is open and not in use.
    pub(super) fn close(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<LookupConn>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LookupConn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookupConn").field("conn", &self.conn).finish_non_exhaustive()
    }
}

impl LookupConn {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        // In WAL mode a connection that reads must be able to write to the `-shm` file.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(Duration::ZERO)?;
        conn.pragma_update(None, "query_only", true)?;
        Ok(Self { conn, empty_rows: HashMap::new() })
    }

    fn find(&mut self, sql: &str, arguments: &[AnyValueKind]) -> rusqlite::Result<Vec<AnyRow>> {
        let mut statement = self.conn.prepare_cached(sql)?;
        bind(&mut statement, arguments)?;
        if !self.empty_rows.contains_key(sql) {
            self.empty_rows.insert(sql.to_owned(), empty_row(&statement));
        }
        let empty = &self.empty_rows[sql];
        let mut found = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let values = (0..empty.columns.len()).map(|at| Ok(AnyValue { kind: kind(row.get_ref(at)?)? }));
            rows.push(AnyRow { values: values.collect::<rusqlite::Result<_>>()?, ..empty.clone() });
        }
        Ok(rows)
    }
}

/// A row of a statement without its values; these say themselves of what type they are.
fn empty_row(statement: &Statement<'_>) -> AnyRow {
    let names: Vec<UStr> = statement.column_names().into_iter().map(UStr::new).collect();
    let column = |(ordinal, name): (usize, &UStr)| AnyColumn {
        ordinal,
        name: name.clone(),
        type_info: AnyTypeInfo { kind: AnyTypeInfoKind::Null },
    };
    AnyRow {
        columns: names.iter().enumerate().map(column).collect(),
        column_names: Arc::new(names.into_iter().enumerate().map(|(at, name)| (name, at)).collect()),
        values: Vec::new(),
    }
}

/// Binds `$1` and those after it, which SQLite numbers by where they stand.
fn bind(statement: &mut Statement<'_>, arguments: &[AnyValueKind]) -> rusqlite::Result<()> {
    for index in 1..=statement.parameter_count() {
        let number =
            statement.parameter_name(index).and_then(|name| name.trim_start_matches('$').parse::<usize>().ok());
        let argument = number.and_then(|number| arguments.get(number.checked_sub(1)?));
        let argument = argument.ok_or(rusqlite::Error::InvalidParameterCount(index, arguments.len()))?;
        statement.raw_bind_parameter(index, value(argument)?)?;
    }
    Ok(())
}

fn value(argument: &AnyValueKind) -> rusqlite::Result<ToSqlOutput<'_>> {
    Ok(match argument {
        AnyValueKind::Null(_) => ToSqlOutput::Owned(Value::Null),
        AnyValueKind::Text(text) => text.as_str().into(),
        AnyValueKind::TextSlice(text) => (**text).into(),
        AnyValueKind::Blob(bytes) => bytes.as_slice().into(),
        AnyValueKind::SmallInt(number) => (*number).into(),
        AnyValueKind::Integer(number) => (*number).into(),
        AnyValueKind::BigInt(number) => (*number).into(),
        _ => return Err(rusqlite::Error::InvalidQuery),
    })
}

fn kind(value: ValueRef<'_>) -> rusqlite::Result<AnyValueKind> {
    Ok(match value {
        ValueRef::Null => AnyValueKind::Null(AnyTypeInfoKind::Null),
        ValueRef::Integer(number) => AnyValueKind::BigInt(number),
        ValueRef::Real(number) => AnyValueKind::Double(number),
        ValueRef::Text(_) => AnyValueKind::Text(Arc::new(value.as_str()?.to_owned())),
        ValueRef::Blob(bytes) => AnyValueKind::Blob(Arc::new(bytes.to_vec())),
    })
}
