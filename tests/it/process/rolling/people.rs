//! What people do all the while, through the proxy, and what they were promised by the answers.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use seaworthy::accounts::{Person, Role};
use seaworthy::app::App;
use seaworthy::checkpoints::{Answers, EntryId};
use tokio::sync::Semaphore;

use super::newer::Newer;
use crate::grading::solve;
use crate::support::{MockCluster, PASSWORD, Visitor, eventually};

pub(super) const LAB: &str = "service-annotations";
const LESSON: &str = "/modules/watch/first-watch/lamps";
const CHECKPOINT: &str = "/checkpoints/watch";
pub(super) const ANSWERS: [(&str, &str); 2] =
    [("answer-lamp", "0"), ("answer-duty", "It raises the alarm, and says where.")];
/// How many codes an import adds.
const CODES: usize = 5;
/// What a reader looks at.
const PAGES: [&str; 7] = ["/", "/modules/watch", LESSON, "/prizes", CHECKPOINT, "/labs", "/entries"];

/// An entry that was taken.
#[derive(Clone)]
pub(super) struct Entered {
    pub(super) page: String,
    pub(super) person: Person,
}

impl Entered {
    pub(super) fn id(&self) -> EntryId {
        EntryId::from(self.page.replace("/entries/", ""))
    }
}

/// What was answered with success.
#[derive(Clone, Default)]
pub(super) struct Notes {
    pub(super) sign_ups: Vec<String>,
    pub(super) reads: Vec<Person>,
    pub(super) entries: Vec<Entered>,
    /// Decided entries by their page, and whether they were accepted.
    pub(super) decided: BTreeMap<String, bool>,
    pub(super) starts: usize,
    pub(super) stops: usize,
    pub(super) checks: usize,
    pub(super) codes: usize,
    pub(super) announced: Vec<EntryId>,
}

/// Where everybody is.
pub(super) struct Site<'a> {
    pub(super) url: String,
    pub(super) kube: &'a MockCluster,
    pub(super) newer: &'a Newer,
    pub(super) notes: Mutex<Notes>,
    /// How many may still enter, and how many imports may still be made.
    pub(super) entries: Semaphore,
    pub(super) imports: Semaphore,
    is_over: AtomicBool,
    has_entered: AtomicBool,
}

impl<'a> Site<'a> {
    pub(super) fn new(url: String, kube: &'a MockCluster, newer: &'a Newer) -> Self {
        let (entries, imports) = (Semaphore::new(0), Semaphore::new(0));
        let (is_over, has_entered) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { url, kube, newer, notes: Mutex::default(), entries, imports, is_over, has_entered }
    }

    /// Lets everybody finish what they are at.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.entries.close();
        self.imports.close();
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn note(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.notes.lock().unwrap());
    }

    /// How much was promised so far.
    pub(super) fn count(&self) -> usize {
        let notes = self.notes.lock().unwrap();
        notes.sign_ups.len() + notes.entries.len() + notes.decided.len() + notes.starts + notes.stops + notes.checks
    }
}

/// Everybody who has an account, signed in before the program first runs.
pub(super) struct People {
    pub(super) learners: Vec<Visitor>,
    /// Learners who use a lab over and over.
    pub(super) users: Vec<Visitor>,
    /// Learners who keep their lab, and have it checked.
    pub(super) checkers: Vec<Visitor>,
    pub(super) instructor: Visitor,
    pub(super) admin: Visitor,
    pub(super) reader: Visitor,
}

impl People {
    pub(super) async fn new(app: &App, url: &str) -> Self {
        let group = async |name: &str, count: usize| {
            let mut all = Vec::new();
            for number in 0..count {
                all.push(Visitor::join(app, url, &format!("{name}{number}"), Role::Learner).await);
            }
            all
        };
        Self {
            learners: group("learner", 40).await,
            users: group("user", 4).await,
            checkers: group("checker", 5).await,
            instructor: Visitor::join(app, url, "imre", Role::Instructor).await,
            admin: Visitor::join(app, url, "noor", Role::Admin).await,
            reader: Visitor::join(app, url, "ria", Role::Learner).await,
        }
    }
}

/// Enters without the form.
pub(super) async fn enter_as(app: &App, person: &Person) -> Entered {
    let library = app.lessons.library();
    let open = app.checkpoints.open(&person.id, library.find_module("watch").unwrap(), None).await.unwrap();
    let entry = app.checkpoints.enter(&person.id, "watch", &open.submission(Answers::new())).await.unwrap();
    Entered { page: format!("/entries/{}", entry.id), person: person.clone() }
}

/// Enters at this site; what comes back is noted.
pub(super) async fn enter(site: &Site<'_>, learner: &Visitor) {
    let page = learner.post(CHECKPOINT, &ANSWERS).await.location();
    assert!(page.starts_with("/entries/"), "{page}");
    site.note(|notes| notes.entries.push(Entered { page, person: learner.person().clone() }));
}

/// Everything that goes on until it is over.
pub(super) async fn live(site: &Site<'_>, people: &People) {
    tokio::join!(
        sign_up(site),
        read(site, &people.reader),
        learn(site, &people.learners),
        review(site, &people.instructor),
        import(site, &people.admin),
        use_lab(site, &people.users[0], Last::PreservedForm),
        use_lab(site, &people.users[1], Last::PreservedForm),
        use_lab(site, &people.users[2], Last::Stopped),
        use_lab(site, &people.users[3], Last::Stopped),
    );
}

/// People sign up, one after another.
async fn sign_up(site: &Site<'_>) {
    for number in 0..1_000 {
        if site.is_over() {
            return;
        }
        let email = format!("new{number}@example.org");
        let visitor = Visitor::new(&site.url);
        visitor.post("/sign-up", &[("name", "Bo"), ("email", &email), ("password", PASSWORD)]).await.expect(200);
        site.note(|notes| notes.sign_ups.push(email));
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

/// Somebody looks around.
async fn read(site: &Site<'_>, reader: &Visitor) {
    for page in PAGES.iter().cycle().take(1_000) {
        if site.is_over() {
            return;
        }
        reader.get(page).await.expect(200);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// Learners read a lesson and enter, as many as may.
async fn learn(site: &Site<'_>, learners: &[Visitor]) {
    for learner in learners {
        let Ok(permit) = site.entries.acquire().await else { break };
        permit.forget();
        learner.post(&format!("{LESSON}/read"), &[]).await.location();
        site.note(|notes| notes.reads.push(learner.person().clone()));
        enter(site, learner).await;
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    site.has_entered.store(true, Ordering::Relaxed);
}

/// Whatever was entered is decided, every fifth of it against its author; what is accepted is announced.
async fn review(site: &Site<'_>, instructor: &Visitor) {
    loop {
        let has_entered = site.has_entered.load(Ordering::Relaxed);
        let next = {
            let notes = site.notes.lock().unwrap();
            notes.entries.iter().find(|entry| !notes.decided.contains_key(&entry.page)).cloned()
        };
        let Some(entry) = next else {
            if has_entered {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let review = entry.page.replace("/entries/", "/review/");
        assert_eq!(instructor.post(&format!("{review}/claim"), &[]).await.location(), review);
        let is_accepted = site.notes.lock().unwrap().decided.len() % 5 != 4;
        let decision: &[_] =
            if is_accepted { &[("decision", "accept")] } else { &[("decision", "reject"), ("reason", "No.")] };
        instructor.post(&format!("{review}/decide"), decision).await.location();
        site.note(|notes| _ = notes.decided.insert(entry.page.clone(), is_accepted));
        if is_accepted {
            site.newer.announce(&entry.id()).await;
            site.note(|notes| notes.announced.push(entry.id()));
        }
    }
}

/// Codes are imported, a few at a time.
async fn import(site: &Site<'_>, admin: &Visitor) {
    for number in 0.. {
        let Ok(permit) = site.imports.acquire().await else { return };
        permit.forget();
        let codes: Vec<String> = (0..CODES).map(|code| format!("CODE-{number}-{code}")).collect();
        admin.upload("/admin/vouchers", codes.join("\n").as_bytes()).await.expect(200);
        site.note(|notes| notes.codes += CODES);
    }
}

/// Starts a lab, waits until it is ready, does what it asks.
pub(super) async fn start_lab(site: &Site<'_>, learner: &Visitor) {
    assert_eq!(learner.post(&format!("/labs/{LAB}/start"), &[]).await.location(), format!("/labs/{LAB}"));
    site.note(|notes| notes.starts += 1);
    let find = async || site.newer.app.labs.find_session(&learner.person().id, LAB).await.unwrap();
    assert!(find().await.is_some(), "the start was answered with success, and nothing was started");
    eventually("a lab never gets ready", async || {
        let status: serde_json::Value =
            serde_json::from_str(&learner.get(&format!("/labs/{LAB}/status")).await.expect(200).body).unwrap();
        assert_ne!(status["state"], "failed", "{status}");
        tokio::time::sleep(Duration::from_millis(30)).await;
        status["state"] == "ready"
    })
    .await;
    solve(site.kube, &find().await.unwrap(), &learner.person().name);
}

pub(super) async fn check_lab(site: &Site<'_>, learner: &Visitor) {
    assert_eq!(learner.post(&format!("/labs/{LAB}/check"), &[]).await.location(), format!("/labs/{LAB}#tasks"));
    site.note(|notes| notes.checks += 1);
}

/// Waits until the check of a lab has come to its end.
pub(super) async fn until_checked(site: &Site<'_>, learner: &Visitor) {
    let grading = &site.newer.app.grading;
    eventually("a check never ends", async || {
        !grading.find_lab_view(&learner.person().id, LAB).await.unwrap().unwrap().tasks.is_checking
    })
    .await;
}

/// What becomes of the last lab of somebody who uses one over and over.
#[derive(PartialEq)]
enum Last {
    PreservedForm,
    Stopped,
}

/// Starts a lab, has it checked and stops it, over and over; every second time without waiting for the verdicts.
async fn use_lab(site: &Site<'_>, learner: &Visitor, last: Last) {
    for round in 0..50 {
        start_lab(site, learner).await;
        check_lab(site, learner).await;
        if round % 2 == 0 || site.is_over() {
            until_checked(site, learner).await;
        }
        let is_over = site.is_over();
        if is_over && last == Last::PreservedForm {
            return;
        }
        assert_eq!(learner.post(&format!("/labs/{LAB}/stop"), &[]).await.location(), format!("/labs/{LAB}"));
        site.note(|notes| notes.stops += 1);
        if is_over {
            return;
        }
    }
}
