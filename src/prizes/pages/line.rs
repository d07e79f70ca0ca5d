//! `/prizes` and `/prizes/weeks/{week}`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use crate::checkpoints::{Checkpoints, WeekId};
use crate::lessons::{Lessons, Prize, PrizeKind, Rules};
use crate::prizes::{Prizes, Standing};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `prizes/index.html`
#[derive(Debug, Serialize)]
pub struct PrizesPage {
    /// The rules in force.
    pub rules: Rules,
    /// The prizes that are drawn.
    pub prizes: Vec<Prize>,
    /// The weeks that have had entries: address and first instant.
    pub weeks: Vec<(String, Timestamp)>,
}

fn sample_rules() -> Rules {
    Rules {
        version: 1,
        vouchers_per_week: 50,
        entries_per_developer: 3,
        voucher_value: "10 USD".to_owned(),
        voucher_provider: "Uber Eats".to_owned(),
        summary: "The first fifty win.".to_owned(),
    }
}

impl View for PrizesPage {
    const TEMPLATE: &'static str = "prizes/index.html";

    fn samples() -> Vec<Self> {
        let prize = |kind| Prize { kind, name: "A book".to_owned(), winners: 1 };
        vec![
            Self { rules: sample_rules(), prizes: Vec::new(), weeks: Vec::new() },
            Self {
                rules: sample_rules(),
                prizes: vec![prize(PrizeKind::Weekly), prize(PrizeKind::Monthly)],
                weeks: vec![("/prizes/weeks/x".to_owned(), Timestamp::UNIX_EPOCH)],
            },
        ]
    }
}

/// `GET /prizes`
pub async fn prizes(checkpoints: Data<Checkpoints>, lessons: Data<Lessons>) -> Result<Reply<PrizesPage>, WebError> {
    let weeks = checkpoints.list_weeks().await?;
    Ok(Reply::Page(PrizesPage {
        rules: checkpoints.rules(),
        prizes: lessons.library().programme().prizes.clone(),
        weeks: weeks.into_iter().map(|week| (format!("/prizes/weeks/{}", week.id), week.starts_at)).collect(),
    }))
}

/// `prizes/week.html`
#[derive(Debug, Serialize)]
pub struct LinePage {
    /// The week's first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
    /// How many vouchers there are.
    pub vouchers: i64,
    /// How many are won for certain.
    pub won: usize,
    /// The entries in the order of arrival, without names.
    pub line: Vec<LineRow>,
}

/// An entry in the line.
#[derive(Debug, Serialize)]
pub struct LineRow {
    /// Its place in the order of arrival.
    pub week_seq: i64,
    /// Where it stands.
    pub standing: Standing,
}

impl View for LinePage {
    const TEMPLATE: &'static str = "prizes/week.html";

    fn samples() -> Vec<Self> {
        let standings = [
            Standing::Won { place: 1 },
            Standing::Out,
            Standing::Waiting { valid_before: 1 },
            Standing::Provisional { place: 2, undecided_before: 1 },
            Standing::TooLate,
        ];
        let line = (1..).zip(standings).map(|(week_seq, standing)| LineRow { week_seq, standing }).collect();
        let at = Timestamp::UNIX_EPOCH;
        vec![
            Self { starts_at: at, ends_at: at, vouchers: 50, won: 1, line },
            Self { starts_at: at, ends_at: at, vouchers: 50, won: 0, line: Vec::new() },
        ]
    }
}

/// `GET /prizes/weeks/{week}`
pub async fn line(
    prizes: Data<Prizes>,
    checkpoints: Data<Checkpoints>,
    id: Path<String>,
) -> Result<Reply<LinePage>, WebError> {
    let week = checkpoints.find_week(&WeekId::from(id.into_inner())).await?.ok_or(WebError::NotFound)?;
    let line = prizes.list_line(&week.id).await?;
    Ok(Reply::Page(LinePage {
        starts_at: week.starts_at,
        ends_at: week.ends_at,
        vouchers: checkpoints.rules().vouchers_per_week,
        won: line.iter().filter(|(_, _, standing)| matches!(standing, Standing::Won { .. })).count(),
        line: line.into_iter().map(|(_, week_seq, standing)| LineRow { week_seq, standing }).collect(),
    }))
}
