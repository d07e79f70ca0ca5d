//! The program is killed at moments of chance while people write: what it answered with success is there afterwards, and
//! nothing is there by halves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::Signal;
use seaworthy::accounts::Role;
use seaworthy::app::App;
use seaworthy::checkpoints::{EntryId, EntryState};
use seaworthy::db::Engine;
use seaworthy::id::Random;

use super::program::{Installation, Program, files};
use crate::support::{PASSWORD, Visitor};

/// How often the program is killed.
const ROUNDS: usize = 4;
/// How many learners enter a checkpoint in each round.
const LEARNERS: usize = 6;
const LESSON: &str = "/modules/watch/first-watch/lamps";
const ANSWERS: [(&str, &str); 2] = [("answer-lamp", "0"), ("answer-duty", "It raises the alarm, and says where.")];

/// What the program has answered with success.
#[derive(Clone, Default)]
struct Acknowledged {
    sign_ups: Vec<String>,
    /// Who has read the lesson.
    reads: Vec<usize>,
    /// Entries by their page, with who made them.
    entries: Vec<(usize, String)>,
    /// Entries that were accepted, by their page.
    accepted: Vec<String>,
    /// How many changes of the cook's role.
    roles: usize,
    /// How many vouchers were imported.
    vouchers: i64,
    /// The codes that winners were shown, by the page of their entry.
    codes: BTreeMap<String, String>,
    /// Whether the program of this round was killed.
    is_over: bool,
}

impl Acknowledged {
    fn count(&self) -> usize {
        self.sign_ups.len() + self.reads.len() + self.entries.len() + self.accepted.len() + self.roles
    }

    /// Whether there is some of everything.
    fn has_all(&self) -> bool {
        let lists = [self.sign_ups.len(), self.entries.len(), self.accepted.len(), self.roles, self.codes.len()];
        lists.iter().all(|length| *length > 0) && self.vouchers > 0
    }
}

/// Everybody who writes, signed in before the program first runs.
struct People {
    learners: Vec<Visitor>,
    instructor: Visitor,
    admin: Visitor,
    cook: Visitor,
}

impl People {
    async fn new(installation: &Installation) -> Self {
        let app = installation.open_app().await;
        let url = installation.url();
        let somebody = async |name: &str, role| Visitor::join(&app, &url, name, role).await;
        let mut learners = Vec::new();
        for number in 0..ROUNDS * LEARNERS {
            learners.push(somebody(&format!("learner{number}"), Role::Learner).await);
        }
        let instructor = somebody("imre", Role::Instructor).await;
        let admin = somebody("noor", Role::Admin).await;
        let cook = somebody("cook", Role::Learner).await;
        app.core.db.close().await;
        Self { learners, instructor, admin, cook }
    }
}

type Notes = Arc<Mutex<Acknowledged>>;

/// Signs up one after another until the program is gone.
async fn sign_up(url: &str, round: usize, notes: &Notes) {
    let visitor = Visitor::new(url);
    let Some(token) = visitor.try_csrf_token().await else { return };
    for number in 0..100 {
        let email = format!("new{round}-{number}@example.org");
        let fields = [("name", "Bo"), ("email", email.as_str()), ("password", PASSWORD)];
        let Some(page) = visitor.try_post("/sign-up", &token, &fields).await else { return };
        if page.status == 200 {
            notes.lock().unwrap().sign_ups.push(email);
        }
    }
}

/// Reads a lesson and enters, one learner after another.
async fn learn(people: &People, round: usize, notes: &Notes) {
    for number in round * LEARNERS..(round + 1) * LEARNERS {
        let learner = &people.learners[number];
        let Some(token) = learner.try_csrf_token().await else { return };
        let Some(page) = learner.try_post(&format!("{LESSON}/read"), &token, &[]).await else { return };
        if page.status == 303 {
            notes.lock().unwrap().reads.push(number);
        }
        let Some(page) = learner.try_post("/checkpoints/watch", &token, &ANSWERS).await else { return };
        if page.status == 303 {
            notes.lock().unwrap().entries.push((number, page.location()));
        }
    }
}

/// Accepts whatever has been entered and not accepted, until the program is gone.
async fn review(people: &People, token: &str, notes: &Notes) {
    while !notes.lock().unwrap().is_over {
        let next = {
            let notes = notes.lock().unwrap();
            notes.entries.iter().map(|(_, page)| page).find(|page| !notes.accepted.contains(page)).cloned()
        };
        let Some(page) = next else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        let review = page.replace("/entries/", "/review/");
        let Some(_claimed) = people.instructor.try_post(&format!("{review}/claim"), token, &[]).await else { return };
        let accept = [("decision", "accept")];
        let decided = people.instructor.try_post(&format!("{review}/decide"), token, &accept).await;
        let Some(decided) = decided else { return };
        // An entry whose acceptance was stored, and never answered, is refused as decided.
        if decided.status == 303 || decided.status == 422 {
            notes.lock().unwrap().accepted.push(page);
        }
    }
}

/// Imports vouchers, two at a time.
async fn import(people: &People, token: &str, (round, notes): (usize, &Notes)) {
    for number in 0..50 {
        let codes = format!("SEA-{round}-{number}-A\nSEA-{round}-{number}-B\n");
        let Some(page) = people.admin.try_upload("/admin/vouchers", token, codes.as_bytes()).await else { return };
        if page.status == 200 {
            notes.lock().unwrap().vouchers += 2;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Looks at the pages of accepted entries, until the program is gone.
async fn win(people: &People, notes: &Notes) {
    while !notes.lock().unwrap().is_over {
        let accepted = {
            let notes = notes.lock().unwrap();
            let is_accepted = |(_, page): &&(usize, String)| notes.accepted.contains(page);
            notes.entries.iter().filter(is_accepted).cloned().collect::<Vec<_>>()
        };
        for (number, entry) in accepted {
            let Some(page) = people.learners[number].try_get(&entry).await else { return };
            if let Some(code) = page.texts("#voucher-code").pop() {
                let before = notes.lock().unwrap().codes.insert(entry, code.clone());
                assert!(before.is_none_or(|before| before == code), "another code than before");
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Changes a role forth and back.
async fn promote(people: &People, token: &str, notes: &Notes) {
    let form = format!("/admin/people/{}/role", people.cook.person().id);
    for (number, role) in ["instructor", "learner"].iter().cycle().take(200).enumerate() {
        let Some(page) = people.admin.try_post(&form, token, &[("role", role)]).await else { return };
        // The first may find the role as the round before has left it.
        if page.status == 303 && number > 0 {
            notes.lock().unwrap().roles += 1;
        }
    }
}

/// Lets everybody write, and kills the program after so many more answers and milliseconds.
async fn write_until_killed(
    (installation, program): (&Installation, &mut Program),
    people: &People,
    (round, random): (usize, &Random),
    notes: &Notes,
) {
    let (answers, pause) = (3 + random.below(25), random.below(20_000));
    let wanted = notes.lock().unwrap().count() + usize::try_from(answers).unwrap();
    notes.lock().unwrap().is_over = false;
    let is_last = round + 1 == ROUNDS;
    let url = installation.url();
    let tokens = (people.instructor.csrf_token().await, people.admin.csrf_token().await);
    let writing = async {
        tokio::join!(
            sign_up(&url, round, notes),
            learn(people, round, notes),
            review(people, &tokens.0, notes),
            promote(people, &tokens.1, notes),
            import(people, &tokens.1, (round, notes)),
            win(people, notes),
        )
    };
    let killing = async {
        program
            .until("so much is written", async || {
                let notes = notes.lock().unwrap();
                notes.count() >= wanted && (!is_last || notes.has_all())
            })
            .await;
        tokio::time::sleep(Duration::from_micros(pause)).await;
        program.signal(Signal::KILL);
        notes.lock().unwrap().is_over = true;
    };
    tokio::join!(writing, killing);
    assert_eq!(program.ended().await, None, "it was killed");
}

/// Looks into the database that the killed program has left.
async fn expect_whole(app: &App, people: &People, notes: &Acknowledged) {
    if app.core.db.engine() == Engine::Sqlite {
        let mut conn = app.core.db.read().await.unwrap();
        let (found,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut *conn).await.unwrap();
        assert_eq!(found, "ok");
    }
    let library = app.lessons.library();
    let module = library.find_module("watch").unwrap();
    for number in &notes.reads {
        let progress = app.lessons.find_progress(&people.learners[*number].person().id).await.unwrap();
        assert_eq!(progress.count_module(module), 1, "learner {number} has read a lesson");
    }
    for (number, page) in &notes.entries {
        let id = EntryId::from(page.replace("/entries/", ""));
        let entry = app.checkpoints.find_entry(&id).await.unwrap().unwrap_or_else(|| panic!("{page} is lost"));
        let answers = app.checkpoints.find_answers(&id).await.unwrap().unwrap();
        assert_eq!((&entry.person, answers.len()), (&people.learners[*number].person().id, ANSWERS.len()));
        // Its decision and the event about it are one change.
        let events = app.core.audit.list_of_subject(id.as_str()).await.unwrap();
        let is_told = events.iter().any(|event| event.action == "entry.accept");
        assert_eq!(entry.state == EntryState::Valid, is_told, "{page} is {:?}", entry.state);
        assert!(is_told || !notes.accepted.contains(page), "the acceptance of {page} is lost");
    }
    for week in app.checkpoints.list_weeks().await.unwrap() {
        let mut conn = app.core.db.read().await.unwrap();
        let states = app.checkpoints.list_states(&mut conn, &week.id, i64::MAX).await.unwrap();
        let numbers: Vec<i64> = states.iter().map(|entry| entry.week_seq).collect();
        assert_eq!(numbers, (1..).take(numbers.len()).collect::<Vec<_>>(), "a number is missing");
    }
    let stock = app.prizes.count_vouchers().await.unwrap();
    assert!(stock.imported >= notes.vouchers, "{} of {} vouchers are there", stock.imported, notes.vouchers);
    assert!(stock.awarded >= i64::try_from(notes.codes.len()).unwrap(), "an award is lost");
    let events = app.core.audit.list_of_subject(people.cook.person().id.as_str()).await.unwrap();
    let changes: Vec<_> = events.iter().filter(|event| event.action == "person.set_role").collect();
    assert!(changes.len() >= notes.roles, "{} changes of {} are in the audit log", changes.len(), notes.roles);
    let cook = app.accounts.find_person(&people.cook.person().id).await.unwrap().unwrap();
    let told = changes
        .last()
        .map_or("learner", |event| if event.detail.contains("instructor") { "instructor" } else { "learner" });
    assert_eq!(cook.role.as_str(), told);
    assert_eq!(app.core.audit.verify().await.unwrap().broken_at, None);
}

/// Whom the mails in the folder are for.
fn recipients(installation: &Installation) -> Vec<String> {
    let text = |path| std::fs::read_to_string(path).unwrap();
    let to = |text: String| text.lines().find_map(|line| line.strip_prefix("To: ").map(str::to_owned)).unwrap();
    files(&installation.path("mail"), ".eml").into_iter().map(text).map(to).collect()
}

#[tokio::test]
async fn whatever_was_answered_with_success_outlives_the_program_and_nothing_is_there_by_halves() {
    let installation = Installation::new().await;
    installation.configure_too("[jobs]\nlease_seconds = 1\n");
    let people = People::new(&installation).await;
    let (notes, random) = (Notes::default(), Random::seeded(20));
    for round in 0..ROUNDS {
        let mut program = installation.serve().await;
        write_until_killed((&installation, &mut program), &people, (round, &random), &notes).await;
        let app = installation.open_app().await;
        let promised = notes.lock().unwrap().clone();
        expect_whole(&app, &people, &promised).await;
        app.core.db.close().await;
    }
    let notes = notes.lock().unwrap().clone();
    assert!(notes.has_all(), "{} vouchers, {:?}", notes.vouchers, notes.codes);

    // The next start does what the killed ones had promised.
    let program = installation.serve().await;
    for (entry, code) in &notes.codes {
        let (number, _) = notes.entries.iter().find(|(_, page)| page == entry).unwrap();
        assert_eq!(people.learners[*number].get(entry).await.text("#voucher-code"), *code, "{entry}");
    }
    let accepted = |page: &String| notes.entries.iter().find(|(_, entry)| entry == page).unwrap().0;
    let promised: Vec<String> = notes
        .sign_ups
        .iter()
        .cloned()
        .chain(notes.accepted.iter().map(|page| format!("learner{}@example.org", accepted(page))))
        .collect();
    program
        .until("every mail is out", async || {
            let sent = recipients(&installation);
            promised.iter().all(|email| sent.iter().any(|to| to.contains(email)))
        })
        .await;
}
