//! `/` for a learner: what to do next, and how far they have come

use jiff::SignedDuration;

use crate::grading::{check, solve};
use crate::labs::start_until_ready;
use crate::lessons::harbour_with_lab;
use crate::prizes::{accept, enter, spawn};
use crate::support::{Page, TestApp, Visitor};

const LAMPS: &str = "/modules/watch/first-watch/lamps";
const BELL: &str = "/modules/watch/second-watch/bell";
const LAB: &str = "/labs/service-annotations";

async fn read(visitor: &Visitor, lesson: &str) {
    visitor.post(&format!("{lesson}/read"), &[]).await.location();
}

async fn home(visitor: &Visitor) -> Page {
    visitor.get("/").await.expect(200)
}

/// Where the one button leads.
fn next(page: &Page) -> Option<String> {
    page.attribute(".card-next a.button", "href")
}

#[tokio::test]
async fn reading_leads_to_the_checkpoint_to_waiting_and_to_the_credential() {
    let app = spawn().await;
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    assert_eq!(next(&home(&ada).await).unwrap(), LAMPS);
    read(&ada, LAMPS).await;
    assert_eq!(next(&home(&ada).await).unwrap(), BELL);
    read(&ada, BELL).await;
    assert_eq!(next(&home(&ada).await).unwrap(), "/checkpoints/watch");
    let entry = enter(&ada).await;
    let page = home(&ada).await;
    assert_eq!(next(&page).unwrap(), entry);
    assert!(page.text("aside").contains("2 of 3 left") && page.text("aside").contains("Waiting for review"));
    accept(&imre, &entry).await;
    app.run_jobs().await;
    let page = home(&ada).await;
    let credential = next(&page).unwrap();
    assert!(credential.starts_with("/credentials/"));
    assert!(page.attributes("aside a", "href").contains(&credential));
}

#[tokio::test]
async fn an_entry_taken_back_can_be_made_again_and_the_next_week_brings_another() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    read(&ada, LAMPS).await;
    read(&ada, BELL).await;
    let first = enter(&ada).await;
    ada.post(&format!("{first}/withdraw"), &[]).await.location();
    let page = home(&ada).await;
    assert_eq!(next(&page).unwrap(), "/checkpoints/watch");
    assert!(page.text("aside").contains("3 of 3 left"));
    let second = enter(&ada).await;
    app.advance(SignedDuration::from_hours(7 * 24));
    let page = home(&ada).await;
    assert_eq!(next(&page).unwrap(), second, "an entry of last week still waits");
    assert!(page.text("aside").contains("Not entered"));
    app.run_jobs().await;
}

#[tokio::test]
async fn a_section_that_was_read_leads_to_its_lab_and_an_open_lab_comes_first() {
    let folder = harbour_with_lab();
    let (app, kube) =
        TestApp::spawn_with_cluster_and(|config| config.content.folder = Some(folder.path().to_owned())).await;
    let ada = app.learner("ada").await;
    assert!(home(&ada).await.text("aside").contains("No lab time used yet"));
    read(&ada, LAMPS).await;
    assert_eq!(next(&home(&ada).await).unwrap(), LAB);
    let session = start_until_ready(&app, &ada).await;
    app.advance(SignedDuration::from_mins(20));
    let page = home(&ada).await;
    assert_eq!(next(&page).unwrap(), LAB);
    assert!(page.text(".card-next").contains("0 of 5 tasks are passed"));
    assert!(page.attributes("aside a", "href").contains(&LAB.to_owned()));
    assert!(page.text("aside").contains("20 min of lab time so far"), "{}", page.text("aside"));
    solve(&kube, &session, "ada");
    check(&app, &ada).await;
    let page = home(&ada).await;
    assert_eq!(next(&page).unwrap(), BELL, "what is passed keeps nobody from reading");
    assert!(page.text(".section-progress").contains("5 of 5"));
}

#[tokio::test]
async fn lab_time_is_ones_own_and_ends_with_the_session() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let (ada, bea) = (app.learner("ada").await, app.learner("bea").await);
    start_until_ready(&app, &ada).await;
    app.advance(SignedDuration::from_mins(20));
    ada.post(&format!("{LAB}/stop"), &[]).await.location();
    app.run_jobs().await;
    app.advance(SignedDuration::from_hours(3));
    app.run_jobs().await;
    let used = app.app.labs.find_time_used(&ada.person().id, app.clock.now()).await.unwrap();
    assert!(used >= SignedDuration::from_mins(20), "{used}");
    assert_eq!(app.app.labs.find_time_used(&bea.person().id, app.clock.now()).await.unwrap(), SignedDuration::ZERO);
}
