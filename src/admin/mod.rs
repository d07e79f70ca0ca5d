//! The pages of those who run an installation: what needs them, people, the audit log, background work, and `/metrics`.
//!
//! The rules are those of the parts below; this part shows their state, and records who changed it. It has no tables: its
//! store joins the audit log with the names of people.

pub mod pages;
mod store;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::accounts::{Accounts, Email, PersonId};
use crate::audit::{ChainCheck, Event, EventFilter};
use crate::checkpoints::Checkpoints;
use crate::cluster::{ClusterState, PolicyEnforcement};
use crate::core::Core;
use crate::db;
use crate::jobs::{JobId, Worker};
use crate::labs::{Labs, LingeringNamespace};
use crate::prizes::{Prizes, VoucherCounts};
use crate::web::StateCounts;

/// The service of the admin's pages.
#[derive(Clone, Debug)]
pub struct Admin {
    core: Core,
    accounts: Accounts,
    labs: Labs,
    checkpoints: Checkpoints,
    prizes: Prizes,
}

/// How the installation is.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// How many people have an account, and how many sign-ups wait for their link.
    pub people: (i64, i64),
    /// Entries that wait for a decision.
    pub undecided: i64,
    /// Voucher codes.
    pub vouchers: VoucherCounts,
    /// Jobs by state, finished ones left out.
    pub jobs: BTreeMap<String, i64>,
    /// Lab sessions by state, those that are over left out.
    pub sessions: BTreeMap<String, i64>,
    /// Whether labs can run.
    pub cluster: ClusterState,
    /// Whether the pods of one learner are kept from another's.
    pub enforcement: PolicyEnforcement,
    /// The oldest of the namespaces that should be gone.
    pub lingering: Vec<LingeringNamespace>,
    /// How many of them there are.
    pub lingering_count: i64,
    /// Whether so many are that they take room from sessions.
    pub is_room_short: bool,
    /// This week's entries.
    pub this_week: WeekCounts,
}

/// How far a week has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WeekCounts {
    /// How many entries it has.
    pub entries: usize,
    /// How many vouchers are won.
    pub won: usize,
    /// How many vouchers there are.
    pub vouchers: i64,
}

/// An event of the audit log, with the names of the people in it.
#[derive(Clone, Debug, Serialize)]
pub struct NamedEvent {
    /// Its place, from 1.
    pub seq: i64,
    /// When it was done.
    pub recorded_at: Timestamp,
    /// The id of the person who did it, or `system`.
    pub actor: String,
    /// Their name; none for `system`.
    pub actor_name: Option<String>,
    /// What was done, as `noun.verb`.
    pub action: String,
    /// The id of what it was done to.
    pub subject: String,
    /// The name, where that is a person.
    pub subject_name: Option<String>,
    /// JSON of the details.
    pub detail: String,
}

impl Admin {
    /// What admins see and change of the other parts.
    pub fn new(core: &Core, (accounts, labs): (&Accounts, &Labs), checkpoints: &Checkpoints, prizes: &Prizes) -> Self {
        Self {
            core: core.clone(),
            accounts: accounts.clone(),
            labs: labs.clone(),
            checkpoints: checkpoints.clone(),
            prizes: prizes.clone(),
        }
    }

    /// How the installation is.
    pub async fn overview(&self) -> anyhow::Result<Overview> {
        let now = self.core.clock.now();
        let cluster = self.labs.known_cluster_state();
        let enforcement = self.labs.policy_enforcement();
        let (lingering, lingering_count) = self.labs.list_lingering().await?;
        Ok(Overview {
            people: self.accounts.count_people(now).await?,
            undecided: self.checkpoints.count_undecided().await?,
            vouchers: self.prizes.count_vouchers().await?,
            jobs: self.core.jobs.count_unfinished().await?.into_iter().collect(),
            sessions: self.labs.count_live().await?.into_iter().collect(),
            is_room_short: self.labs.are_too_many_lingering(lingering_count),
            lingering,
            lingering_count,
            this_week: self.count_week(now).await?,
            cluster,
            enforcement,
        })
    }

    /// How many jobs and how many lab sessions there are in each state: one query each, and nothing of the cluster.
    pub async fn count_states(&self) -> db::Result<StateCounts> {
        Ok(StateCounts {
            jobs: self.core.jobs.count_unfinished().await?.into_iter().collect(),
            lab_sessions: self.labs.count_live().await?.into_iter().collect(),
        })
    }

    /// How many connections the database's pool has, and how many of them nobody uses just now.
    pub fn count_connections(&self) -> (usize, usize) {
        self.core.db.count_connections()
    }

    async fn count_week(&self, now: Timestamp) -> anyhow::Result<WeekCounts> {
        let week = self.checkpoints.find_week_at(&mut *self.core.db.read().await?, now).await?;
        let ranking = match &week.id {
            Some(id) => self.prizes.find_ranking(id).await?,
            None => None,
        };
        let (entries, won) = ranking.map_or((0, 0), |ranking| (ranking.entries.len(), ranking.count_won()));
        Ok(WeekCounts { entries, won, vouchers: week.rules.vouchers_per_week })
    }

    /// Up to `limit` events of the audit log before the one at place `before`, newest first; they may be about an id or a
    /// person's address.
    pub async fn list_events(
        &self,
        before: Option<i64>,
        filter: EventFilter<'_>,
        limit: i64,
    ) -> db::Result<Vec<NamedEvent>> {
        let person = match filter.about.map(Email::parse) {
            Some(Ok(email)) => self.accounts.find_person_by_email(&email).await?,
            _ => None,
        };
        let about = person.as_ref().map(|person| person.id.as_str()).or(filter.about);
        let filter = EventFilter { about, ..filter };
        store::list_events(&mut *self.core.db.read().await?, before.unwrap_or(i64::MAX), filter, limit).await
    }

    /// Every action that was recorded.
    pub async fn list_actions(&self) -> db::Result<Vec<String>> {
        self.core.audit.list_actions().await
    }

    /// Whether the audit log is whole.
    pub async fn verify_audit_log(&self) -> db::Result<ChainCheck> {
        self.core.audit.verify().await
    }

    /// Puts a failed job back into the queue; `false` when it had not failed.
    pub async fn retry_job(&self, actor: &PersonId, id: &JobId) -> db::Result<bool> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let Some(kind) = self.core.jobs.retry(&mut tx, id).await? else { return Ok(false) };
        let detail = serde_json::json!({ "kind": kind });
        let event = Event { actor: actor.as_str(), action: "job.retry", subject: id.as_str(), detail };
        self.core.audit.record(&mut tx, event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives up for good a job that failed or that waits for a version other than that of `worker`; `false` when it was
    /// none of these.
    pub async fn discard_job(&self, actor: &PersonId, id: &JobId, worker: &Worker) -> db::Result<bool> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let Some(kind) = self.core.jobs.discard(&mut tx, id, worker).await? else { return Ok(false) };
        let detail = serde_json::json!({ "kind": kind });
        let event = Event { actor: actor.as_str(), action: "job.discard", subject: id.as_str(), detail };
        self.core.audit.record(&mut tx, event, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
