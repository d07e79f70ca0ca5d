//! What is looked at when all is quiet: whatever was promised is there, once.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy::app::App;
use seaworthy::checkpoints::EntryState;
use seaworthy::db::Db;
use seaworthy::labs::SessionState;
use seaworthy::prizes::VoucherCounts;

use super::people::Notes;
use crate::support::{MailServer, MockCluster};

/// The rows of a query for two texts.
async fn rows(db: &Db, query: &'static str) -> Vec<(String, String)> {
    sqlx::query_as(query).fetch_all(&mut *db.read().await.unwrap()).await.unwrap()
}

/// How much work is under way or waits, but for what recurs or keeps a running session, and the checks that run by
/// themselves, which stay until their next turn finds the session ended; none of it may fail.
pub(super) async fn count_open_work(app: &App) -> usize {
    let failed = rows(&app.core.db, "SELECT kind, COALESCE(last_error, '') FROM jobs WHERE state = 'failed'").await;
    assert_eq!(failed, []);
    let query = "SELECT kind, state FROM jobs
                 WHERE finished_at IS NULL AND COALESCE(unique_key, '') NOT LIKE 'recurring:%'
                   AND COALESCE(unique_key, '') NOT LIKE 'grading_check:%'
                   AND COALESCE(unique_key, '') NOT LIKE 'grading_probe:%'
                   AND COALESCE(unique_key, '') NOT IN
                       (SELECT 'lab_session:' || id FROM lab_sessions WHERE state = 'ready')";
    rows(&app.core.db, query).await.len()
}

/// Entries, decisions and the audit log.
pub(super) async fn expect_entries(app: &App, notes: &Notes) {
    let library = app.lessons.library();
    let module = library.find_module("watch").unwrap();
    for person in &notes.reads {
        assert_eq!(app.lessons.find_progress(&person.id).await.unwrap().count_module(module), 1, "{}", person.name);
    }
    for entered in &notes.entries {
        let entry = app.checkpoints.find_entry(&entered.id()).await.unwrap().expect("an entry is lost");
        let is_accepted = notes.decided[&entered.page];
        let expected = if is_accepted { EntryState::Valid } else { EntryState::Rejected };
        assert_eq!((&entry.person, entry.state), (&entered.person.id, expected), "{}", entered.page);
        let events = app.core.audit.list_of_subject(entry.id.as_str()).await.unwrap();
        let decisions = events.iter().filter(|event| event.action == "entry.accept" || event.action == "entry.reject");
        assert_eq!(decisions.count(), 1, "{}", entered.page);
    }
    let stored = rows(&app.core.db, "SELECT id, state FROM entries").await;
    assert_eq!(stored.len(), notes.entries.len(), "entries that nobody was told of");
    assert_eq!(app.core.audit.verify().await.unwrap().broken_at, None);
}

/// Awards: as many as the rules of each week say. Answers the winners' addresses.
pub(super) async fn expect_awards(app: &App, notes: &Notes) -> BTreeSet<String> {
    let (mut winners, mut versions) = (BTreeSet::new(), BTreeSet::new());
    for week in app.checkpoints.list_weeks().await.unwrap() {
        let ranking = app.prizes.find_ranking(&week.id).await.unwrap().unwrap();
        let places: Vec<i64> = ranking.entries.iter().map(|entry| entry.week_seq).collect();
        assert_eq!(places, (1..).take(places.len()).collect::<Vec<_>>(), "a place is missing");
        let limit = usize::try_from(ranking.rules.vouchers_per_week).unwrap();
        let mut valid = Vec::new();
        for ranked in &ranking.entries {
            let entry = app.checkpoints.find_entry(&ranked.id).await.unwrap().unwrap();
            if entry.state == EntryState::Valid {
                valid.push(entry);
            }
        }
        assert!(valid.len() > limit, "nobody had to go without: {} of {limit}", valid.len());
        for (place, entry) in valid.iter().enumerate() {
            let has_code = app.prizes.find_code(entry).await.unwrap().is_some();
            assert_eq!(has_code, place < limit, "valid entry {place} of a week with {limit} vouchers");
            if has_code {
                winners.insert(app.accounts.find_person(&entry.person).await.unwrap().unwrap().email);
            }
        }
        versions.insert(ranking.rules.version);
    }
    assert!(versions.is_superset(&BTreeSet::from([3, 4])), "weeks under {versions:?}");
    let stock = VoucherCounts {
        imported: i64::try_from(notes.codes).unwrap(),
        awarded: i64::try_from(winners.len()).unwrap(),
        missing: 0,
    };
    assert_eq!(app.prizes.count_vouchers().await.unwrap(), stock);
    winners
}

/// Mails: each that should be was sent, and none twice.
pub(super) fn expect_mails(mail: &MailServer, notes: &Notes, winners: &BTreeSet<String>) {
    let mut expected: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut expect = |to: &str, subject| *expected.entry((to.to_owned(), subject)).or_default() += 1;
    for email in &notes.sign_ups {
        expect(email, "Verify your address");
    }
    for entered in &notes.entries {
        let to = entered.person.email.clone();
        let is_accepted = notes.decided[&entered.page];
        expect(&to, if is_accepted { "Your entry is accepted" } else { "Your entry was not accepted" });
        if is_accepted {
            expect(&to, "You have completed Keeping watch");
        }
    }
    for to in winners {
        expect(to, "Your voucher is here");
    }
    let taken = mail.taken();
    // A mail that the server took twice has one id, by which mailboxes keep one of them.
    let ids: BTreeMap<&str, (String, &str)> =
        taken.iter().map(|mail| (mail.header("Message-ID"), (mail.to.clone(), mail.header("Subject")))).collect();
    let mut sent: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for about in ids.into_values() {
        *sent.entry(about).or_default() += 1;
    }
    let lost: Vec<_> = expected.iter().filter(|(about, _)| !sent.contains_key(about)).collect();
    assert!(lost.is_empty(), "never sent: {lost:?}");
    let other: Vec<_> = sent.iter().filter(|(about, count)| expected.get(about) != Some(count)).collect();
    assert!(other.is_empty(), "sent more often, or for no reason: {other:?}");
}

/// Sessions: each is over and gone, or ready and as whole as one that nothing happened to.
pub(super) async fn expect_sessions(app: &App, kube: &MockCluster, notes: &Notes, like: &[(String, String)]) {
    let sessions = rows(&app.core.db, "SELECT namespace, state FROM lab_sessions").await;
    assert_eq!(sessions.len(), notes.starts);
    let (ready, over): (Vec<_>, Vec<_>) =
        sessions.into_iter().partition(|(_, state)| state == SessionState::Ready.as_str());
    assert!(over.iter().all(|(_, state)| state == SessionState::Ended.as_str()), "{over:?}");
    assert_eq!(over.len(), notes.stops);
    let standing: BTreeSet<String> = kube.session_namespaces().into_iter().collect();
    assert_eq!(ready.iter().map(|(namespace, _)| namespace.clone()).collect::<BTreeSet<_>>(), standing);
    for (namespace, _) in &ready {
        assert_eq!(kube.content(namespace), like, "{namespace} is not whole");
    }
}

/// Every check has come to its end, and so has everything that the newer version alone does.
pub(super) async fn expect_jobs(app: &App, notes: &Notes) {
    let requests = rows(&app.core.db, "SELECT origin, state FROM grading_requests").await;
    assert_eq!(requests.iter().filter(|(origin, _)| origin == "learner").count(), notes.checks);
    assert!(requests.iter().all(|(_, state)| state == "graded" || state == "abandoned"), "{requests:?}");
    let announced = rows(&app.core.db, "SELECT entry_id, 'announced' FROM announcements").await;
    let announced: BTreeSet<String> = announced.into_iter().map(|(entry, _)| entry).collect();
    assert_eq!(announced, notes.announced.iter().map(ToString::to_string).collect::<BTreeSet<_>>());
    let of_newer = rows(&app.core.db, "SELECT kind, state FROM jobs WHERE kind = 'prizes.announce'").await;
    assert!(of_newer.iter().all(|(_, state)| state == "done"), "{of_newer:?}");
}
