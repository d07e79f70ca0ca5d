//! `lab regrade`.

use std::collections::BTreeSet;

use serde::Serialize;

use super::print_line;
use crate::accounts::PersonId;
use crate::app::{App, Environment};
use crate::config::Config;
use crate::grading::{Regrade, VerdictChange};

/// What a regrade found, for programs.
#[derive(Serialize)]
struct Report<'a> {
    lab: &'a str,
    replayed: usize,
    orphaned: usize,
    changes: Vec<Change<'a>>,
    broken: Vec<Break<'a>>,
}

/// Verdicts of one check on one person's work that would change alike.
#[derive(Serialize)]
struct Change<'a> {
    person: &'a str,
    name: String,
    email: String,
    task: &'a str,
    /// The points that the task can bring; none when it is a task no more.
    points: Option<u32>,
    check: &'a str,
    before: &'static str,
    after: &'static str,
    hint: Option<&'a str>,
    verdicts: usize,
    newest_at: String,
}

/// A break in a person's chain of records.
#[derive(Serialize)]
struct Break<'a> {
    person: &'a str,
    name: String,
    email: String,
    sequence_number: i64,
}

/// Prints whose verdicts would change with the checks as they are now; an error when some evidence was changed.
pub(super) async fn regrade(config: &Config, lab: &str, is_json: bool) -> anyhow::Result<()> {
    let app = super::build(config, Environment::production(config)?).await?;
    let found = app.grading.regrade(lab).await?;
    let report = describe(&app, lab, &found).await?;
    if is_json {
        print_line(&serde_json::to_string_pretty(&report)?)?;
    } else {
        print_report(&report)?;
    }
    anyhow::ensure!(found.broken.is_empty(), "some evidence was changed after it was sealed");
    Ok(())
}

async fn describe<'a>(app: &App, lab: &'a str, found: &'a Regrade) -> anyhow::Result<Report<'a>> {
    let mut changes = Vec::new();
    for change in &found.changes {
        let (name, email) = name_person(app, &change.person).await?;
        let VerdictChange { person, count, judged_at, task, check, before, after } = change;
        changes.push(Change {
            person: person.as_str(),
            name,
            email,
            task,
            points: find_points(app, lab, task),
            check,
            before: before.as_str(),
            after: after.verdict.as_str(),
            hint: after.hint.as_deref(),
            verdicts: *count,
            newest_at: judged_at.to_string(),
        });
    }
    let mut broken = Vec::new();
    for (person, sequence_number) in &found.broken {
        let (name, email) = name_person(app, person).await?;
        broken.push(Break { person: person.as_str(), name, email, sequence_number: *sequence_number });
    }
    Ok(Report { lab, replayed: found.replayed, orphaned: found.orphaned, changes, broken })
}

fn find_points(app: &App, lab: &str, task: &str) -> Option<u32> {
    let task = app.grading.find_tasks(lab)?.list().iter().find(|one| one.id == task)?;
    Some(task.points.possible)
}

/// The name and the address as an admin sees them; those of a closed account are no more than pseudonyms.
async fn name_person(app: &App, person: &PersonId) -> anyhow::Result<(String, String)> {
    let found = app.accounts.find_person(person).await?;
    Ok(found.map_or_else(|| (person.to_string(), String::new()), |found| (found.name, found.email)))
}

fn print_report(report: &Report<'_>) -> anyhow::Result<()> {
    for change in &report.changes {
        let Change { name, email, task, points, check, before, after, verdicts, newest_at, .. } = change;
        let points = points.map(|points| format!(" ({points} points)")).unwrap_or_default();
        let hint = change.hint.map(|hint| format!(": {hint}")).unwrap_or_default();
        let times = if *verdicts == 1 { String::new() } else { format!(", {verdicts} times") };
        print_line(&format!(
            "{name} <{email}>  {task}.{check}{points}  {before} -> {after}{times} (newest {newest_at}){hint}"
        ))?;
    }
    for Break { name, email, sequence_number, .. } in &report.broken {
        print_line(&format!("{name} <{email}>  the chain of verdicts is broken at {sequence_number}"))?;
    }
    let people: BTreeSet<&str> = report.changes.iter().map(|change| change.person).collect();
    let verdicts: usize = report.changes.iter().map(|change| change.verdicts).sum();
    let people = match people.len() {
        1 => "1 person".to_owned(),
        count => format!("{count} people"),
    };
    let (replayed, orphaned) = (report.replayed, report.orphaned);
    print_line(&format!(
        "{replayed} verdicts replayed, {verdicts} would change, of {people}; {orphaned} belong to checks that are no more."
    ))
}
