//! `/prizes` and `/prizes/weeks/{week}`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use crate::checkpoints::{Checkpoints, WeekId};
use crate::lessons::Rules;
use crate::prizes::{Prizes, Rank};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `prizes/index.html`
#[derive(Debug, Serialize)]
pub struct PrizesPage {
    /// The rules of this week.
    pub rules: Rules,
    /// The weeks that have had entries: address and first instant.
    pub weeks: Vec<(String, Timestamp)>,
}

impl View for PrizesPage {
    const TEMPLATE: &'static str = "prizes/index.html";

    fn samples() -> Vec<Self> {
        vec![
            Self { rules: Rules { prizes: Vec::new(), ..Rules::sample() }, weeks: Vec::new() },
            Self { rules: Rules::sample(), weeks: vec![("/prizes/weeks/x".to_owned(), Timestamp::UNIX_EPOCH)] },
        ]
    }
}

/// `GET /prizes`
pub async fn prizes(checkpoints: Data<Checkpoints>) -> Result<Reply<PrizesPage>, WebError> {
    let weeks = checkpoints.list_weeks().await?;
    Ok(Reply::Page(PrizesPage {
        rules: checkpoints.find_current_week().await?.rules,
        weeks: weeks.into_iter().map(|week| (format!("/prizes/weeks/{}", week.id), week.bounds.starts_at)).collect(),
    }))
}

/// `prizes/week.html`
#[derive(Debug, Serialize)]
pub struct WeekPage {
    /// The week's first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
    /// The version of the rules that it is under.
    pub rules_version: i64,
    /// How many vouchers there are.
    pub vouchers: i64,
    /// How many are won for certain.
    pub won: usize,
    /// The entries in the order of arrival, without names.
    pub entries: Vec<RankRow>,
}

/// An entry in the ranking.
#[derive(Debug, Serialize)]
pub struct RankRow {
    /// Its place in the order of arrival.
    pub week_seq: i64,
    /// Where it stands.
    pub rank: Rank,
}

impl View for WeekPage {
    const TEMPLATE: &'static str = "prizes/week.html";

    fn samples() -> Vec<Self> {
        let ranks = [
            Rank::Won { place: 1 },
            Rank::Out,
            Rank::Waiting { valid_before: 1 },
            Rank::Provisional { place: 2, undecided_before: 1 },
            Rank::TooLate,
        ];
        let entries = (1..).zip(ranks).map(|(week_seq, rank)| RankRow { week_seq, rank }).collect();
        let at = Timestamp::UNIX_EPOCH;
        vec![
            Self { starts_at: at, ends_at: at, rules_version: 1, vouchers: 50, won: 1, entries },
            Self { starts_at: at, ends_at: at, rules_version: 1, vouchers: 50, won: 0, entries: Vec::new() },
        ]
    }
}

/// `GET /prizes/weeks/{week}`
pub async fn week(prizes: Data<Prizes>, id: Path<String>) -> Result<Reply<WeekPage>, WebError> {
    let ranking = prizes.find_ranking(&WeekId::from(id.into_inner())).await?.ok_or(WebError::NotFound)?;
    let bounds = ranking.week.bounds;
    Ok(Reply::Page(WeekPage {
        starts_at: bounds.starts_at,
        ends_at: bounds.ends_at,
        rules_version: ranking.rules.version,
        vouchers: ranking.rules.vouchers_per_week,
        won: ranking.count_won(),
        entries: ranking
            .entries
            .into_iter()
            .map(|entry| RankRow { week_seq: entry.week_seq, rank: entry.rank })
            .collect(),
    }))
}
