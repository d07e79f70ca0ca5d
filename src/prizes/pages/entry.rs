//! `/entries/{id}` and `/entries/{id}/eligibility`

use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::accounts::Person;
use crate::accounts::guards::Learner;
use crate::checkpoints::pages::EntrySummary;
use crate::checkpoints::{Checkpoints, Entry, EntryId, EntryState};
use crate::lessons::{Lessons, Rules};
use crate::prizes::{Prizes, Rank, RankedEntry};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `prizes/entry.html`
#[derive(Debug, Serialize)]
pub struct EntryPage {
    /// The entry.
    pub entry: EntrySummary,
    /// Why it was not accepted.
    pub reason: Option<String>,
    /// Whether it can still be taken back.
    pub can_withdraw: bool,
    /// Its rank in its week.
    pub rank: Rank,
    /// What its week is called.
    pub week: String,
    /// The page of its week.
    pub week_path: String,
    /// How many vouchers its week has.
    pub vouchers: i64,
    /// What the voucher is worth.
    pub voucher_value: String,
    /// Who provides it.
    pub voucher_provider: String,
    /// The code, once it is won and there.
    pub code: Option<String>,
}

impl View for EntryPage {
    const TEMPLATE: &'static str = "prizes/entry.html";

    fn samples() -> Vec<Self> {
        let ranks = [
            Rank::Waiting { valid_before: 2 },
            Rank::Provisional { place: 3, undecided_before: 1 },
            Rank::Won { place: 3 },
            Rank::Out,
            Rank::Staff,
            Rank::TooLate,
        ];
        let rows = EntrySummary::samples().into_iter().zip(ranks).enumerate();
        rows.map(|(place, (entry, rank))| Self {
            entry,
            reason: (place == 3).then(|| "The second answer is about another question.".to_owned()),
            can_withdraw: place == 0,
            rank,
            week: "23 November 2026".to_owned(),
            week_path: "/prizes/weeks/x".to_owned(),
            vouchers: 50,
            voucher_value: "10 USD".to_owned(),
            voucher_provider: "Uber Eats".to_owned(),
            code: (place == 2).then(|| "CODE-1".to_owned()),
        })
        .collect()
    }
}

/// `GET /entries/{id}`, for its owner alone.
pub async fn entry(
    prizes: Data<Prizes>,
    checkpoints: Data<Checkpoints>,
    lessons: Data<Lessons>,
    learner: Learner,
    id: Path<String>,
) -> Result<Reply<EntryPage>, WebError> {
    let entry = find_own(&checkpoints, &learner.0, id.into_inner()).await?;
    let (rank, week, rules) = prizes.find_rank(&entry).await?;
    Ok(Reply::Page(EntryPage {
        rank,
        week: week.bounds.label(&rules.zone),
        code: prizes.find_code(&entry).await?,
        can_withdraw: entry.state == EntryState::Submitted,
        week_path: format!("/prizes/weeks/{}", entry.week),
        vouchers: rules.vouchers_per_week,
        voucher_value: rules.voucher_value,
        voucher_provider: rules.voucher_provider,
        reason: entry.reason.clone(),
        entry: EntrySummary::new(&entry, &lessons.library()),
    }))
}

async fn find_own(checkpoints: &Checkpoints, person: &Person, id: String) -> Result<Entry, WebError> {
    let found = checkpoints.find_entry(&EntryId::from(id)).await?;
    found.filter(|entry| entry.person == person.id).ok_or(WebError::NotFound)
}

/// `prizes/eligibility.html`
#[derive(Debug, Serialize)]
pub struct EligibilityPage {
    /// The entry's page.
    pub entry_path: String,
    /// The version of the rules that the entry was made under.
    pub rules_version: i64,
    /// Each rule with its input and result.
    pub rules: Vec<RuleResult>,
}

/// One rule, as it came out.
#[derive(Debug, Serialize)]
pub struct RuleResult {
    /// The rule.
    pub rule: String,
    /// What it was applied to.
    pub input: String,
    /// `yes`, `no` or `open`.
    pub result: &'static str,
}

impl View for EligibilityPage {
    const TEMPLATE: &'static str = "prizes/eligibility.html";

    fn samples() -> Vec<Self> {
        let rules = ["yes", "no", "open"].map(|result| RuleResult {
            rule: "Accepted by a reviewer".to_owned(),
            input: "in review".to_owned(),
            result,
        });
        vec![Self { entry_path: "/entries/x".to_owned(), rules_version: 1, rules: rules.into() }]
    }
}

/// `GET /entries/{id}/eligibility`: the rules of the voucher, by the function that awards it.
pub async fn eligibility(
    prizes: Data<Prizes>,
    checkpoints: Data<Checkpoints>,
    learner: Learner,
    id: Path<String>,
) -> Result<Reply<EligibilityPage>, WebError> {
    let entry = find_own(&checkpoints, &learner.0, id.into_inner()).await?;
    let (ranked, _week, rules) = prizes.find_ranked(&entry).await?;
    Ok(Reply::Page(EligibilityPage {
        entry_path: format!("/entries/{}", entry.id),
        rules_version: rules.version,
        rules: explain(&entry, &ranked, &rules),
    }))
}

fn explain(entry: &Entry, ranked: &RankedEntry, rules: &Rules) -> Vec<RuleResult> {
    let vouchers = rules.vouchers_per_week;
    let accepted = match entry.state {
        EntryState::Valid => ("it was accepted", "yes"),
        EntryState::Submitted => ("it waits for a reviewer", "open"),
        EntryState::InReview => ("a reviewer has it", "open"),
        EntryState::Rejected => ("it was not accepted", "no"),
        EntryState::Disqualified => ("it was disqualified", "no"),
        EntryState::Withdrawn => ("you took it back", "no"),
    };
    let staff = match (ranked.is_by_staff, entry.state) {
        (true, _) => ("you are or were on its staff, who can read what a good answer has", "no"),
        (false, EntryState::Valid) => ("you weren't when the entry was accepted", "yes"),
        (false, _) => ("you aren't, and never were", "yes"),
    };
    let place = match ranked.rank {
        Rank::Won { place } => (format!("voucher {place}, certain"), "yes"),
        Rank::Provisional { place, undecided_before } => {
            (format!("place {place} at best, with {undecided_before} undecided before it"), "open")
        }
        Rank::Waiting { valid_before } => (format!("{valid_before} valid entries before it"), "open"),
        Rank::TooLate => (format!("{vouchers} valid entries before it"), "no"),
        Rank::Staff | Rank::Out => ("it takes no place".to_owned(), "no"),
    };
    vec![
        RuleResult {
            rule: "It holds one of your entries in the programme, and the one of its week and module".to_owned(),
            input: entry.entry_no.map_or_else(|| "its slots are free".to_owned(), |number| format!("entry {number}")),
            result: if entry.entry_no.is_some() { "yes" } else { "no" },
        },
        RuleResult { rule: "A reviewer accepted it".to_owned(), input: accepted.0.to_owned(), result: accepted.1 },
        RuleResult {
            rule: "You are not on the programme's staff".to_owned(),
            input: staff.0.to_owned(),
            result: staff.1,
        },
        RuleResult {
            rule: format!("It is among the first {vouchers} valid entries of its week"),
            input: place.0,
            result: place.1,
        },
    ]
}
