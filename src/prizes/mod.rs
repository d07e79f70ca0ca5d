//! Prizes: the ranking of a week, and the vouchers that its first valid entries win.
//!
//! An entry wins for certain once every entry before it in its week is decided and few enough of them are valid. Awards
//! follow the certain part of the ranking, under the rules and the lock of the week, each at a place of its own: so there
//! are exactly as many as the week's rules say, whoever runs the job and however often. All weeks take their vouchers
//! under one lock. A week that finds none in stock is noted as short of them, and an import wakes those weeks alone.
//!
//! Tables: `vouchers` (codes sealed), `voucher_locks`, `voucher_awards`, `voucher_shortages`.
//!
//! # Files
//! `ranking` ranks a week's entries by their states, and by which of them are by the programme's staff; `codes` reads voucher
//! codes from a file and seals them.

mod codes;
mod jobs;
pub mod mails;
mod model;
pub mod pages;
mod ranking;
mod store;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::accounts::{Accounts, PersonId};
use crate::audit::Event;
use crate::checkpoints::{Checkpoints, Entry, EntryId, RankingChanged, Week, WeekId};
use crate::core::Core;
use crate::db::{self, Conn};
use crate::lessons::Rules;
use crate::mail::MailId;

use codes::{CodeLine, Codes};
use jobs::SendVoucher;
use store::{NewAward, NewVoucher};

pub use jobs::register_jobs;
pub use model::{AwardId, ImportReport, VoucherCounts, VoucherId};
pub use ranking::{Rank, RankedEntry, Ranking, rank};

/// How many codes an import adds in one transaction, so that others write in between.
const BATCH: usize = 200;

/// The prizes of the programme.
#[derive(Clone, Debug)]
pub struct Prizes {
    core: Core,
    accounts: Accounts,
    checkpoints: Checkpoints,
    codes: Codes,
}

impl Prizes {
    /// Prizes for the entries of `checkpoints`; their codes are sealed under the installation's secret.
    pub fn new(core: &Core, accounts: &Accounts, checkpoints: &Checkpoints) -> anyhow::Result<Self> {
        let codes = Codes::new(&core.secret, core.random.clone())?;
        Ok(Self { core: core.clone(), accounts: accounts.clone(), checkpoints: checkpoints.clone(), codes })
    }

    /// Adds the codes of a file; the inner error says why the whole of it cannot be read.
    ///
    /// It goes in batches: what an interrupted import has added remains, and importing the same file again adds the rest.
    pub async fn import(&self, admin: &PersonId, file: &[u8]) -> anyhow::Result<Result<ImportReport, String>> {
        let lines = match codes::read_lines(file) {
            Ok(lines) => lines,
            Err(fault) => return Ok(Err(fault)),
        };
        let (mut report, mut seen, mut new) = (ImportReport::default(), BTreeSet::new(), Vec::new());
        for (number, line) in lines {
            match line {
                CodeLine::Blank => report.blank += 1,
                CodeLine::Refused(why) => report.refused.push((number, why)),
                CodeLine::Code(code) if !seen.insert(code.clone()) => {
                    report.refused.push((number, "stands in the file twice"));
                }
                CodeLine::Code(code) => new.push((number, code)),
            }
        }
        let now = self.core.clock.now();
        for batch in new.chunks(BATCH) {
            let known = self.import_batch(admin, batch, now).await?;
            report.added += u64::try_from(batch.len().saturating_sub(known.len()))?;
            report.refused.extend(known.into_iter().map(|number| (number, "was imported before")));
        }
        report.refused.sort_unstable();
        Ok(Ok(report))
    }

    /// Adds some codes, each with its line; answers the lines of those that are known.
    async fn import_batch(
        &self,
        admin: &PersonId,
        codes: &[(u64, String)],
        now: Timestamp,
    ) -> anyhow::Result<Vec<u64>> {
        let mut vouchers = Vec::new();
        for (number, code) in codes {
            let id = VoucherId::generate(&self.core.random, now);
            let sealed_code = self.codes.sealer.seal(code, id.as_str())?;
            vouchers.push((*number, NewVoucher { id, sealed_code, code_hash: self.codes.hash(code) }));
        }
        let mut known = Vec::new();
        let mut tx = self.core.db.write().await?;
        store::lock_vouchers(&mut tx).await?;
        for (number, voucher) in &vouchers {
            if !store::add_voucher(&mut tx, voucher, (admin, now)).await? {
                known.push(*number);
            }
        }
        for week in store::list_short_weeks(&mut tx).await? {
            let changed = RankingChanged { week };
            self.core.jobs.wake(&mut tx, &changed, &changed.key()).await?;
        }
        let detail = serde_json::json!({ "added": codes.len() - known.len(), "refused": known.len() });
        let event = Event { actor: admin.as_str(), action: "vouchers.import", subject: "vouchers", detail };
        self.core.audit.record(&mut tx, event, now).await?;
        tx.commit().await?;
        Ok(known)
    }

    /// Gives a voucher to every entry of a week that has won for certain and has none; answers how many it gave.
    pub async fn award(&self, week: &WeekId) -> anyhow::Result<usize> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let Some(rules) = self.checkpoints.lock_week(&mut tx, week).await? else { return Ok(0) };
        let states = self.checkpoints.list_states(&mut tx, week, i64::MAX).await?;
        let awarded: BTreeSet<EntryId> = store::list_awarded(&mut tx, week).await?.into_iter().collect();
        let winners = ranking::rank_entries(states, &rules).into_iter().filter_map(|entry| match entry.rank {
            Rank::Won { place } if !awarded.contains(&entry.id) => Some((entry.id, place)),
            _ => None,
        });
        let winners: Vec<(EntryId, i64)> = winners.collect();
        if !winners.is_empty() {
            store::lock_vouchers(&mut tx).await?;
        }
        let mut count = 0;
        for (entry, place) in &winners {
            if !self.award_entry(&mut tx, week, (entry, *place), now).await? {
                break;
            }
            count += 1;
        }
        store::set_shortage(&mut tx, week, i64::try_from(winners.len() - count)?).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Gives an entry the next voucher in stock, under the lock of vouchers; `false` when there is none.
    async fn award_entry(
        &self,
        conn: &mut Conn,
        week: &WeekId,
        (entry, place): (&EntryId, i64),
        now: Timestamp,
    ) -> anyhow::Result<bool> {
        let Some(voucher) = store::take_free(conn, now).await? else { return Ok(false) };
        let id = AwardId::generate(&self.core.random, now);
        store::add_award(conn, &NewAward { id: &id, voucher: &voucher, entry, week, place }, now).await?;
        let detail = serde_json::json!({ "place": place, "voucher": voucher.as_str() });
        let event = Event { actor: "system", action: "voucher.award", subject: entry.as_str(), detail };
        self.core.audit.record(conn, event, now).await?;
        let mail = MailId::generate(&self.core.random, now);
        self.core.jobs.enqueue(conn, &SendVoucher { mail, entry: entry.clone() }).await?;
        Ok(true)
    }

    /// Awards what is certain now in each week in which somebody on the staff has an entry that is not decided: it keeps
    /// nobody waiting since its author joined, of which no decision tells.
    pub async fn award_beside_staff(&self) -> anyhow::Result<()> {
        for week in self.checkpoints.list_weeks_of_staff().await? {
            self.award(&week).await?;
        }
        Ok(())
    }

    /// The entries of a week, ranked by its rules.
    pub async fn find_ranking(&self, week: &WeekId) -> db::Result<Option<Ranking>> {
        let Some((week, rules)) = self.checkpoints.find_week(week).await? else { return Ok(None) };
        let states = self.checkpoints.list_states(&mut *self.core.db.read().await?, &week.id, i64::MAX).await?;
        Ok(Some(Ranking { entries: ranking::rank_entries(states, &rules), week, rules }))
    }

    /// The rank of an entry, with its week and the rules of that.
    pub async fn find_rank(&self, entry: &Entry) -> db::Result<(Rank, Week, Rules)> {
        let (ranked, week, rules) = self.find_ranked(entry).await?;
        Ok((ranked.rank, week, rules))
    }

    /// An entry with its rank, its week and the rules of that.
    pub async fn find_ranked(&self, entry: &Entry) -> db::Result<(RankedEntry, Week, Rules)> {
        let Some((week, rules)) = self.checkpoints.find_week(&entry.week).await? else {
            return Err(db::Error::Inconsistent { column: "entries.week_id", value: entry.week.to_string() });
        };
        // What came after it makes no difference to it.
        let until_it = self.checkpoints.list_states(&mut *self.core.db.read().await?, &week.id, entry.week_seq).await?;
        let ranked = ranking::rank_entries(until_it, &rules).pop().filter(|ranked| ranked.id == entry.id);
        let (id, week_seq) = (entry.id.clone(), entry.week_seq);
        Ok((ranked.unwrap_or(RankedEntry { id, week_seq, rank: Rank::Out, is_by_staff: false }), week, rules))
    }

    /// The code that an entry has won, for its owner's eyes.
    pub async fn find_code(&self, entry: &Entry) -> anyhow::Result<Option<String>> {
        let found = store::find_of_entry(&mut *self.core.db.read().await?, &entry.id).await?;
        found.map(|(voucher, sealed)| self.codes.sealer.open(&sealed, voucher.as_str())).transpose()
    }

    /// How many vouchers there are and are wanted.
    pub async fn count_vouchers(&self) -> db::Result<VoucherCounts> {
        store::count(&mut *self.core.db.read().await?).await
    }
}
