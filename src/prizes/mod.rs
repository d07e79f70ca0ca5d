//! Prizes: the week's line, and the vouchers that its first valid entries win.
//!
//! An entry wins for certain once every entry before it in its week is decided and few enough of them are valid. Awards
//! follow the certain part of the line, under the lock of the week, each at a place of its own: so there are exactly as
//! many as the rules say, whoever runs the job and however often. Without vouchers in stock the rest waits for an import.
//!
//! Tables: `vouchers` (codes sealed), `voucher_awards`.

mod codes;
mod line;
pub mod mails;
pub mod pages;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use crate::accounts::PersonId;
use crate::audit::{Audit, Event};
use crate::checkpoints::{Checkpoints, Entry, EntryId, EntryState, LineChanged, WeekId};
use crate::clock::Clock;
use crate::db::{self, Conn, Db};
use crate::id::{Random, Secret};
use crate::jobs::{Jobs, Registry};
use crate::mail::Mailer;

use codes::{Codes, Line};
use mails::VoucherMail;
use store::{AwardId, NewAward, NewVoucher, VoucherId};

pub use line::{Standing, standings};

/// The prizes of the programme.
#[derive(Clone, Debug)]
pub struct Prizes {
    db: Db,
    clock: Clock,
    random: Random,
    jobs: Jobs,
    checkpoints: Checkpoints,
    mailer: Mailer,
    audit: Audit,
    codes: Codes,
    public_url: String,
}

/// What the service is made of.
#[derive(Debug)]
pub struct PrizeParts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Ids and nonces.
    pub random: Random,
    /// The queue.
    pub jobs: Jobs,
    /// Entries.
    pub checkpoints: Checkpoints,
    /// The mailer.
    pub mailer: Mailer,
    /// The ledger.
    pub audit: Audit,
    /// The site's address, for links in mails.
    pub public_url: String,
}

/// What an import did with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// How many codes were added.
    pub added: u64,
    /// How many lines were blank.
    pub blank: u64,
    /// The lines that were not taken, and why.
    pub refused: Vec<(u64, &'static str)>,
}

/// How many vouchers there are and are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Stock {
    /// In stock, given away or not.
    pub imported: i64,
    /// Given away.
    pub awarded: i64,
    /// Won for certain, and waiting for a voucher.
    pub missing: i64,
}

impl Prizes {
    /// Prizes kept in the parts' database, their codes sealed under `secret`.
    pub fn new(parts: PrizeParts, secret: &Secret) -> anyhow::Result<Self> {
        let PrizeParts { db, clock, random, jobs, checkpoints, mailer, audit, public_url } = parts;
        let codes = Codes::new(secret, random.clone())?;
        Ok(Self { db, clock, random, jobs, checkpoints, mailer, audit, codes, public_url })
    }

    /// Adds the codes of a file; the inner error says why the whole of it cannot be read.
    pub async fn import(&self, admin: &PersonId, file: &[u8]) -> anyhow::Result<Result<ImportReport, String>> {
        let lines = match codes::read_lines(file) {
            Ok(lines) => lines,
            Err(fault) => return Ok(Err(fault)),
        };
        let (now, mut report, mut seen) = (self.clock.now(), ImportReport::default(), BTreeSet::new());
        let weeks = self.checkpoints.list_weeks().await?;
        let mut tx = self.db.write().await?;
        for (number, line) in lines {
            match line {
                Line::Blank => report.blank += 1,
                Line::Refused(why) => report.refused.push((number, why)),
                Line::Code(code) if !seen.insert(code.clone()) => {
                    report.refused.push((number, "stands in the file twice"));
                }
                Line::Code(code) => {
                    let id = VoucherId::generate(&self.random, now);
                    let sealed_code = self.codes.sealer.seal(&code, id.as_str())?;
                    let code_hash = self.codes.hash(&code);
                    let new =
                        NewVoucher { id: &id, sealed_code: &sealed_code, code_hash: &code_hash, imported_by: admin };
                    if store::add_voucher(&mut tx, &new, now).await? {
                        report.added += 1;
                    } else {
                        report.refused.push((number, "was imported before"));
                    }
                }
            }
        }
        let detail = serde_json::json!({ "added": report.added, "refused": report.refused.len() });
        let event = Event { actor: admin.as_str(), action: "vouchers.import", subject: "vouchers", detail };
        self.audit.record(&mut tx, event).await?;
        for week in weeks {
            self.jobs.enqueue(&mut tx, &LineChanged { week: week.id }).await?;
        }
        tx.commit().await?;
        Ok(Ok(report))
    }

    /// Gives a voucher to every entry of a week that has won for certain and has none; answers how many it gave.
    pub async fn award(&self, week: &WeekId) -> anyhow::Result<usize> {
        let mut tx = self.db.write().await?;
        self.checkpoints.lock_week(&mut tx, week).await?;
        let places = crate::checkpoints::store::list_places(&mut tx, week).await?;
        let states: Vec<EntryState> = places.iter().map(|(_, _, state)| *state).collect();
        let awarded: BTreeSet<EntryId> =
            store::list_awarded(&mut tx, week).await?.into_iter().map(|(entry, _)| entry).collect();
        let mut count = 0;
        let vouchers = self.checkpoints.rules().vouchers_per_week;
        for ((entry, ..), standing) in places.iter().zip(standings(&states, vouchers)) {
            let Standing::Won { place } = standing else { continue };
            if awarded.contains(entry) {
                continue;
            }
            if !self.award_entry(&mut tx, week, entry, place).await? {
                break;
            }
            count += 1;
        }
        tx.commit().await?;
        Ok(count)
    }

    async fn award_entry(&self, conn: &mut Conn, week: &WeekId, entry: &EntryId, place: i64) -> anyhow::Result<bool> {
        let Some(voucher) = store::find_free(conn).await? else { return Ok(false) };
        let now = self.clock.now();
        let id = AwardId::generate(&self.random, now);
        let award = NewAward { id: &id, voucher: &voucher, entry, week, place };
        if !store::add_award(conn, &award, now).await? {
            // Another week has just taken this voucher: the whole is tried again.
            anyhow::bail!("a voucher was given away twice at the same time");
        }
        let detail = serde_json::json!({ "place": place, "voucher": voucher.as_str() });
        let event = Event { actor: "system", action: "voucher.award", subject: entry.as_str(), detail };
        self.audit.record(conn, event).await?;
        let found = crate::checkpoints::store::find_entry(conn, entry).await?;
        let Some(found) = found else { return Ok(true) };
        // On this connection: waiting for a second one while holding the week's lock could wait for itself.
        if let Some(winner) = crate::accounts::store::people::find(conn, &found.person).await? {
            let rules = self.checkpoints.rules();
            let mail = VoucherMail {
                name: winner.name,
                value: rules.voucher_value.clone(),
                provider: rules.voucher_provider.clone(),
                url: format!("{}/entries/{entry}", self.public_url),
            };
            self.mailer.queue(conn, &winner.email, &mail).await?;
        }
        Ok(true)
    }

    /// The standing of every entry of a week, with its place in the order of arrival.
    pub async fn list_line(&self, week: &WeekId) -> db::Result<Vec<(EntryId, i64, Standing)>> {
        let places = self.checkpoints.list_places(week).await?;
        let states: Vec<EntryState> = places.iter().map(|(_, _, state)| *state).collect();
        let standings = standings(&states, self.checkpoints.rules().vouchers_per_week);
        Ok(places.into_iter().zip(standings).map(|((id, seq, _), standing)| (id, seq, standing)).collect())
    }

    /// Where an entry stands.
    pub async fn find_standing(&self, entry: &Entry) -> db::Result<Standing> {
        let line = self.list_line(&entry.week).await?;
        Ok(line.into_iter().find(|(id, ..)| *id == entry.id).map_or(Standing::Out, |(_, _, standing)| standing))
    }

    /// The code that an entry has won, for its owner's eyes.
    pub async fn find_code(&self, entry: &Entry) -> anyhow::Result<Option<String>> {
        let found = store::find_of_entry(&mut *self.db.read().await?, &entry.id).await?;
        found.map(|(voucher, sealed)| self.codes.sealer.open(&sealed, voucher.as_str())).transpose()
    }

    /// How many vouchers there are and are wanted.
    pub async fn count_stock(&self) -> db::Result<Stock> {
        let (imported, awarded) = store::count(&mut *self.db.read().await?).await?;
        let mut missing = 0;
        for week in self.checkpoints.list_weeks().await? {
            let given: BTreeMap<EntryId, i64> =
                store::list_awarded(&mut *self.db.read().await?, &week.id).await?.into_iter().collect();
            let won = self.list_line(&week.id).await?.into_iter();
            let waiting =
                won.filter(|(id, _, standing)| matches!(standing, Standing::Won { .. }) && !given.contains_key(id));
            missing += i64::try_from(waiting.count()).unwrap_or(i64::MAX);
        }
        Ok(Stock { imported, awarded, missing })
    }
}

/// Registers the jobs of this part.
pub fn register_jobs(registry: &mut Registry, prizes: &Prizes) {
    let prizes = prizes.clone();
    registry.on(move |job: LineChanged| {
        let prizes = prizes.clone();
        async move {
            prizes.award(&job.week).await?;
            Ok(())
        }
    });
}
