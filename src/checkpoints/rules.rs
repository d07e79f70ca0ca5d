//! Which rules a week is under, and what a start finds wrong with those of the programme.

use jiff::Timestamp;
use tracing::warn;

use super::model::{CurrentWeek, Participation, Week, WeekId};
use super::week::WeekBounds;
use super::{Checkpoints, store};
use crate::accounts::PersonId;
use crate::db::{self, Conn};
use crate::lessons::{ContentFaults, Rules, RulesLines};

/// The rules of a version that a week is under.
pub(super) async fn find(conn: &mut Conn, version: i64) -> db::Result<Rules> {
    let found = store::find_rules(conn, version).await?;
    found.ok_or(db::Error::Inconsistent { column: "weeks.rules_version", value: version.to_string() })
}

impl Checkpoints {
    /// The rules of a version that a week is under.
    pub async fn find_rules(&self, version: i64) -> db::Result<Rules> {
        find(&mut *self.core.db.read().await?, version).await
    }

    /// The current week, whether or not it has entries yet.
    pub async fn find_current_week(&self) -> anyhow::Result<CurrentWeek> {
        self.find_week_at(&mut *self.core.db.read().await?, self.core.clock.now()).await
    }

    /// What a person has entered, and what the current week's rules leave them.
    pub async fn find_participation(&self, person: &PersonId) -> anyhow::Result<Participation> {
        self.find_participation_at(person, self.core.clock.now()).await
    }

    /// The same at `now`.
    pub async fn find_participation_at(&self, person: &PersonId, now: Timestamp) -> anyhow::Result<Participation> {
        let mut conn = self.core.db.read().await?;
        let week = self.find_week_at(&mut conn, now).await?;
        let entries = store::list_of_person(&mut conn, person).await?;
        Ok(Participation::new(week, entries.into_iter().map(|entry| entry.at(now)).collect()))
    }

    /// The week that `now` falls in, whether or not it has entries yet.
    pub async fn find_week_at(&self, conn: &mut Conn, now: Timestamp) -> anyhow::Result<CurrentWeek> {
        if let Some(Week { id, bounds, rules_version }) = store::find_week_at(conn, now).await? {
            return Ok(CurrentWeek { id: Some(id), bounds, rules: find(conn, rules_version).await? });
        }
        let rules = self.content.library().programme().rules.clone();
        // Under a version that is stored, the stored text holds.
        let rules = store::find_rules(conn, rules.version).await?.unwrap_or(rules);
        let bounds = WeekBounds::between(now, &rules.zone, store::find_neighbours(conn, now).await?)?;
        Ok(CurrentWeek { id: None, bounds, rules })
    }

    /// Locks the week of an instant for the rest of the transaction; its first entry adds it, under the programme's rules.
    pub(super) async fn lock_week_at(&self, conn: &mut Conn, now: Timestamp) -> anyhow::Result<(Week, Rules)> {
        if let Some(week) = store::lock_week_at(conn, now).await? {
            let rules = find(conn, week.rules_version).await?;
            return Ok((week, rules));
        }
        store::lock_weeks(conn).await?;
        if let Some(week) = store::lock_week_at(conn, now).await? {
            let rules = find(conn, week.rules_version).await?;
            return Ok((week, rules));
        }
        let programme = self.content.library().programme().rules.clone();
        store::add_rules(conn, &programme, now).await?;
        let rules = find(conn, programme.version).await?;
        let changed = programme.list_changed_keys(&rules)?;
        if !changed.is_empty() {
            warn!(
                version = rules.version,
                changed = changed.join(", "),
                "changed rules ignored: the version is in use"
            );
        }
        let bounds = WeekBounds::between(now, &rules.zone, store::find_neighbours(conn, now).await?)?;
        let week = Week { id: WeekId::generate(&self.core.random, now), bounds, rules_version: rules.version };
        store::add_week(conn, &week).await?;
        Ok((week, rules))
    }

    /// Fails with file and line when the programme's rules cannot be put in force: changed text under a version that a
    /// week is under, or another zone while a week is under way.
    pub async fn check_rules(&self) -> anyhow::Result<()> {
        let library = self.content.library();
        let (rules, lines) = (&library.programme().rules, &library.programme().rules_lines);
        let mut conn = self.core.db.read().await?;
        let mut faults = Vec::new();
        if let Some(week) = store::find_week_at(&mut conn, self.core.clock.now()).await? {
            let under_way = find(&mut conn, week.rules_version).await?;
            if rules.list_changed_keys(&under_way)?.iter().any(|key| key == "zone") {
                faults.push(lines.fault("zone", describe_zone_change(&under_way, week.bounds.ends_at)));
            }
        }
        if let Some(stored) = store::find_rules(&mut conn, rules.version).await? {
            let next = store::find_last_version(&mut conn).await?.unwrap_or(rules.version) + 1;
            let changed = rules.list_changed_keys(&stored)?.into_iter();
            let untold = changed.filter(|key| key != "zone" || faults.is_empty()).collect::<Vec<_>>();
            faults.extend(untold.iter().map(|key| describe_change(lines, key, (rules.version, next))));
        }
        if faults.is_empty() { Ok(()) } else { Err(ContentFaults(faults).into()) }
    }
}

fn describe_change(lines: &RulesLines, key: &str, (version, next): (i64, i64)) -> crate::lessons::Fault {
    let text = format!(
        "`{key}` is not what it was when people entered under version {version} of the rules. Put it back, or set \
         `version` to {next}: the change then holds from the next week on."
    );
    lines.fault(key, text)
}

fn describe_zone_change(under_way: &Rules, ends_at: Timestamp) -> String {
    let zone = under_way.zone.iana_name().unwrap_or("UTC");
    format!(
        "`zone` changes while a week is under way, in {zone}, until {ends_at}. Put {zone:?} back until then; after it, \
         start with the new zone and a new `version`."
    )
}
