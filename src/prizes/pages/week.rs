//! `/prizes` and `/prizes/weeks/{week}`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use crate::checkpoints::{Checkpoints, Week, WeekId};
use crate::lessons::Rules;
use crate::prizes::{Prizes, Rank};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `prizes/index.html`
#[derive(Debug, Serialize)]
pub struct PrizesPage {
    /// The rules of this week.
    pub rules: Rules,
    /// The weeks that have had entries: address and name.
    pub weeks: Vec<(String, String)>,
}

impl View for PrizesPage {
    const TEMPLATE: &'static str = "prizes/index.html";

    fn samples() -> Vec<Self> {
        vec![
            Self { rules: Rules { prizes: Vec::new(), ..Rules::sample() }, weeks: Vec::new() },
            Self { rules: Rules::sample(), weeks: vec![("/prizes/weeks/x".to_owned(), "23 November 2026".to_owned())] },
        ]
    }
}

/// `GET /prizes`
pub async fn prizes(checkpoints: Data<Checkpoints>) -> Result<Reply<PrizesPage>, WebError> {
    let (rules, weeks) = (checkpoints.find_current_week().await?.rules, checkpoints.list_weeks().await?);
    let link = |week: Week| (format!("/prizes/weeks/{}", week.id), week.bounds.label(&rules.zone));
    Ok(Reply::Page(PrizesPage { weeks: weeks.into_iter().map(link).collect(), rules }))
}

/// `prizes/week.html`
#[derive(Debug, Serialize)]
pub struct WeekPage {
    /// What it is called.
    pub label: String,
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
    /// Its number in the order of arrival.
    pub week_seq: i64,
    /// Its rank.
    pub rank: Rank,
}

impl View for WeekPage {
    const TEMPLATE: &'static str = "prizes/week.html";

    fn samples() -> Vec<Self> {
        let ranks = [
            Rank::Won { place: 1 },
            Rank::Out,
            Rank::Staff,
            Rank::Waiting { valid_before: 1 },
            Rank::Provisional { place: 2, undecided_before: 1 },
            Rank::TooLate,
        ];
        let entries = (1..).zip(ranks).map(|(week_seq, rank)| RankRow { week_seq, rank }).collect();
        let at = Timestamp::UNIX_EPOCH;
        let page = |won, entries| Self {
            label: "23 November 2026".to_owned(),
            starts_at: at,
            ends_at: at,
            rules_version: 1,
            vouchers: 50,
            won,
            entries,
        };
        vec![page(1, entries), page(0, Vec::new())]
    }
}

/// `GET /prizes/weeks/{week}`
pub async fn week(prizes: Data<Prizes>, id: Path<String>) -> Result<Reply<WeekPage>, WebError> {
    let ranking = prizes.find_ranking(&WeekId::from(id.into_inner())).await?.ok_or(WebError::NotFound)?;
    let bounds = ranking.week.bounds;
    Ok(Reply::Page(WeekPage {
        label: bounds.label(&ranking.rules.zone),
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
