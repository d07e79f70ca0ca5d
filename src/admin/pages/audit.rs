//! `GET /admin/audit`: the audit log, and whether it is whole.

use actix_web::web::Data;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::guards;
use crate::admin::{Admin, NamedEvent};
use crate::audit::{ChainCheck, EventFilter};
use crate::view::View;
use crate::web::{Query, Reply, WebError};

/// How many events a page shows.
const PAGE_SIZE: usize = 50;

/// `admin/audit.html`.
#[derive(Debug, Serialize)]
pub struct AuditPage {
    /// The events, the newest first.
    pub events: Vec<NamedEvent>,
    /// Every action, for the filter.
    pub actions: Vec<String>,
    /// The action that was asked for.
    pub action: String,
    /// The id that was asked for.
    pub about: String,
    /// Where the next page begins.
    pub next: Option<i64>,
    /// What verifying the chain found, if that was asked for.
    pub check: Option<ChainCheck>,
}

impl View for AuditPage {
    const TEMPLATE: &'static str = "admin/audit.html";

    fn samples() -> Vec<Self> {
        let event = |subject_name: Option<&str>| NamedEvent {
            seq: 7,
            recorded_at: Timestamp::UNIX_EPOCH,
            actor: "person-1".to_owned(),
            actor_name: Some("Ada".to_owned()),
            action: "person.set_role".to_owned(),
            subject: "person-2".to_owned(),
            subject_name: subject_name.map(str::to_owned),
            detail: "{\"role\":\"admin\"}".to_owned(),
        };
        let by_system = NamedEvent { actor: "system".to_owned(), actor_name: None, ..event(None) };
        let page = |check| Self {
            events: vec![event(Some("Bea")), event(None), by_system.clone()],
            actions: vec!["person.set_role".to_owned()],
            action: "person.set_role".to_owned(),
            about: "person-2".to_owned(),
            next: Some(6),
            check,
        };
        let nothing = Self {
            events: Vec::new(),
            actions: Vec::new(),
            action: String::new(),
            about: String::new(),
            next: None,
            check: None,
        };
        vec![
            page(Some(ChainCheck { events: 7, broken_at: None })),
            page(Some(ChainCheck { events: 7, broken_at: Some(3) })),
            page(None),
            nothing,
        ]
    }
}

/// What to list.
#[derive(Debug, Deserialize)]
pub struct AuditQuery {
    #[serde(default)]
    action: String,
    #[serde(default)]
    about: String,
    before: Option<i64>,
    /// Anything, to verify the chain.
    check: Option<String>,
}

/// Lists what was done.
pub async fn audit(
    admin: Data<Admin>,
    query: Query<AuditQuery>,
    guards::Admin(_): guards::Admin,
) -> Result<Reply<AuditPage>, WebError> {
    let AuditQuery { action, about, before, check } = query.0;
    let filter = EventFilter {
        action: Some(action.as_str()).filter(|text| !text.is_empty()),
        about: Some(about.trim()).filter(|text| !text.is_empty()),
    };
    let limit = i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX);
    let mut events = admin.list_events(before, filter, limit).await?;
    let has_more = events.len() > PAGE_SIZE;
    events.truncate(PAGE_SIZE);
    let next = events.last().filter(|_last| has_more).map(|last| last.seq);
    let check = match check {
        Some(_asked) => Some(admin.verify_audit_log().await?),
        None => None,
    };
    let actions = admin.list_actions().await?;
    Ok(Reply::Page(AuditPage { events, actions, action, about, next, check }))
}
