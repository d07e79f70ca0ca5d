//! How learners get on with the tasks of a lab, for staff.

use jiff::SignedDuration;
use seaworthy::labs::LabSession;

use super::{annotate, check, solve};
use crate::labs::start_until_ready;
use crate::support::{MockCluster, Page, TestApp, Visitor};

const STATISTICS: &str = "/labs/service-annotations/statistics";

/// The cells of a task's row.
fn row(page: &Page, place: usize) -> Vec<String> {
    page.texts(&format!("tbody tr:nth-child({place}) > *"))
}

/// Learners who each have it checked once in vain, of whom the first so many then name themselves as the owner.
async fn work(app: &TestApp, kube: &MockCluster, count: usize, owners: usize) -> Vec<(Visitor, LabSession)> {
    let mut learners = Vec::new();
    for place in 0..count {
        let visitor = app.learner(&format!("learner{place}")).await;
        let session = start_until_ready(app, &visitor).await;
        app.advance(SignedDuration::from_mins(10));
        check(app, &visitor).await;
        if place < owners {
            annotate(kube, &session, &[("a8r.io/owner", &visitor.person().name)]);
            check(app, &visitor).await;
        }
        learners.push((visitor, session));
    }
    learners
}

#[actix_web::test]
async fn it_is_for_staff_and_says_where_learners_get_stuck() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let imre = app.instructor("imre").await;
    assert!(imre.get(STATISTICS).await.expect(200).text("main").contains("No learner has worked on it yet"));
    imre.get("/labs/none/statistics").await.expect(404);
    let learners = work(&app, &kube, 6, 2).await;
    let (first, session) = &learners[0];
    first.get(STATISTICS).await.expect(403);
    assert!(app.visitor().get(STATISTICS).await.location().starts_with("/sign-in"));
    assert!(first.get("/labs/service-annotations").await.texts("a[href$='/statistics']").is_empty());
    assert_eq!(imre.get("/labs/service-annotations").await.texts("a[href$='/statistics']").len(), 1);

    let page = imre.get(STATISTICS).await.expect(200);
    assert!(page.text("main").contains("6 learners have worked on this lab."), "{}", page.text("main"));
    let owner = row(&page, 1);
    assert!(owner[0].contains("Say whose it is") && owner[0].contains("Most do not pass it"), "{owner:?}");
    assert_eq!(owner[1..6], ["6", "6", "2", "2", "0"], "reached, tried, passed, checks asked for, live ones");
    assert_eq!(owner[6], "11 min", "{owner:?}");
    assert_eq!(owner[7..], ["6", "Owner, 6 times"], "{owner:?}");
    // The next task was reached by those who passed this one, and by nobody else.
    let next = row(&page, 2);
    assert_eq!(next[1..4], ["2", "2", "0"], "{next:?}");
    assert!(!next[0].contains("Most do not pass it"), "of two it is not said: {next:?}");
    assert_eq!(next[8], "Description, 2 times", "before it was reached it is no failure: {next:?}");

    solve(&kube, session, &first.person().name);
    check(&app, first).await;
    let next = row(&imre.get(STATISTICS).await.expect(200), 2);
    assert_eq!(next[1..4], ["2", "2", "1"], "{next:?}");
}

#[actix_web::test]
async fn what_staff_try_themselves_is_not_counted() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let imre = app.instructor("imre").await;
    let session = start_until_ready(&app, &imre).await;
    solve(&kube, &session, &imre.person().name);
    check(&app, &imre).await;
    assert!(imre.get(STATISTICS).await.expect(200).text("main").contains("No learner has worked on it yet"));
}
