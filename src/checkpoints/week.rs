//! When weeks begin and end.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// A week that a change of the zone would leave shorter than this goes on to the end of the next one.
const MIN_WEEK: SignedDuration = SignedDuration::from_hours(84);

/// From Monday midnight to the next Monday midnight in the programme's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekBounds {
    /// Its first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
}

impl WeekBounds {
    /// The week that `instant` falls in; days of a change of clocks are as long as they are.
    pub fn of(instant: Timestamp, zone: &TimeZone) -> Result<Self, jiff::Error> {
        let monday = monday_of(instant.to_zoned(zone.clone()).date())?;
        Ok(Self {
            starts_at: monday.to_zoned(zone.clone())?.timestamp(),
            ends_at: monday.checked_add(7.days())?.to_zoned(zone.clone())?.timestamp(),
        })
    }

    /// The week that `instant` falls in, which begins no earlier than the last stored week ends and ends no later than the
    /// next stored week begins. After a change of the zone it is up to half a week shorter or longer than others.
    pub fn between(
        instant: Timestamp,
        zone: &TimeZone,
        (last_end, next_start): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<Self, jiff::Error> {
        let mut bounds = Self::of(instant, zone)?;
        if let Some(end) = last_end.filter(|end| *end > bounds.starts_at) {
            if bounds.ends_at.duration_since(end) < MIN_WEEK {
                bounds.ends_at = Self::of(bounds.ends_at, zone)?.ends_at;
            }
            bounds.starts_at = end;
        }
        bounds.ends_at = next_start.map_or(bounds.ends_at, |start| start.min(bounds.ends_at));
        Ok(bounds)
    }

    /// What people call the week: the date of its Monday, such as `23 November 2026`. The middle of the week says which
    /// Monday that is, since after a change of the zone a week may begin some hours off midnight.
    pub fn label(&self, zone: &TimeZone) -> String {
        let middle = self.starts_at + self.ends_at.duration_since(self.starts_at) / 2;
        let day = middle.to_zoned(zone.clone()).date();
        monday_of(day).unwrap_or(day).strftime("%-d %B %Y").to_string()
    }
}

fn monday_of(day: Date) -> Result<Date, jiff::Error> {
    day.checked_sub(i64::from(day.weekday().since(Weekday::Monday)).days())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn bounds(start: &str, end: &str) -> WeekBounds {
        WeekBounds { starts_at: at(start), ends_at: at(end) }
    }

    #[test]
    fn a_week_begins_on_monday_in_the_programmes_zone() {
        let of = |instant| WeekBounds::of(at(instant), &zone("Pacific/Auckland")).unwrap();
        let expected = bounds("2026-03-01T11:00:00Z", "2026-03-08T11:00:00Z");
        assert_eq!(of("2026-03-04T12:00:00Z"), expected);
        assert_eq!(of("2026-03-01T11:00:00Z"), expected);
        assert_ne!(of("2026-03-01T10:59:59Z"), expected);
    }

    #[test]
    fn a_week_with_a_change_of_clocks_is_an_hour_longer_or_shorter() {
        let hours = |instant| {
            let week = WeekBounds::of(at(instant), &zone("Europe/London")).unwrap();
            week.ends_at.duration_since(week.starts_at).as_hours()
        };
        assert_eq!(hours("2026-03-25T12:00:00Z"), 167);
        assert_eq!(hours("2026-10-21T12:00:00Z"), 169);
        assert_eq!(hours("2026-06-10T12:00:00Z"), 168);
    }

    #[test]
    fn a_zone_to_the_west_lengthens_the_week_of_the_change() {
        let last_end = Some(at("2026-03-09T00:00:00Z"));
        let week = WeekBounds::between(at("2026-03-09T01:00:00Z"), &zone("America/Phoenix"), (last_end, None)).unwrap();
        assert_eq!(week, bounds("2026-03-09T00:00:00Z", "2026-03-16T07:00:00Z"));
    }

    #[test]
    fn a_zone_to_the_east_shortens_the_week_of_the_change() {
        let last_end = Some(at("2026-03-09T00:00:00Z"));
        let week = WeekBounds::between(at("2026-03-09T01:00:00Z"), &zone("Asia/Tokyo"), (last_end, None)).unwrap();
        assert_eq!(week, bounds("2026-03-09T00:00:00Z", "2026-03-15T15:00:00Z"));
    }

    #[test]
    fn a_week_is_called_by_its_monday_whatever_its_length() {
        for (start, end, name, label) in [
            ("2026-03-01T11:00:00Z", "2026-03-08T11:00:00Z", "Pacific/Auckland", "2 March 2026"),
            ("2026-03-23T00:00:00Z", "2026-03-29T23:00:00Z", "Europe/London", "23 March 2026"),
            ("2026-03-09T00:00:00Z", "2026-03-16T07:00:00Z", "America/Phoenix", "9 March 2026"),
            ("2026-03-09T00:00:00Z", "2026-03-15T15:00:00Z", "Asia/Tokyo", "9 March 2026"),
        ] {
            assert_eq!(bounds(start, end).label(&zone(name)), label, "{name}");
        }
    }

    proptest! {
        #[test]
        fn weeks_never_overlap_whatever_zone_each_is_in(
            zones in prop::collection::vec(prop::sample::select(vec![
                "Pacific/Auckland", "Asia/Kathmandu", "Europe/London", "America/Phoenix", "Pacific/Pago_Pago",
            ]), 2..8),
            waits in prop::collection::vec(0_i64..400, 8),
        ) {
            let mut now = at("2026-03-04T12:00:00Z");
            let mut last: Option<WeekBounds> = None;
            for (name, wait) in zones.iter().zip(&waits) {
                let ends = last.map(|week| week.ends_at);
                let week = WeekBounds::between(now, &zone(name), (ends, None)).unwrap();
                prop_assert!(week.starts_at <= now && now < week.ends_at);
                prop_assert!(ends.is_none_or(|end| end <= week.starts_at));
                let hours = week.ends_at.duration_since(week.starts_at).as_hours();
                prop_assert!((83..=252).contains(&hours), "{hours} hours");
                (now, last) = (week.ends_at + SignedDuration::from_hours(*wait), Some(week));
            }
        }
    }
}
