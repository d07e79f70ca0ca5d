//! How templates format times and numbers, and mark where the reader is.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use minijinja::{Environment, Error, ErrorKind, State, Value};

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("when", |state: &State<'_, '_>, instant: &str| when(instant, &zone_of(state)));
    environment.add_filter("when_ends", |state: &State<'_, '_>, at: &str| when_ends(at, &zone_of(state)));
    environment.add_filter("when_exactly", |state: &State<'_, '_>, at: &str| when_exactly(at, &zone_of(state)));
    environment.add_filter("minutes", |seconds: i64| minutes(seconds));
    environment.add_filter("listing", |words: Vec<String>| list_words(&words));
    environment.add_filter("ordinal", |number: i64| ordinal(number));
    environment.add_filter("thousands", |number: i64| thousands(number));
    environment.add_function("aria_current", |path: &str, url: &str, also: Option<&str>| aria_current(path, url, also));
    environment.add_filter("ago", |instant: &str, now: &str| ago(instant, now));
}

/// Marks the link to `url` of the navigation on its own page, and on those below it or below `also`.
fn aria_current(path: &str, url: &str, also: Option<&str>) -> Value {
    let is_below = |url: &str| path.strip_prefix(url).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let attribute = if path == url {
        " aria-current=\"page\""
    } else if is_below(url) || also.is_some_and(is_below) {
        " aria-current=\"true\""
    } else {
        ""
    };
    Value::from_safe_string(attribute.to_owned())
}

fn parse(instant: &str) -> Result<Timestamp, Error> {
    instant
        .parse()
        .map_err(|_format| Error::new(ErrorKind::InvalidOperation, format!("{instant:?} is not a time in RFC 3339")))
}

/// A time in a zone, to the minute and with the zone's name there and then.
fn format_in(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%a %-d %B %Y, %H:%M %Z").to_string()
}

/// The same for a mail, whose reader may be anywhere: with the time of UTC, where the clocks differ.
pub fn format_time(instant: Timestamp, zone: &TimeZone) -> String {
    let (there, utc) = (format_in(instant, zone), instant.to_zoned(TimeZone::UTC));
    let is_utc = zone.to_offset(instant).seconds() == 0;
    if is_utc { there } else { format!("{there} ({})", utc.strftime("%H:%M UTC")) }
}

/// The zone of the page that is rendered, which is the programme's; UTC where there is no page around.
fn zone_of(state: &State<'_, '_>) -> TimeZone {
    let name = state.lookup("shell").and_then(|shell| shell.get_attr("zone").ok());
    name.and_then(|name| TimeZone::get(name.as_str()?).ok()).unwrap_or(TimeZone::UTC)
}

/// A `<time>` element: exact for machines, to the minute in the programme's zone for people. Script says it in the zone of
/// the reader.
fn when(instant: &str, zone: &TimeZone) -> Result<Value, Error> {
    let instant = parse(instant)?;
    let formatted = format_in(instant, zone);
    Ok(Value::from_safe_string(format!("<time datetime=\"{instant}\">{formatted}</time>")))
}

/// The same for the first instant after something: midnight is the end of the day before, and not the day after. Script
/// adds what it is in the zone of the reader.
fn when_ends(instant: &str, zone: &TimeZone) -> Result<Value, Error> {
    let instant = parse(instant)?;
    let there = instant.to_zoned(zone.clone());
    let formatted = if there.time() == Time::midnight() {
        let day = there.yesterday().map_err(|_range| Error::new(ErrorKind::InvalidOperation, "no day before it"))?;
        format!("end of {}, {}", day.strftime("%A %-d %B %Y"), there.strftime("%Z"))
    } else {
        format_in(instant, zone)
    };
    Ok(Value::from_safe_string(format!("<time datetime=\"{instant}\" data-ends>{formatted}</time>")))
}

/// The same to the second, for what follows closely on each other.
fn when_exactly(instant: &str, zone: &TimeZone) -> Result<Value, Error> {
    let instant = parse(instant)?;
    let formatted = instant.to_zoned(zone.clone()).strftime("%a %-d %B %Y, %H:%M:%S %Z");
    Ok(Value::from_safe_string(format!("<time datetime=\"{instant}\" data-seconds>{formatted}</time>")))
}

/// How long before `now` something was, in its largest whole unit.
fn ago(instant: &str, now: &str) -> Result<String, Error> {
    let since = parse(now)?.duration_since(parse(instant)?);
    let (count, unit) = largest_unit(since);
    Ok(match count {
        0 => "just now".to_owned(),
        1 => format!("1 {unit} ago"),
        _ => format!("{} {unit}s ago", thousands(count)),
    })
}

fn largest_unit(length: SignedDuration) -> (i64, &'static str) {
    match length.as_secs() {
        seconds if seconds < 60 => (0, "second"),
        seconds if seconds < 3_600 => (seconds / 60, "minute"),
        seconds if seconds < 86_400 => (seconds / 3_600, "hour"),
        seconds => (seconds / 86_400, "day"),
    }
}

/// Seconds in hours and minutes, rounded up so that a promise is not cut short.
fn minutes(seconds: i64) -> String {
    let whole = seconds.max(0).div_euclid(60) + i64::from(seconds.max(0) % 60 > 0);
    match (whole / 60, whole % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Words with commas, and the last after "and".
pub fn list_words<W: AsRef<str>>(words: &[W]) -> String {
    let Some((last, others)) = words.split_last() else { return String::new() };
    let others: Vec<&str> = others.iter().map(AsRef::as_ref).collect();
    if others.is_empty() { last.as_ref().to_owned() } else { format!("{} and {}", others.join(", "), last.as_ref()) }
}

/// A number as a place in a row: 1st, 2nd, 3rd, 4th, 11th, 21st.
fn ordinal(number: i64) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{}{ending}", thousands(number))
}

/// Digits in groups of three, set apart by narrow no-break spaces (ISO 80000-1).
fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    if number < 0 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_listed_with_commas_and_the_last_after_and() {
        assert_eq!(list_words::<&str>(&[]), "");
        assert_eq!(list_words(&["a"]), "a");
        assert_eq!(list_words(&["a", "b"]), "a and b");
        assert_eq!(list_words(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn places_in_a_row_have_their_ending() {
        let expected = [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th")];
        let larger = [(21, "21st"), (102, "102nd"), (111, "111th"), (1_003, "1\u{202f}003rd")];
        for (number, text) in expected.into_iter().chain(larger) {
            assert_eq!(ordinal(number), text);
        }
    }

    #[test]
    fn numbers_are_grouped_in_threes() {
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(-1_234_567), "-1\u{202f}234\u{202f}567");
    }

    #[test]
    fn a_time_is_told_in_the_programmes_zone_with_the_zones_name() {
        for (zone, instant, formatted) in [
            ("UTC", "2026-03-04T12:00:00Z", "Wed 4 March 2026, 12:00 UTC"),
            ("Europe/London", "2026-07-04T12:00:00Z", "Sat 4 July 2026, 13:00 BST"),
            ("Pacific/Auckland", "2026-03-04T12:00:00Z", "Thu 5 March 2026, 01:00 NZDT"),
            ("Asia/Kathmandu", "2026-03-04T12:00:00Z", "Wed 4 March 2026, 17:45 +0545"),
        ] {
            let element = when(instant, &TimeZone::get(zone).unwrap()).unwrap();
            assert_eq!(element.to_string(), format!("<time datetime=\"{instant}\">{formatted}</time>"));
        }
    }

    #[test]
    fn midnight_is_the_end_of_the_day_before() {
        for (zone, instant, formatted) in [
            ("Europe/London", "2026-11-30T00:00:00Z", "end of Sunday 29 November 2026, GMT"),
            ("Europe/London", "2026-07-05T23:00:00Z", "end of Sunday 5 July 2026, BST"),
            ("America/New_York", "2026-11-30T00:00:00Z", "Sun 29 November 2026, 19:00 EST"),
            // There, the clocks went forward at midnight: the day began at one.
            ("America/Santiago", "2026-09-06T04:00:00Z", "Sun 6 September 2026, 01:00 -03"),
        ] {
            let element = when_ends(instant, &TimeZone::get(zone).unwrap()).unwrap();
            assert_eq!(element.to_string(), format!("<time datetime=\"{instant}\" data-ends>{formatted}</time>"));
        }
    }

    #[test]
    fn a_mail_has_the_time_of_utc_too_where_the_clocks_differ() {
        for (zone, instant, formatted) in [
            ("UTC", "2026-03-04T12:00:00Z", "Wed 4 March 2026, 12:00 UTC"),
            ("Europe/London", "2026-03-04T01:51:00Z", "Wed 4 March 2026, 01:51 GMT"),
            ("Europe/London", "2026-07-04T12:00:00Z", "Sat 4 July 2026, 13:00 BST (12:00 UTC)"),
        ] {
            assert_eq!(format_time(instant.parse().unwrap(), &TimeZone::get(zone).unwrap()), formatted);
        }
    }

    #[test]
    fn what_follows_closely_is_told_to_the_second() {
        let element = when_exactly("2026-03-04T12:00:07.5Z", &TimeZone::UTC).unwrap().to_string();
        assert!(element.contains(" data-seconds>Wed 4 March 2026, 12:00:07 UTC<"), "{element}");
    }

    #[test]
    fn lengths_are_rounded_up_to_the_minute() {
        assert_eq!(minutes(61), "2 min");
        assert_eq!(minutes(5_400), "1 h 30 min");
    }

    #[test]
    fn the_past_is_worded_in_its_largest_unit() {
        assert_eq!(ago("2026-01-01T00:00:00Z", "2026-01-01T00:00:20Z").unwrap(), "just now");
        assert_eq!(ago("2026-01-01T00:00:00Z", "2026-01-01T01:10:00Z").unwrap(), "1 hour ago");
        assert!(ago("yesterday", "today").is_err());
    }
}
