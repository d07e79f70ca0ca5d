//! The time, asked for in one place so that tests can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that moves only when told to, in microseconds since the epoch.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock standing still at `start`.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.as_microsecond())))
    }

    /// This instant, cut to whole microseconds so that it survives being stored.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => truncate(system_now()),
            Self::Manual(micros) => {
                Timestamp::from_microsecond(micros.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
            }
        }
    }

    /// Moves a manual clock forward; the system's clock is left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Self::Manual(micros) = self {
            let step = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(step, Ordering::SeqCst);
        }
    }

    /// Sets a manual clock to `to`; the system's clock is left alone.
    pub fn set(&self, to: Timestamp) {
        if let Self::Manual(micros) = self {
            micros.store(to.as_microsecond(), Ordering::SeqCst);
        }
    }
}

/// Standard time is read through its difference from the epoch, the one reading of the machine's clock in the program.
fn system_now() -> Timestamp {
    std::time::UNIX_EPOCH
        .elapsed()
        .ok()
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .and_then(|micros| Timestamp::from_microsecond(micros).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

fn truncate(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), clock.now());
        clock.advance(SignedDuration::from_secs(90));
        assert_eq!(clock.now().as_second(), 90);
    }

    #[test]
    fn the_system_clock_is_past_2025() {
        assert!(Clock::System.now() > "2025-01-01T00:00:00Z".parse().unwrap());
    }
}
