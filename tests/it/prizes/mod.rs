//! From a checkpoint to a voucher: entries, their review, the ranking and the codes.

mod awards;
mod changes;
mod entries;
mod limits;
mod question_sets;
mod races;
mod reviews;
mod rules;
mod staff;
mod vouchers;

use seaworthy::accounts::{NewPerson, Person, PersonId, Role};
use seaworthy::app::App;
use seaworthy::checkpoints::{Answers, EnterError, Entry};
use seaworthy::lessons::{ContentSettings, Highlighter, Library};
use seaworthy::reviews::Decision;

use crate::lessons::{harbour, with_file};
use crate::support::{PASSWORD, TestApp, Visitor};

const CHECKPOINT: &str = "/checkpoints/watch";
const ANSWERS: [(&str, &str); 2] = [("answer-lamp", "0"), ("answer-duty", "It raises the alarm, and says where.")];

/// A site with the harbour module, whose weeks have two vouchers.
pub(crate) async fn spawn() -> TestApp {
    TestApp::spawn_with(|config| config.content.folder = Some(harbour())).await
}

/// Enters through the form; answers the entry's page.
pub(crate) async fn enter(visitor: &Visitor) -> String {
    visitor.post(CHECKPOINT, &ANSWERS).await.location()
}

pub(crate) async fn accept(instructor: &Visitor, entry_page: &str) {
    let review = entry_page.replace("/entries/", "/review/");
    assert_eq!(instructor.post(&format!("{review}/claim"), &[]).await.location(), review);
    assert_eq!(instructor.post(&format!("{review}/decide"), &[("decision", "accept")]).await.location(), "/review");
}

/// The harbour's programme, whose rules say this.
fn programme(version: i64, vouchers: i64, entries: i64) -> String {
    programme_in("Pacific/Auckland", (version, vouchers, entries), "a hot chocolate")
}

fn programme_in(zone: &str, (version, vouchers, entries): (i64, i64, i64), value: &str) -> String {
    format!(
        "title = \"Harbour school\"\nzone = \"{zone}\"\nmodules = [\"watch\"]\n\n[rules]\nversion = {version}\n\
         vouchers_per_week = {vouchers}\nentries_per_developer = {entries}\nvoucher_value = \"{value}\"\n\
         voucher_provider = \"the house of {value}\"\nsummary = \"Some hot chocolates a week.\"\n"
    )
}

/// A site with the harbour module under that programme.
async fn spawn_under(programme: &str) -> TestApp {
    let folder = with_file("programme.toml", programme);
    TestApp::spawn_with(|config| config.content.folder = Some(folder.path().to_owned())).await
}

/// Puts other content in the place of the site's, as a start with it would.
fn replace_file(app: &TestApp, file: &str, text: &str) {
    let folder = with_file(file, text);
    let settings = ContentSettings { folder: Some(folder.path().to_owned()), watch: false, edit_url: None };
    let library = Library::load(&settings, &[], &Highlighter::load()).unwrap();
    app.app.lessons.content().replace(&library);
}

async fn person(app: &TestApp, name: &str, role: Role) -> Person {
    let new = NewPerson::parse(name, &format!("{name}@example.org"), PASSWORD, "").unwrap();
    app.app.accounts.create_person(&new, role, "system").await.unwrap().unwrap()
}

/// Enters without the form, and without answers.
async fn enter_as(app: &App, person: &PersonId, module: &str) -> Result<Entry, EnterError> {
    let library = app.lessons.library();
    let open = app.checkpoints.open(person, library.find_module(module).unwrap(), None).await.unwrap();
    app.checkpoints.enter(person, module, &open.submission(Answers::new())).await
}

/// The entries of so many people, made in that order and all accepted.
async fn enter_and_accept(app: &TestApp, reviewer: &Person, count: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for number in 0..count {
        let learner = person(app, &format!("{}-{number}", reviewer.name), Role::Learner).await;
        entries.push(enter_as(&app.app, &learner.id, "watch").await.unwrap());
    }
    for entry in &entries {
        app.app.reviews.decide(reviewer, &entry.id, &Decision::Accept).await.unwrap();
    }
    entries
}

/// So many codes, as a file.
fn codes(prefix: &str, count: usize) -> Vec<u8> {
    (0..count).map(|number| format!("{prefix}-{number}")).collect::<Vec<_>>().join("\n").into_bytes()
}
