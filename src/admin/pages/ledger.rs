//! `GET /admin/audit`: the ledger, and whether it is whole.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use crate::accounts::guards;
use crate::admin::{Admin, NamedLine};
use crate::audit::{AuditLine, ChainCheck, Filter};
use crate::view::View;
use crate::web::{Query, Reply, WebError};

/// How many lines a page shows.
const PAGE: usize = 50;

/// `admin/audit.html`.
#[derive(Debug, Serialize)]
pub struct LedgerPage {
    /// The lines, the newest first.
    pub lines: Vec<NamedLine>,
    /// Every action, for the filter.
    pub actions: Vec<String>,
    /// The action that was asked for.
    pub action: String,
    /// The id that was asked for.
    pub about: String,
    /// Where the next page begins.
    pub next: Option<i64>,
    /// What a walk along the chain found, if one was asked for.
    pub check: Option<ChainCheck>,
}

impl View for LedgerPage {
    const TEMPLATE: &'static str = "admin/audit.html";

    fn samples() -> Vec<Self> {
        let line = AuditLine {
            seq: 7,
            recorded_at: jiff::Timestamp::UNIX_EPOCH,
            actor: "person-1".to_owned(),
            action: "person.set_role".to_owned(),
            subject: "person-2".to_owned(),
            detail: "{\"role\":\"admin\"}".to_owned(),
            previous_hash: "0".repeat(64),
            hash: "f".repeat(64),
        };
        let named = NamedLine { line, actor: "Ada".to_owned(), subject: Some("Bea".to_owned()) };
        let bare = NamedLine { subject: None, ..named.clone() };
        let page = |check| Self {
            lines: vec![named.clone(), bare.clone()],
            actions: vec!["person.set_role".to_owned()],
            action: "person.set_role".to_owned(),
            about: "person-2".to_owned(),
            next: Some(6),
            check,
        };
        let nothing = Self {
            lines: Vec::new(),
            actions: Vec::new(),
            action: String::new(),
            about: String::new(),
            next: None,
            check: None,
        };
        vec![
            page(Some(ChainCheck { lines: 7, broken_at: None })),
            page(Some(ChainCheck { lines: 7, broken_at: Some(3) })),
            page(None),
            nothing,
        ]
    }
}

/// What to list.
#[derive(Debug, Deserialize)]
pub struct LedgerQuery {
    #[serde(default)]
    action: String,
    #[serde(default)]
    about: String,
    before: Option<i64>,
    /// Anything, to walk along the chain.
    check: Option<String>,
}

/// Lists what was done.
pub async fn ledger(
    admin: Data<Admin>,
    query: Query<LedgerQuery>,
    guards::Admin(_): guards::Admin,
) -> Result<Reply<LedgerPage>, WebError> {
    let LedgerQuery { action, about, before, check } = query.0;
    let filter = Filter {
        action: Some(action.trim()).filter(|text| !text.is_empty()),
        about: Some(about.trim()).filter(|text| !text.is_empty()),
    };
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut lines = admin.list_ledger(before, filter, limit).await?;
    let has_more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines.last().filter(|_last| has_more).map(|last| last.line.seq);
    let check = match check {
        Some(_asked) => Some(admin.check_ledger().await?),
        None => None,
    };
    let actions = admin.list_actions().await?;
    Ok(Reply::Page(LedgerPage { lines, actions, action, about, next, check }))
}
