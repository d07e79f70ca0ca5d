//! The loads of a lab as its page shows them.

use jiff::Timestamp;
use serde::Serialize;

use super::model::{Load, LoadState, LoadSummary};
use crate::labs::Lab;

/// One load of a lab, with the newest one that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoadView {
    /// Its name in addresses.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it does.
    pub text: String,
    /// Where the requests go.
    pub path: String,
    /// How long it is, in seconds.
    pub seconds: u32,
    /// How many requests it has.
    pub requests: u32,
    /// How far the newest one is; none before the first.
    pub state: Option<LoadState>,
    /// Why it was stopped.
    pub reason: Option<String>,
    /// When it began; none while it waits for a worker.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How many of its seconds have passed.
    pub passed: u32,
    /// What became of its requests.
    pub summary: LoadSummary,
    /// The answers by their status, in words.
    pub statuses: String,
}

/// The loads of a lab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoadsView {
    /// Each load.
    pub loads: Vec<LoadView>,
    /// Whether there is a running lab.
    pub is_ready: bool,
    /// Whether a load runs, whoever began it.
    pub is_running: bool,
    /// Changes whenever something of this does.
    pub key: String,
}

impl LoadsView {
    pub(super) fn new(
        lab: &Lab,
        newest: &[(Load, LoadSummary)],
        (running, is_ready): (Option<&Load>, bool),
        now: Timestamp,
    ) -> Self {
        let view = |load: &crate::labs::LabLoad| {
            let found = newest.iter().find(|(newest, _)| newest.name == load.id);
            let plan = found.map_or(&load.plan, |(newest, _)| &newest.plan);
            let summary = found.map(|(_, summary)| summary.clone()).unwrap_or_default();
            let statuses = summary.statuses.iter().map(|(status, count)| format!("{count} × {status}"));
            let until = found.and_then(|(newest, _)| newest.ended_at).unwrap_or(now);
            LoadView {
                id: load.id.clone(),
                title: load.title.clone(),
                text: load.text.clone(),
                path: plan.path.clone(),
                seconds: plan.seconds(),
                requests: plan.requests(),
                state: found.map(|(newest, _)| newest.state),
                reason: found.and_then(|(newest, _)| newest.reason.clone()),
                started_at: found.and_then(|(newest, _)| newest.started_at),
                ended_at: found.and_then(|(newest, _)| newest.ended_at),
                passed: found.map_or(0, |(newest, _)| newest.second_at(until).min(plan.seconds())),
                statuses: statuses.collect::<Vec<_>>().join(", "),
                summary,
            }
        };
        let loads = lab.loads.iter().map(view).collect();
        let mut view = Self { loads, is_ready, is_running: running.is_some(), key: String::new() };
        view.key = crate::id::content_key(&view);
        view
    }

    /// Examples that between them reach every state.
    pub fn samples() -> Vec<Self> {
        let load = |state: Option<LoadState>, started_at, summary: LoadSummary| LoadView {
            id: format!("rush-{state:?}-{}", summary.sent).to_lowercase().replace(['(', ')'], ""),
            title: "A rush of requests".to_owned(),
            text: "Ten requests in each second.".to_owned(),
            path: "/front/".to_owned(),
            seconds: 40,
            requests: 400,
            state,
            reason: (state == Some(LoadState::Stopped)).then(|| "You stopped it.".to_owned()),
            started_at,
            ended_at: state.filter(|state| *state != LoadState::Running).map(|_| Timestamp::UNIX_EPOCH),
            passed: 20,
            statuses: if summary.sent > 0 { "380 × 200, 4 × 503".to_owned() } else { String::new() },
            summary,
        };
        let begun = Some(Timestamp::UNIX_EPOCH);
        let summary = LoadSummary {
            sent: 390,
            succeeded: 380,
            statuses: [(200, 380), (503, 4)].into(),
            unanswered: 6,
            unsent: 10,
            median: Some(7),
            p95: Some(41),
        };
        let loads = vec![
            load(None, None, LoadSummary::default()),
            load(Some(LoadState::Running), None, LoadSummary::default()),
            load(Some(LoadState::Running), begun, summary.clone()),
            load(Some(LoadState::Done), begun, summary.clone()),
            load(Some(LoadState::Stopped), begun, summary),
        ];
        let sample = |loads: &[LoadView], is_ready, is_running| Self {
            loads: loads.to_vec(),
            is_ready,
            is_running,
            key: "0".to_owned(),
        };
        vec![
            sample(&loads, true, true),
            sample(&loads[3..], true, false),
            sample(&loads[..1], true, true),
            sample(&loads[..1], false, false),
            Self::default(),
        ]
    }
}
