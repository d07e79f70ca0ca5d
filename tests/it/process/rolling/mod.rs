//! A rolling restart: replicas of the older version are replaced by the newer one while people go on.

mod newer;
mod people;
mod whole;

use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use rustix::process::Signal;
use seaworthy::accounts::Role;
use seaworthy::checkpoints::WeekBounds;
use seaworthy::clock::Clock;
use tempfile::TempDir;

use super::program::{Installation, Program};
use super::proxy::Proxy;
use crate::lessons::with_file;
use crate::support::{Conduct, MailServer, MockCluster, Visitor, add_person, eventually};
use newer::Newer;
use people::{Entered, People, Site, check_lab, enter, enter_as, live, start_lab, until_checked};

/// That of the programme.
const ZONE: &str = "Pacific/Auckland";
/// How much more is to be promised before the next step.
const MORE: usize = 25;
/// Entries that each step lets in, and imports.
const ENTRIES: usize = 5;
const IMPORTS: usize = 1;
/// How many mails all replicas together have under way at the most.
const MAIL_SLOTS: usize = 2;

/// The content as a version has it, with its rules.
fn content(version: i64, vouchers: i64) -> TempDir {
    let text = std::fs::read_to_string(crate::lessons::harbour().join("programme.toml")).unwrap();
    let text = text.replace("version = 3", &format!("version = {version}"));
    with_file("programme.toml", &text.replace("vouchers_per_week = 2", &format!("vouchers_per_week = {vouchers}")))
}

/// Has an installation serve behind the proxy, with the cluster, the mail server and this content.
fn configure(installation: &mut Installation, (kube, mail): (&MockCluster, &MailServer), url: &str, content: &TempDir) {
    installation.configure(30, Some(mail));
    kube.write_kubeconfig(&installation.path("kubeconfig"));
    installation.set("SERVER__PUBLIC_URL", url);
    installation.set("CONTENT__FOLDER", content.path().to_str().unwrap());
    // Those who have their labs checked, those who keep their last one, and one place for two more.
    installation.set("CLUSTER__CAPACITY", "8");
    installation.set("JOBS__SLOTS__GRADING", "1");
    installation.set("ACCOUNTS__SIGN_UPS_PER_HOUR", "10000");
}

/// The week of the programme that it is, once it goes on for longer than the test: a week that ends meanwhile has others.
async fn wait_for_week() -> WeekBounds {
    let zone = TimeZone::get(ZONE).unwrap();
    loop {
        let week = WeekBounds::of(Clock::System.now(), &zone).unwrap();
        if week.ends_at.duration_since(Clock::System.now()) > SignedDuration::from_mins(10) {
            return week;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Entries of the week before, which are still to be decided.
async fn enter_last_week(installation: &Installation, week: WeekBounds) -> Vec<Entered> {
    let app = installation.open_app_at(Clock::manual(week.starts_at - SignedDuration::from_hours(24))).await;
    let mut entries = Vec::new();
    for number in 0..9 {
        let person = add_person(&app, &format!("early{number}"), Role::Learner).await;
        entries.push(enter_as(&app, &person).await);
    }
    app.core.db.close().await;
    entries
}

/// The newer version's first start: its step of the schema finds checks that wait, and older replicas meet their new
/// payloads.
async fn start_newer_beside(site: &Site<'_>, people: &People, newer: &Newer) {
    site.kube.switches(|switches| switches.hold_reads = Some("services"));
    for checker in &people.checkers {
        check_lab(site, checker).await;
    }
    let count = async |query: &'static str| -> i64 {
        let (count,) = sqlx::query_as(query).fetch_one(&mut *newer.app.core.db.read().await.unwrap()).await.unwrap();
        count
    };
    eventually("the older replicas grade nothing", async || {
        count("SELECT COUNT(*) FROM jobs WHERE kind = 'grading.grade' AND state = 'running'").await == 2
    })
    .await;
    newer.migrate().await;
    let changed =
        count("SELECT COUNT(*) FROM jobs WHERE kind = 'grading.grade' AND payload LIKE '{\"requests\":%'").await;
    assert!(changed >= 3, "{changed} checks waited");
    site.kube.switches(|switches| switches.hold_reads = None);
    eventually("no older replica has met a payload that it cannot read", async || {
        let met = "SELECT COUNT(*) FROM jobs WHERE kind = 'grading.grade' AND state = 'queued' AND attempts = 0
                   AND last_error LIKE 'This waits for a version%'";
        count(met).await > 0
    })
    .await;
    newer.serve().await;
}

/// Stops a replica while it has mails and lab sessions under way, as an orchestrator would.
async fn replace(site: &Site<'_>, mail: &MailServer, mut program: Program) {
    let held = mail.count_held();
    mail.conduct(Conduct::Hold);
    site.kube.switches(|switches| switches.hold = Some("deployments"));
    // The slots of every replica that runs, this one among them.
    mail.wait_until_held(held + 2 * MAIL_SLOTS + 1).await;
    site.entries.add_permits(ENTRIES);
    program.signal(Signal::TERM);
    program.until("it says that it drains", async || program.said().contains("stopping: not ready any more")).await;
    site.entries.add_permits(ENTRIES);
    site.imports.add_permits(IMPORTS);
    go_on(site, MORE).await;
    mail.conduct(Conduct::Accept);
    site.kube.switches(|switches| switches.hold = None);
    assert_eq!(program.ended().await, Some(0), "{}", program.said());
}

/// Holds what all have left against what was promised.
async fn expect_whole(
    site: &Site<'_>,
    (kube, mail, proxy): (&MockCluster, &MailServer, &Proxy),
    like: &[(String, String)],
) {
    assert_eq!(proxy.broken(), Vec::<String>::new());
    let (app, notes) = (&site.newer.app, site.notes.lock().unwrap().clone());
    whole::expect_entries(app, &notes).await;
    let winners = whole::expect_awards(app, &notes).await;
    whole::expect_mails(mail, &notes, &winners);
    whole::expect_sessions(app, kube, &notes, like).await;
    whole::expect_jobs(app, &notes).await;
}

/// Waits until so much more is promised.
async fn go_on(site: &Site<'_>, more: usize) {
    let wanted = site.count() + more;
    eventually("nothing goes on", async || site.count() >= wanted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_newer_version_takes_the_place_of_the_older_one_nothing_is_refused_lost_or_done_twice() {
    let week = wait_for_week().await;
    let (kube, mail, proxy) = (MockCluster::start(), MailServer::start(Conduct::Accept).await, Proxy::start());
    let contents = [content(3, 5), content(4, 12)];
    let first = Installation::new().await;
    let mut installations = [first.beside(), first.beside(), first.beside(), first.beside()];
    for (number, installation) in installations.iter_mut().enumerate() {
        configure(installation, (&kube, &mail), &proxy.url(), &contents[number / 2]);
    }
    let [one, two, three, four] = installations;
    let early = enter_last_week(&one, week).await;
    let newer = [Newer::load(three).await, Newer::load(four).await];
    let app = newer[0].app.clone();
    let people = People::new(&app, &proxy.url()).await;
    let at_newer = Visitor::join(&app, &newer[0].url(), "una", Role::Learner).await;
    let site = Site::new(proxy.url(), &kube, &newer[0]);
    let older = [one.serve().await, two.serve().await];
    for replica in [&one, &two] {
        proxy.add(replica.url());
    }
    for checker in &people.checkers {
        start_lab(&site, checker).await;
    }
    let session = app.labs.find_session(&people.checkers[0].person().id, people::LAB).await.unwrap().unwrap();
    let like = kube.content(&session.namespace);
    site.notes.lock().unwrap().entries.extend(early);

    let [first_older, second_older] = older;
    let restarting = async {
        site.imports.add_permits(IMPORTS);
        go_on(&site, MORE).await;
        start_newer_beside(&site, &people, &newer[0]).await;
        proxy.add(newer[0].url());
        // The week's first entry is made at the newer version, so that the week is under its rules for the older too.
        enter(&site, &at_newer).await;
        site.entries.add_permits(ENTRIES);
        go_on(&site, MORE).await;
        replace(&site, &mail, first_older).await;
        newer[1].serve().await;
        proxy.add(newer[1].url());
        go_on(&site, MORE).await;
        replace(&site, &mail, second_older).await;
        site.entries.add_permits(ENTRIES);
        site.imports.add_permits(IMPORTS);
        go_on(&site, MORE).await;
        site.end();
    };
    tokio::join!(live(&site, &people), restarting);
    for checker in &people.checkers {
        until_checked(&site, checker).await;
    }
    eventually("some work is never done", async || whole::count_open_work(&app).await == 0).await;
    expect_whole(&site, (&kube, &mail, &proxy), &like).await;
    for replica in [&one, &two, &newer[0].installation, &newer[1].installation] {
        assert!(proxy.count_answered(&replica.url()) > 0, "a replica was never asked");
    }
    for newer in newer {
        newer.stop().await;
    }
}
