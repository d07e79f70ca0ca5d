//! A disk without room under the whole program, as its own writes find it.

use rustix::process::{Resource, Rlimit, Signal, prlimit};

use super::program::{Installation, Program, files};
use crate::support::{PASSWORD, Page, Visitor};

/// The most that any file of the program may hold from now on; without a number, as much as it likes.
fn limit_files(program: &Program, max: Option<u64>) {
    prlimit(Some(program.pid()), Resource::Fsize, Rlimit { current: max, maximum: None }).unwrap();
}

async fn sign_up(installation: &Installation, email: &str) -> Page {
    let visitor = Visitor::new(&installation.url());
    visitor.post("/sign-up", &[("name", "Bo"), ("email", email), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn without_room_nothing_is_taken_and_with_room_everything_goes_on() {
    // On SQLite whatever the run is for: a server's disk is not the program's.
    let installation = Installation::on_sqlite();
    let mut program = installation.serve().await;
    sign_up(&installation, "before@example.org").await.expect(200);
    program.until("its mail is out", async || files(&installation.path("mail"), ".eml").len() == 1).await;

    limit_files(&program, Some(0));
    // More often than there are connections, each of which meets the full disk.
    for number in 0..8 {
        let page = sign_up(&installation, &format!("during{number}@example.org")).await.expect(503);
        assert_eq!(page.text("h1"), "Not right now", "{}", program.said());
        assert!(page.text(".lead").contains("they have to make room"), "{}", page.text(".lead"));
        assert!(page.headers.contains_key("retry-after"));
    }
    Visitor::new(&installation.url()).get("/modules/watch/first-watch/lamps").await.expect(200);
    Visitor::new(&installation.url()).get("/readyz").await.expect(200);

    limit_files(&program, None);
    for number in 0..8 {
        sign_up(&installation, &format!("after{number}@example.org")).await.expect(200);
    }
    program.until("every mail is out", async || files(&installation.path("mail"), ".eml").len() == 9).await;
    assert!(files(&installation.path("mail"), ".part").is_empty());
    program.signal(Signal::TERM);
    assert_eq!(program.ended().await, Some(0), "{}", program.said());
    assert!(installation.run(&["check"]).status.success(), "the database is whole");
}
