//! How often something may be tried, counted in the database so that every replica sees the same count.

use jiff::{SignedDuration, Timestamp};

use super::store;
use crate::clock::Clock;
use crate::db::{self, Db};

/// So many attempts in a window of time.
#[derive(Clone, Copy, Debug)]
pub struct LimitRule {
    /// What is tried, as `noun.verb`.
    pub name: &'static str,
    /// The most in one window.
    pub max: i64,
    /// The window's length in seconds; windows begin at multiples of it.
    pub window_seconds: i64,
}

/// Tried too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tried too often; again in {retry_after_seconds} s")]
pub struct TooMany {
    /// When the next attempt may come, in seconds from now.
    pub retry_after_seconds: i64,
}

impl TooMany {
    /// The wait in words.
    pub fn format_wait(self) -> String {
        match self.retry_after_seconds {
            seconds if seconds <= 60 => "a minute".to_owned(),
            seconds => format!("{} minutes", (seconds + 59) / 60),
        }
    }
}

/// The counts of attempts.
#[derive(Clone, Debug)]
pub struct Limits {
    db: Db,
    clock: Clock,
}

impl Limits {
    /// Counts kept in `db`.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Counts one attempt of `who`; the inner result is the refusal.
    pub async fn take(&self, rule: LimitRule, who: &str) -> db::Result<Result<(), TooMany>> {
        self.take_all(&[(rule, who)]).await
    }

    /// Counts one attempt under each rule in turn, up to the first that refuses it; the inner result is the refusal.
    pub async fn take_all(&self, rules: &[(LimitRule, &str)]) -> db::Result<Result<(), TooMany>> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let mut refusal = Ok(());
        for (rule, who) in rules {
            let start = now.as_second().div_euclid(rule.window_seconds) * rule.window_seconds;
            let key = format!("{}:{}", rule.name, crate::id::hash_token(who));
            let count = store::count_attempt(&mut tx, &key, Timestamp::from_second(start).unwrap_or(now)).await?;
            if count > rule.max {
                refusal = Err(TooMany { retry_after_seconds: start + rule.window_seconds - now.as_second() });
                break;
            }
        }
        store::forget_before(&mut tx, now - SignedDuration::from_hours(24)).await?;
        tx.commit().await?;
        Ok(refusal)
    }
}
