//! How learners get on with the tasks of a lab, for staff.

use super::Grading;
use super::statistics_view::{StatisticsView, TaskStatistics};
use super::store::statistics::{self, Counts, PassFacts, Place};
use super::tasks::{Task, TaskSet};
use crate::db::{self, Conn};

/// How many learners must have tried a task before it is said that most do not pass it.
const MIN_TRIED: i64 = 5;

impl Grading {
    /// How learners get on with a lab; `None` when there is no such lab.
    pub async fn find_statistics(&self, lab: &str) -> db::Result<Option<StatisticsView>> {
        let (Some(tasks), Some(found)) = (self.find_tasks(lab), self.labs.catalogue().find(lab)) else {
            return Ok(None);
        };
        let mut conn = self.core.db.read().await?;
        let learners = statistics::count_learners(&mut conn, lab).await?;
        let mut counted = Vec::new();
        let mut previous = None;
        for task in TaskSet::list(tasks) {
            let place = Place { lab, task: &task.id, previous };
            counted.push(TaskStatistics::find(&mut conn, task, place, learners).await?);
            previous = Some(task.id.as_str());
        }
        Ok(Some(StatisticsView { lab: lab.to_owned(), title: found.title.clone(), learners, tasks: counted }))
    }
}

impl TaskStatistics {
    async fn find(conn: &mut Conn, task: &Task, place: Place<'_>, learners: i64) -> db::Result<Self> {
        let reached = match place.previous {
            Some(_) => statistics::count_reached(conn, place).await?,
            None => learners,
        };
        let Counts { tried, passed, hints } = statistics::count(conn, place).await?;
        let passes = statistics::list_passes(conn, place).await?;
        let failing = statistics::find_failing(conn, place).await?.map(|(id, count)| {
            let check = task.checks.iter().find(|check| check.id == id);
            (check.map_or(id, |check| check.title.clone()), count)
        });
        let seconds = |pass: &PassFacts| Some(pass.passed_at.duration_since(pass.ready_at?).as_secs().max(0));
        Ok(Self {
            title: task.title.clone(),
            reached,
            tried,
            passed,
            asked_checks: median(passes.iter().filter_map(|pass| pass.asked_checks)),
            live_checks: median(passes.iter().filter_map(|pass| pass.live_checks)),
            seconds: median(passes.iter().filter_map(seconds)),
            hints,
            failing,
            is_hard: tried >= MIN_TRIED && passed * 2 < tried,
        })
    }
}

/// The value in the middle, the lower one of two.
fn median(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_a_value_that_was_measured() {
        assert_eq!(median([].into_iter()), None);
        assert_eq!(median([7].into_iter()), Some(7));
        assert_eq!(median([9, 1, 4].into_iter()), Some(4));
        assert_eq!(median([9, 1, 4, 5].into_iter()), Some(4));
    }
}
